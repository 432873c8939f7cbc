"""What no machine should deal with, whatever the agent is set up to do: a person at risk, a threat, legal action."""

import re
from collections.abc import Iterable, Mapping

from agents.engines.alarm_tables import LEGAL, SELF_HARM, THREAT
from agents.engines.base import Brief, Decision, Escalation, Evidence, Reason
from agents.engines.words import fold

LONGEST = 20_000  # characters that are looked at, of the latest


def _compiled(table: Mapping[str, Iterable[str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for patterns in table.values() for pattern in patterns))


_ALARMS = (  # the gravest first
    (Reason.SELF_HARM, _compiled(SELF_HARM), "The customer may be at risk", "May be at risk. Please look at once."),
    (Reason.THREAT, _compiled(THREAT), "The customer threatens somebody", "Threatens somebody."),
    (Reason.LEGAL, _compiled(LEGAL), "The customer speaks of legal action", "Speaks of legal action."),
)


def alarmed(brief: Brief) -> Decision | None:
    """The decision that takes precedence over every engine's, where the customer's new lines ask for it."""
    text = fold(brief.question[-LONGEST:])
    for reason, pattern, sentence, note in _ALARMS:
        if match := pattern.search(text):
            return _to_people(reason, f"{sentence}: “{match[0]}”.", match[0], note)
    return None


def _to_people(reason: Reason, why: str, phrase: str, note: str) -> Decision:
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=reason,
        why=why,
        confidence=1.0,
        evidence=(Evidence("phrase", reason.value, 1.0, phrase),),
        note=note,
    )
