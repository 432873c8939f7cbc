"""What is new in a mail: without what it quotes, and without the signature. The original is kept by whoever calls.

Rules of thumb, for mails are written by people and programs of all kinds; so in doubt a line stays. The tables have the
words of 18 languages, as Gmail, Apple Mail, Outlook, Thunderbird and Yahoo write them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateways.mail.html import QUOTE
from gateways.mail.quote_tables import DIVIDERS, FORWARDS, LABELS, SENT_FROM, WROTE

LONGEST_ATTRIBUTION = 4  # lines over which “On … wrote:” may be wrapped
LONGEST_LINE = 400  # characters of it
LONGEST_SIGNATURE = 15  # lines after “-- ”, beyond which it isn't taken for one
LONGEST_ENDING = 200  # characters of “Sent from my …”
MOST_ENDINGS = 4  # such lines and rules at the end
MOST_LINES = 3_000  # that are looked at

QUOTED = re.compile(r"\s{0,3}(>|\|\s)")
RULE = re.compile(r"\s*([_\-*=—–]{5,}|\*{3,})\s*")
SIGNATURE = re.compile(r"\s?(--|—|––|-- )\s?")
WROTE_LINE = re.compile(rf"(?:{'|'.join(WROTE)})\s*\)?\s*$", re.IGNORECASE | re.DOTALL)
DIVIDER = re.compile(rf"\s*>?\s*[-_=*]{{2,}}\s*(?:{'|'.join(DIVIDERS)})\s*[-_=*]{{2,}}\s*", re.IGNORECASE)
FORWARD = re.compile(
    rf"\s*(?:[-_=*]{{2,}}\s*(?:{'|'.join(FORWARDS)})\s*[-_=*]*|(?:{'|'.join(FORWARDS)})\s*:)\s*", re.IGNORECASE
)
LABEL = re.compile(rf"\s*\**\s*({'|'.join(sorted(LABELS, key=len, reverse=True))})\s*\**\s*[:：]\**", re.IGNORECASE)
SENT_FROM_LINE = re.compile(rf"\s*(?:{'|'.join(SENT_FROM)})\s*", re.IGNORECASE)
BEGINS = re.compile(r"\s*\**(?:On|Op|Am|Den|El|Le|Il|Em|A|Dnia|W dniu|Dne|Pe|\d)\b.*\d", re.IGNORECASE)
AT = re.compile(r"\d|@")  # an attribution names a date or an address


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail says anew. `left_out`: whether anything was."""

    text: str
    left_out: bool


def strip(text: str) -> Said:
    """The new part of a mail's text. Where nothing would remain, all of it."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        lines = lines[:MOST_LINES]
    forwarded = _first(lines, FORWARD.fullmatch)
    head = lines if forwarded is None else lines[:forwarded]
    kept = _without_signature(_without_quotes(head))
    if forwarded is not None and _is_blank(head):
        kept = [line for line in lines if line != QUOTE]  # a forward without a word of its own says what it forwards
    elif forwarded is not None:
        kept = [*kept, "", *(line for line in lines[forwarded:] if line != QUOTE)]
    new = _tidy(kept)
    whole = _tidy(line for line in lines if line != QUOTE)
    return Said(new or whole, left_out=bool(new) and new != whole)


def _without_quotes(lines: list[str]) -> list[str]:
    """Everything up to a quote that is only announced; of those that are marked line by line, just these lines go."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line == QUOTE or DIVIDER.fullmatch(line) or _is_header_block(lines, at):
            if not _is_blank(kept):
                return kept
            at = _after_header_block(lines, at + (line == QUOTE or bool(DIVIDER.fullmatch(line))))
        elif length := _attribution(lines, at):
            at += length
            if not _quotes_follow(lines, at) and not _is_blank(kept):
                return kept
        elif QUOTED.match(line):
            at += 1
        else:
            kept.append(line)
            at += 1
    return kept


def _attribution(lines: list[str], at: int) -> int:
    """How many lines “On … wrote:” takes from here; 0 if it doesn't stand here."""
    if not lines[at].strip() or (QUOTED.match(lines[at]) and not QUOTED.sub("", lines[at]).strip()):
        return 0
    joined = ""
    for count in range(1, LONGEST_ATTRIBUTION + 1):
        if at + count > len(lines) or not lines[at + count - 1].strip():
            return 0
        joined = f"{joined} {lines[at + count - 1].strip()}".strip()
        if len(joined) > LONGEST_LINE or not joined.endswith((":", "：", ":)")):
            continue
        if WROTE_LINE.match(joined) and AT.search(joined):
            later = " ".join(other.strip() for other in lines[at + 1 : at + count])
            if not WROTE_LINE.match(later) or BEGINS.match(lines[at]):
                return count
            return 0  # it begins further down; above it stands something new
    return 0


def _quotes_follow(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 6] if line.strip() and line != QUOTE), "")
    return bool(QUOTED.match(following))


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether the headers of another mail stand here, as Outlook writes them: three labels in five lines."""
    first = lines[at]
    if RULE.fullmatch(first):
        at = next((number for number in range(at + 1, min(at + 4, len(lines))) if lines[number].strip()), at)
    if not LABEL.match(lines[at]):
        return False
    labelled = [line for line in lines[at : at + 6] if LABEL.match(line)]
    return len(labelled) >= 3 and any(AT.search(line) for line in labelled)


def _after_header_block(lines: list[str], at: int) -> int:
    """Past the rule, the labels and their values: where the quoted words begin."""
    while at < len(lines) and (not lines[at].strip() or RULE.fullmatch(lines[at]) or LABEL.match(lines[at])):
        at += 1
    return at


def _without_signature(lines: list[str]) -> list[str]:
    """Up to “-- ”, then up to what a phone adds below, and a rule that stood above a quote."""
    for number, line in enumerate(lines):
        if not SIGNATURE.fullmatch(line):
            continue
        below = sum(1 for other in lines[number + 1 :] if other.strip())
        if below <= LONGEST_SIGNATURE and not _is_blank(lines[:number]):
            lines = lines[:number]
            break
    for _ in range(MOST_ENDINGS):
        while lines and not lines[-1].strip():
            lines = lines[:-1]
        if not lines or not _is_ending(lines[-1]) or _is_blank(lines[:-1]):
            break
        lines = lines[:-1]
    return lines


def _is_ending(line: str) -> bool:
    return len(line) <= LONGEST_ENDING and bool(SENT_FROM_LINE.fullmatch(line) or RULE.fullmatch(line))


def _first(lines: list[str], test: Callable[[str], object]) -> int | None:
    return next((number for number, line in enumerate(lines) if test(line)), None)


def _is_blank(lines: Iterable[str]) -> bool:
    return not any(line.strip() and line != QUOTE for line in lines)


def _tidy(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")
