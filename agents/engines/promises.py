"""The net below every engine: a reply that promises people, or admits that it takes people, brings people.

A customer who reads "I've passed this on" and whom nobody answers is worse off than one who was told nothing. A reply
that asks whether a person is wanted is an offer, which waits for the answer; and what is meant as an offer asks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agents.engines.base import Decision, Escalation, Evidence, Reason
from agents.engines.offer_tables import ACTS, ASKS, PEOPLE
from agents.engines.promise_tables import HANDOVER, LATER, NO_ACCESS
from agents.engines.words import fold
from agents.wordings import wording

LONGEST = 10_000  # characters of a reply that are looked at
QUESTION = ("?", "？", "か。", "か")  # ends of sentences; a Japanese question needs no sign


@dataclass(frozen=True, slots=True)
class Promise:
    """What a reply has said: the kind of promise as part of a sentence, and the words, folded."""

    kind: str
    phrase: str


def _compiled(table: Mapping[str, Iterable[str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for patterns in table.values() for pattern in patterns))


_KINDS = (
    ("promises a handover", _compiled(HANDOVER)),
    ("promises a later answer", _compiled(LATER)),
    ("admits that it can't look", _compiled(NO_ACCESS)),
)
_OFFERS = tuple(tuple(re.compile(table[code]) for table in (ASKS, ACTS, PEOPLE)) for code in ASKS)
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]?")
_UP_TO_THE_CUSTOMER = re.compile(  # before a promise: it depends on what the customer does elsewhere
    r"\b(?:if you|once you|when you|after you|(?:write|email|call|contact|message|reach|send) (?:to )?us|"
    r"wenn sie|sobald sie|falls sie|(?:schreiben|rufen|kontaktieren|senden|schicken) sie|si vous|ecrivez|contactez|"
    r"si (?:nos|usted|lo|la)|escriba|escribenos|contactenos|se (?:ci|vuole|voce|nos)|scriva|scriveteci|escreva|"
    r"als u|als je|zodra|mail ons|jesli|gdy|prosimy o kontakt)\b|場合|如果"
)


def promise(reply: str) -> Promise | None:
    """The first promise in the reply that only people can keep. An offer in the form of a question is none."""
    for sentence in _SENTENCE.findall(fold(reply[:LONGEST])):
        if sentence.endswith(QUESTION):
            continue
        for kind, pattern in _KINDS:
            match = pattern.search(sentence)
            if match and not _UP_TO_THE_CUSTOMER.search(sentence[: match.start()]):
                return Promise(kind, match[0].strip())
    return None


def offer(reply: str) -> str:
    """The first sentence of the reply, folded, that asks whether a person is wanted; "" if there is none."""
    sentences = (sentence.strip() for sentence in _SENTENCE.findall(fold(reply[:LONGEST])))
    return next(filter(_offers, sentences), "")


def _offers(sentence: str) -> bool:
    return sentence.endswith(QUESTION) and any(
        all(pattern.search(sentence) for pattern in patterns) for patterns in _OFFERS
    )


def checked(decision: Decision, language: str = "") -> Decision:
    """The decision, with people called or offered where its own reply says so and it doesn't; or the other way round.

    `language` is what the customer reads, for the words of an offer that the reply lacks.
    """
    if decision.escalation is not Escalation.NOW and (found := promise(decision.reply)):
        return _kept(decision, found)
    if decision.escalation is Escalation.NONE and (sentence := offer(decision.reply)):
        return _offered(decision, sentence)
    if decision.escalation is Escalation.OFFERED and not re.search("[?？؟;]|か。", decision.reply):
        return replace(decision, reply=f"{decision.reply}\n\n{wording('offer', language)}".strip())
    return decision


def _offered(decision: Decision, sentence: str) -> Decision:
    return replace(
        decision,
        escalation=Escalation.OFFERED,
        reason=Reason.OFFERED,
        why=f"{decision.why} The reply offers a person: “{sentence[:100]}”.",
        evidence=(*decision.evidence, Evidence("phrase", "offers a person", 1.0, sentence[:100])),
        clarifies=False,
    )


def _kept(decision: Decision, found: Promise) -> Decision:
    return replace(
        decision,
        escalation=Escalation.NOW,
        reason=Reason.PROMISED,
        why=f"The reply {found.kind}, so people get the conversation: “{found.phrase}”.",
        evidence=(*decision.evidence, Evidence("phrase", found.kind, 1.0, found.phrase)),
        note=decision.note or "The agent's reply can only be kept by a person.",
        clarifies=False,
    )
