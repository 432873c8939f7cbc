"""The net below every engine: a reply that promises people, or admits that it takes people, brings people.

A customer who reads "I've passed this on" and whom nobody answers is worse off than one who was told nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agents.engines.base import Decision, Escalation, Evidence, Reason
from agents.engines.promise_tables import HANDOVER, LATER, NO_ACCESS
from agents.engines.words import fold

LONGEST = 10_000  # characters of a reply that are looked at


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
        if sentence.endswith(("?", "？")):
            continue
        for kind, pattern in _KINDS:
            match = pattern.search(sentence)
            if match and not _UP_TO_THE_CUSTOMER.search(sentence[: match.start()]):
                return Promise(kind, match[0].strip())
    return None


def checked(decision: Decision) -> Decision:
    """The decision, handed over to people where its own reply says so and it doesn't."""
    found = promise(decision.reply) if decision.escalation is Escalation.NONE else None
    if found is None:
        return decision
    return replace(
        decision,
        escalation=Escalation.NOW,
        reason=Reason.PROMISED,
        why=f"The reply {found.kind}, so people get the conversation: “{found.phrase}”.",
        evidence=(*decision.evidence, Evidence("phrase", found.kind, 1.0, found.phrase)),
        note=decision.note or "The agent's reply can only be kept by a person.",
        clarifies=False,
    )
