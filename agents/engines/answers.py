"""What an engine elsewhere answered, as a Decision: checked, bounded, and freed of everything it made up.

A model may say anything, and a customer may have told it to. So ids that weren't given to it are dropped, what the
operator has set for a sub agent holds whatever it says, and a customer who asks for a person gets one.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from agents.engines import collecting, phrases, words
from agents.engines.base import (
    ActionCall,
    Brief,
    Collected,
    Decision,
    EngineError,
    Escalation,
    Evidence,
    Otherwise,
    Reason,
    Speaker,
    SubAgentBrief,
    Usage,
)

LONGEST_REPLY = 10_000  # characters
LONGEST_NOTE = 300  # characters of a sentence for operators
LONGEST_FACT, MOST_FACTS = 200, 10
LONGEST_TAG, MOST_TAGS = 50, 10
MOST_ACTIONS = 20
MOST_LINES = 10  # of what is new that are searched for the wish for a person
LONGEST_NAME = 100  # characters
MOST_QUESTIONS = 3  # that may have been asked for each fact before people are
QUESTION_MARKS = ("?", "？", "؟")
MOST_TOKENS, MOST_COST = 10**9, 10**6  # more is a slip

# Reasons that no engine gives.
OURS = (Reason.ENGINE_FAILED, Reason.ACTION_FAILED, Reason.HELPED, Reason.QUOTED_NOTE)
REASONS = tuple(reason for reason in Reason if reason not in OURS)

_LANGUAGE = re.compile(r"[a-z]{2,3}")

# The same in words of JSON Schema, within what OpenAI's strict mode allows: every field is required, none is added.
# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reply": {"type": "string"},
        "escalation": {"type": "string", "enum": [each.value for each in Escalation]},
        "reason": {"type": "string", "enum": [each.value for each in REASONS]},
        "why": {"type": "string"},
        "confidence": {"type": "number"},
        "sub_agent": {"type": "string"},
        "articles": {"type": "array", "items": {"type": "integer"}},
        "note": {"type": "string"},
        "clarifies": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "language": {"type": "string"},
        "facts": {"type": "array", "items": {"type": "string"}},
        "collected": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
                "required": ["name", "value"],
                "additionalProperties": False,
            },
        },
    },
}
SCHEMA |= {"required": list(SCHEMA["properties"]), "additionalProperties": False}
# For servers without tool calls: arguments are JSON in a text, because strict mode has no objects of any shape.
ACTION: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "arguments": {"type": "string"}},
    "required": ["name", "arguments"],
    "additionalProperties": False,
}
SCHEMA_WITH_ACTIONS: dict[str, Any] = {
    **SCHEMA,
    "properties": {**SCHEMA["properties"], "actions": {"type": "array", "items": ACTION}},
    "required": [*SCHEMA["required"], "actions"],
}


def parse(text: str) -> dict[str, Any]:
    """The JSON object in the text, with or without fences or words around it. Raises EngineError."""
    begin, end = text.find("{"), text.rfind("}")
    try:
        values = json.loads(text[begin : end + 1], parse_constant=_no_constant) if begin >= 0 else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise EngineError("The answer isn't a decision in JSON.")
    return values


def decision(values: Mapping[str, Any], brief: Brief, given: Collection[int]) -> Decision:
    """The decision in `values`. `given` are the ids of the articles that may be cited. Raises EngineError."""
    sub_agent = _sub_agent(values, brief)
    made = Decision(
        reply=_text(values.get("reply"), LONGEST_REPLY),
        escalation=_escalation(values),
        reason=_reason(values),
        why=_text(values.get("why"), LONGEST_NOTE) or "The engine didn't say why.",
        confidence=_share(values.get("confidence")),
        sub_agent=sub_agent.slug if sub_agent else "",
        articles=_cited(values, given),
        note=_text(values.get("note"), LONGEST_NOTE),
        clarifies=values.get("clarifies") is True,
        tags=_texts(values.get("tags"), LONGEST_TAG, MOST_TAGS),
        language=_language(values, brief),
        facts=_texts(values.get("facts"), LONGEST_FACT, MOST_FACTS),
        actions=_actions(values),
        collected=_collected(values, sub_agent),
    )
    made = _as_set_up(replace(made, evidence=_evidence(made, brief)), sub_agent, brief)
    made = _with_person_if_asked_for(made, brief)
    if not made.reply and made.escalation is not Escalation.NOW and not _may_be_silent(sub_agent, brief):
        raise EngineError("The answer is empty.")
    return made


def usage(values: Mapping[str, Any]) -> Usage:
    """What was used, as far as it was said and makes sense."""
    cost = values.get("cost")
    return Usage(
        input_tokens=_count(values.get("input_tokens")),
        output_tokens=_count(values.get("output_tokens")),
        cost=float(cost) if isinstance(cost, (int, float)) and 0 <= cost < MOST_COST else None,
        model=_text(values.get("model"), LONGEST_NAME),
    )


def _as_set_up(made: Decision, sub_agent: SubAgentBrief | None, brief: Brief) -> Decision:
    """What happens after the answer is the operator's to say, not the model's."""
    if sub_agent and sub_agent.stays_silent:
        return replace(made, reply="", escalation=Escalation.NONE, reason=Reason.SUB_AGENT)
    if sub_agent and _is_collecting(made, sub_agent, brief):
        return replace(made, reason=Reason.COLLECTING)
    if sub_agent and sub_agent.after == "hand_over" and made.escalation is not Escalation.NOW:
        return replace(made, escalation=Escalation.NOW, reason=Reason.SUB_AGENT)
    return made


def _is_collecting(made: Decision, sub_agent: SubAgentBrief, brief: Brief) -> bool:
    """Whether it asks for a fact that is missing, and hasn't asked for too long: a model might go on for ever."""
    known = (*made.collected, *collecting.known(sub_agent, brief.agent, brief.transcript))
    own = (line.text.rstrip() for line in brief.transcript if line.speaker is Speaker.AGENT)
    patient = sum(text.endswith(QUESTION_MARKS) for text in own) < MOST_QUESTIONS * len(sub_agent.facts)
    asks = made.escalation is Escalation.NONE and made.clarifies
    return asks and patient and collecting.missing(sub_agent, known) is not None


