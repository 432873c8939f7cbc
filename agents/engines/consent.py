"""Did the customer say yes or no to the person they were offered? Read before any engine is asked.

Only the clear cases are read here: an answer that is a yes or a no, or begins with one. All else is the engine's to
understand, which is told of the offer.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from agents.engines.base import Brief, Decision, Escalation, Evidence, Reason
from agents.engines.consent_tables import BUT, NO, PLEASE, YES
from agents.engines.phrase_tables import THANKS
from agents.engines.politeness_tables import MORE_THANKS
from agents.engines.words import LONGEST_LINE, fold

LONGEST_ANSWER = 40  # characters of a first clause that can be an answer


class Consent(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = ""


def _longest_first(tables: Iterable[str]) -> str:
    """Of two that begin alike the longer is tried first: “no problem” is no “no”."""
    return "|".join(sorted({row for table in tables for row in _rows(table)}, key=len, reverse=True))


def _rows(table: str) -> list[str]:
    """The alternatives of a table, which may have groups of alternatives in them, and groups in those."""
    rows, depth = [""], 0
    for sign in table:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            rows.append("")
        else:
            rows[-1] += sign
    return rows


def _words(tables: Mapping[str, str]) -> str:
    """Those of languages that are written without spaces may be followed by anything; the rest end where words do."""
    unspaced = _longest_first(fold(text) for language, text in tables.items() if language in ("ja", "zh"))
    spaced = _longest_first(fold(text) for language, text in tables.items() if language not in ("ja", "zh"))
    return rf"(?:{spaced})(?!\w)|(?:{unspaced})"


_POLITE = re.compile(rf"(?:{_longest_first((THANKS, MORE_THANKS, PLEASE))})(?!\w)|請|请|[\W_]+")
_YES, _NO = re.compile(rf"{_words(YES)}|[👍👌🙏✅]"), re.compile(rf"{_words(NO)}|[👎❌]")
_CLAUSE = re.compile(r"[.,;:!?\n…。、，；：！？؟،؛।]+")
_OPEN = re.compile(rf"[?？؟]|{BUT}")  # in what follows a yes: it isn't all that they want to say


def consent(text: str) -> Consent:
    """What the customer's text says to an offer."""
    folded = fold(text[:LONGEST_LINE])
    at = 0
    for end in [*_CLAUSE.finditer(folded), None]:
        clause = folded[at : end.start() if end else len(folded)].strip()
        at = end.end() if end else len(folded)
        said = _said(clause)
        if said is None:
            return Consent.UNCLEAR
        if said is Consent.YES and _OPEN.search(folded[end.start() if end else at :]):
            return Consent.UNCLEAR
        if said:
            return said
    return Consent.UNCLEAR


def is_nothing_but(text: str, answer: Consent) -> bool:
    """Whether the text is this answer and nothing else that would want one."""
    clauses = [_said(clause.strip()) for clause in _CLAUSE.split(fold(text[:LONGEST_LINE]))]
    return answer in clauses and set(clauses) <= {answer, Consent.UNCLEAR}


def _said(clause: str) -> Consent | None:
    """What a clause says if it is nothing but yes, no and politeness; None if there is more to it."""
    if len(clause) > LONGEST_ANSWER:
        return None
    at, found = 0, set[Consent]()
    while at < len(clause):
        yes, no = _YES.match(clause, at), _NO.match(clause, at)
        longest = max(filter(None, (yes, no, _POLITE.match(clause, at))), key=lambda match: match.end(), default=None)
        if longest is None:
            return None
        found |= {Consent.YES} if longest is yes else {Consent.NO} if longest is no else set()
        at = longest.end()
    return None if len(found) > 1 else next(iter(found), Consent.UNCLEAR)


def consented(brief: Brief) -> Decision | None:
    """The decision to hand over, where a person was offered and the customer says yes."""
    offer = brief.offer
    if offer is None or consent(brief.question) is not Consent.YES:
        return None
    said = " ".join(brief.question.split())[:80]
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason.ACCEPTED,
        why=f"The customer was offered a person and said yes: “{said}”. {offer.why}".strip(),
        confidence=1.0,
        sub_agent=offer.sub_agent,
        evidence=(Evidence("phrase", "accepts the offer", 1.0, said),),
        note="Was offered a person and said yes.",
    )


def declined(brief: Brief) -> bool:
    """Whether a person was offered and the customer says no."""
    return brief.offer is not None and consent(brief.question) is Consent.NO
