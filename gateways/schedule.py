"""Which mode a gateway is in at a moment, and whether its people are there: by the clock on its own wall.

Pure: rows in, answer out. A span belongs to the day on which it begins, and may go on past midnight. What is said about
a date, like a holiday, stands in for everything said about its weekday. On the days on which clocks are changed, spans
follow the clock: what is between 02:00 and 03:00 comes twice or not at all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PEOPLE_HERE, PEOPLE_AWAY = "people_here", "people_away"
PRESENCE = (PEOPLE_HERE, PEOPLE_AWAY)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From one time to another on some weekdays, or on each date from `first` to `last`."""

    what: str  # a mode, PEOPLE_HERE or PEOPLE_AWAY
    starts: time
    ends: time  # not later than `starts`: on the next day
    days: frozenset[str] = frozenset()  # of WEEKDAYS
    first: date | None = None
    last: date | None = None  # None: the same as `first`

    def is_about(self, day: date) -> bool:
        """Whether it begins on this day."""
        if self.first is not None:
            return self.first <= day <= (self.last or self.first)
        return WEEKDAYS[day.weekday()] in self.days

    def covers(self, day: date, now: datetime) -> bool:
        """Whether the span that begins on `day` holds `now`, a time on the same wall without a zone."""
        end = datetime.combine(day if self.ends > self.starts else day + DAY, self.ends)
        return datetime.combine(day, self.starts) <= now < end


@dataclass(frozen=True, slots=True)
class Schedule:
    """`mode` is what counts when no span says otherwise. Of two spans that cover a moment, the first counts."""

    mode: str
    zone: tzinfo = UTC
    spans: tuple[Span, ...] = ()


def mode_at(schedule: Schedule, moment: datetime) -> str:
    """The mode in which the gateway is at this moment."""
    if not schedule.spans:
        return schedule.mode
    modes = [span for span in schedule.spans if span.what not in PRESENCE]
    return next(_covering(modes, schedule.zone, moment), schedule.mode)


def people_at(schedule: Schedule, moment: datetime) -> bool:
    """Whether people are there. Without a word about when they are, they always are, except when they are away."""
    said = [span for span in schedule.spans if span.what in PRESENCE]
    otherwise = PEOPLE_AWAY if any(span.what == PEOPLE_HERE for span in said) else PEOPLE_HERE
    return next(_covering(said, schedule.zone, moment), otherwise) == PEOPLE_HERE


def _covering(spans: Iterable[Span], zone: tzinfo, moment: datetime) -> Iterator[str]:
    """What the spans say about the moment: those of today before what goes on from yesterday."""
    spans = tuple(spans)
    now = moment.astimezone(zone).replace(tzinfo=None)
    for day in (now.date(), now.date() - DAY):
        yield from (span.what for span in _of_day(spans, day) if span.covers(day, now))


def _of_day(spans: Iterable[Span], day: date) -> list[Span]:
    """The spans that begin on this day. Where some name its date, only they count."""
    found = [span for span in spans if span.is_about(day)]
    return [span for span in found if span.first is not None] or found