def _may_be_silent(sub_agent: SubAgentBrief | None, brief: Brief) -> bool:
    return sub_agent.stays_silent if sub_agent else brief.agent.otherwise == Otherwise.STAY_SILENT


def _with_person_if_asked_for(made: Decision, brief: Brief) -> Decision:
    """The net below. A reply of an engine that didn't notice is dropped: it may refuse what is now being done."""
    new = (line.text[: words.LONGEST_LINE] for line in brief.news[-MOST_LINES:])
    phrase = phrases.asks_for_person("\n".join(new))
    if not phrase or made.escalation is Escalation.NOW:
        return made
    return replace(
        made,
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.ASKED_FOR_HUMAN,
        why=f"The customer asked for a person: “{phrase}”. The engine hadn't noticed.",
        evidence=(Evidence("phrase", "asks for a person", 1.0, phrase), *made.evidence),
        note="Wants to talk to a person.",
        clarifies=False,
    )


def _evidence(made: Decision, brief: Brief) -> tuple[Evidence, ...]:
    titles = {article.id: article.title for article in brief.agent.articles}
    return tuple(Evidence("article", titles[number], made.confidence) for number in made.articles)


# --- One field each ---------------------------------------------------------------------------------------------------


def _escalation(values: Mapping[str, Any]) -> Escalation:
    """Never guessed: a wrong word here would either leave a customer alone or call people for nothing."""
    given = values.get("escalation")
    if not isinstance(given, str) or given not in list(Escalation):
        raise EngineError("The answer doesn't say whether people are needed.")
    return Escalation(given)


def _reason(values: Mapping[str, Any]) -> Reason:
    given = values.get("reason")
    return Reason(given) if isinstance(given, str) and given in REASONS else Reason.UNSURE


def _sub_agent(values: Mapping[str, Any], brief: Brief) -> SubAgentBrief | None:
    listening = (each for each in brief.agent.sub_agents if each.hears_customers)
    return next((each for each in listening if each.slug == values.get("sub_agent")), None)


def _collected(values: Mapping[str, Any], sub_agent: SubAgentBrief | None) -> tuple[Collected, ...]:
    """Of the facts that the sub agent asks for, and no others."""
    told = [each for each in _list(values.get("collected")) if isinstance(each, dict)]
    found = {each["name"]: _text(each.get("value"), LONGEST_FACT) for each in told if isinstance(each.get("name"), str)}
    facts = sub_agent.facts if sub_agent else ()
    return tuple(Collected(fact.name, found[fact.name]) for fact in facts if found.get(fact.name))


def _cited(values: Mapping[str, Any], given: Collection[int]) -> tuple[int, ...]:
    numbers = (number for number in _list(values.get("articles")) if type(number) is int and number in given)
    return tuple(dict.fromkeys(numbers))


def _language(values: Mapping[str, Any], brief: Brief) -> str:
    code = values.get("language")
    return code if isinstance(code, str) and _LANGUAGE.fullmatch(code) else brief.language


def _actions(values: Mapping[str, Any]) -> tuple[ActionCall, ...]:
    calls = [call for call in _list(values.get("actions")) if isinstance(call, dict)][:MOST_ACTIONS]
    return tuple(
        ActionCall(
            name=_text(call.get("name"), LONGEST_TAG),
            arguments=_text(json.dumps(call.get("arguments", {}), ensure_ascii=False), LONGEST_NOTE),
            outcome=_text(call.get("outcome"), LONGEST_NOTE),
        )
        for call in calls
    )


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < MOST_TOKENS else 0


def _share(value: Any) -> float:
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    return float(min(max(number, 0), 1)) if number == number else 0.0  # NaN isn't itself


def _texts(value: Any, longest: int, most: int) -> tuple[str, ...]:
    found = (_text(each, longest) for each in _list(value))
    return tuple(dict.fromkeys(filter(None, found)))[:most]


def _text(value: Any, longest: int) -> str:
    """Without what databases can't hold: zero bytes, and halves of characters."""
    text = value.replace("\x00", "") if isinstance(value, str) else ""
    return text.encode("utf-8", "ignore").decode().strip()[:longest]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} isn't JSON")
