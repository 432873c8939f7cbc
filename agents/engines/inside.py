"""The net under “never quote a note”: a reply that repeats what people noted for themselves isn't sent.

What the platform knows of the customer is such a note where it is as long as a sentence. Notes are compared word by
word, whatever the punctuation, capitals and spaces. What the customer has read or written anyway, or what an article
says, is no secret.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from agents.engines.base import Brief, Decision, Escalation, Reason

RUN = 8  # words in a row that are no coincidence; a note that is shorter counts as a whole
LEAST = 4  # words of a note that can be recognised at all
SIGNS = 14  # the same for scripts that have no spaces between words
LEAST_SIGNS = 8
WHY = "The reply quoted what people had noted for themselves, so it wasn't sent."

_SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_IS_SPACELESS = re.compile(rf"[{_SPACELESS}]")


def kept_inside(brief: Brief, decision: Decision) -> Decision:
    """The decision; one to ask people, with the reply in a note for them, where the reply quotes a note."""
    notes = (*brief.notes, *_remarks(brief))
    if not notes or not decision.reply or not _quotes(decision.reply, brief, notes):
        return decision
    held = f"It wanted to say: {decision.reply}"
    note = f"{decision.note}\n\n{held}" if decision.note else held
    why = f"{WHY} {decision.why}"
    return replace(
        decision, reply="", escalation=Escalation.NOW, reason=Reason.QUOTED_NOTE, why=why, note=note, clarifies=False
    )


def _remarks(brief: Brief) -> Iterator[str]:
    """Whatever is shorter is a name, a plan or an address, which customers know themselves."""
    return (value for value in brief.customer.values() if len(_tokens(value)) >= RUN)


def _quotes(reply: str, brief: Brief, notes: Iterable[str]) -> bool:
    said = _joined(_tokens(reply))
    found = [run for note in notes for run in _runs(_tokens(note)) if run in said]
    if not found:
        return False
    known = [_joined(_tokens(text)) for text in _known(brief)]
    return any(not any(run in text for text in known) for run in found)


def _known(brief: Brief) -> Iterator[str]:
    yield from (line.text for line in (*brief.past, *brief.transcript))
    for article in brief.agent.articles:
        yield from (article.title, article.body)


def _runs(tokens: list[str]) -> Iterator[str]:
    """Every stretch of the note that a reply mustn't have."""
    spaceless = sum(1 for token in tokens if _IS_SPACELESS.fullmatch(token)) > len(tokens) / 2
    run, least = (SIGNS, LEAST_SIGNS) if spaceless else (RUN, LEAST)
    length = min(run, len(tokens))
    if length < least:
        return
    for start in range(len(tokens) - length + 1):
        yield _joined(tokens[start : start + length])


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())


def _joined(tokens: Iterable[str]) -> str:
    return f" {' '.join(tokens)} "
