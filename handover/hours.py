"""When a handover rule holds: weekly hours as operators write them, like “mon-fri 09:00-17:00, sat 10:00-12:00”.

Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES = 24 * 60  # of a day
_SPAN = re.compile(
    rf"(?P<first>{'|'.join(DAYS)})(?:\s*-\s*(?P<last>{'|'.join(DAYS)}))?"
    r"\s+(?P<h1>\d\d):(?P<m1>\d\d)\s*-\s*(?P<h2>\d\d):(?P<m2>\d\d)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """From one minute of the day to another on some days. One that ends before it begins goes on past midnight."""

    days: frozenset[int]  # 0 is Monday
    begins: int  # minutes after midnight
    ends: int  # the same; up to 24 * 60

    def holds(self, day: int, minute: int) -> bool:
        if self.begins < self.ends:
            return day in self.days and self.begins <= minute < self.ends
        late, early = day in self.days and minute >= self.begins, (day - 1) % 7 in self.days and minute < self.ends
        return late or early


def read(text: str) -> tuple[Span, ...]:
    """The spans in the text. Raises ValueError with a sentence that says what to write."""
    return tuple(_span(each.strip()) for each in re.split(r"[,;\n]", text.lower()) if each.strip())


def open_at(spans: Sequence[Span], now: datetime) -> bool:
    """Whether one of them holds at this time on the gateway's wall. Without any it always does."""
    return not spans or any(span.holds(now.weekday(), now.hour * 60 + now.minute) for span in spans)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text}” isn't like “mon-fri 09:00-17:00”. Write more than one with commas between them.")
    first, last = DAYS.index(found["first"]), DAYS.index(found["last"] or found["first"])
    days = frozenset((first + each) % 7 for each in range((last - first) % 7 + 1))
    return Span(days, _minute(found["h1"], found["m1"]), _minute(found["h2"], found["m2"]))


def _minute(hour: str, minute: str) -> int:
    value = int(hour) * 60 + int(minute)
    if value > MINUTES or int(minute) > 59:
        raise ValueError(f"“{hour}:{minute}” is no time of day. The last is 24:00.")
    return value
