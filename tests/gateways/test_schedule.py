"""Which mode counts when: by the clock on the gateway's wall, over midnight, on holidays, and when clocks change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from gateways.models import Gateway, Hours
from gateways.schedule import WEEKDAYS, Schedule, Span, mode_at, people_at

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = frozenset(WEEKDAYS[:5])


def span(what: str, starts: str, ends: str, days: frozenset[str] = WEEK, **dates: date) -> Span:
    return Span(what, time.fromisoformat(starts), time.fromisoformat(ends), days, **dates)


def at(text: str, fold: int = 0) -> datetime:
    """A time on Berlin's walls; `fold` is 1 for the second of two."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


OFFICE = span("draft", "09:00", "17:00")
NIGHT = span("auto", "22:00", "06:00", frozenset({"fri"}))
CHRISTMAS = span("shadow", "00:00", "00:00", frozenset(), first=date(2026, 12, 24), last=date(2026, 12, 26))
HALF_DAY = span("copilot", "10:00", "12:00", frozenset(), first=date(2026, 12, 31))
SMALL_HOURS = span("auto", "02:00", "03:00", frozenset(WEEKDAYS))
ALL = (OFFICE, NIGHT, CHRISTMAS, HALF_DAY)


@pytest.mark.parametrize(
    ("moment", "mode"),
    [
        ("2026-11-20 08:59:59", "off"),
        ("2026-11-20 09:00", "draft"),
        ("2026-11-20 16:59:59", "draft"),
        ("2026-11-20 17:00", "off"),
        ("2026-11-20 22:00", "auto"),
        ("2026-11-21 05:59", "auto"),
        ("2026-11-21 06:00", "off"),
        ("2026-11-21 10:00", "off"),
        ("2026-11-21 23:00", "off"),
        ("2026-12-23 23:59", "off"),
        ("2026-12-24 00:00", "shadow"),
        ("2026-12-24 10:00", "shadow"),
        ("2026-12-26 23:59", "shadow"),
        ("2026-12-27 00:00", "off"),
        ("2026-12-31 09:30", "off"),
        ("2026-12-31 10:30", "copilot"),
        ("2027-01-01 09:30", "draft"),
    ],
)
def test_the_week_and_its_holidays(moment: str, mode: str) -> None:
    assert mode_at(Schedule("off", BERLIN, ALL), at(moment)) == mode


@pytest.mark.parametrize(
    ("moment", "fold", "mode"),
    [
        ("2026-03-29 01:59:59", 0, "off"),
        ("2026-03-29 03:00", 0, "off"),
        ("2026-03-30 02:30", 0, "auto"),
        ("2026-10-25 01:59", 0, "off"),
        ("2026-10-25 02:30", 0, "auto"),
        ("2026-10-25 02:30", 1, "auto"),
        ("2026-10-25 03:00", 0, "off"),
    ],
    ids=["before the gap", "after the gap", "next day", "before", "first time", "second time", "after"],
)
def test_when_clocks_are_changed(moment: str, fold: int, mode: str) -> None:
    assert mode_at(Schedule("off", BERLIN, (SMALL_HOURS,)), at(moment, fold)) == mode


@pytest.mark.parametrize(
    ("moment", "mode"),
    [
        ("2026-03-29 06:59", "auto"),
        ("2026-03-29 07:00", "off"),
        ("2026-10-25 06:59", "auto"),
        ("2026-10-25 07:00", "off"),
    ],
)
def test_a_night_ends_by_the_clock_however_long_it_was(moment: str, mode: str) -> None:
    night = span("auto", "22:00", "07:00", frozenset({"sat"}))
    assert mode_at(Schedule("off", BERLIN, (night,)), at(moment)) == mode


def test_the_zone_is_the_gateways() -> None:
    moment = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert mode_at(Schedule("off", BERLIN, (OFFICE,)), moment) == "draft"
    assert mode_at(Schedule("off", UTC, (OFFICE,)), moment) == "off"


def test_of_two_spans_the_first_counts() -> None:
    lunch = span("auto", "12:00", "13:00")
    assert mode_at(Schedule("off", BERLIN, (lunch, OFFICE)), at("2026-11-20 12:30")) == "auto"
    assert mode_at(Schedule("off", BERLIN, (OFFICE, lunch)), at("2026-11-20 12:30")) == "draft"


HERE = span("people_here", "09:00", "17:00")
AWAY = span("people_away", "00:00", "00:00", frozenset(), first=date(2026, 12, 24))


@pytest.mark.parametrize(
    ("spans", "moment", "there"),
    [
        ((), "2026-11-21 03:00", True),
        ((OFFICE,), "2026-11-21 03:00", True),
        ((HERE,), "2026-11-20 10:00", True),
        ((HERE,), "2026-11-20 18:00", False),
        ((HERE, AWAY), "2026-12-24 10:00", False),
        ((AWAY,), "2026-12-24 10:00", False),
        ((AWAY,), "2026-12-25 10:00", True),
        ((CHRISTMAS, HERE), "2026-12-24 10:00", True),
    ],
    ids=[
        "nothing said",
        "only modes",
        "at work",
        "gone home",
        "holiday",
        "away",
        "back",
        "a mode's holiday isn't theirs",
    ],
)
def test_whether_people_are_there(spans: tuple[Span, ...], moment: str, there: bool) -> None:
    assert people_at(Schedule("auto", BERLIN, spans), at(moment)) is there


def test_words_about_people_change_no_mode() -> None:
    assert mode_at(Schedule("draft", BERLIN, (HERE, AWAY)), at("2026-12-24 10:00")) == "draft"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose weekdays, or give the first date of a holiday: one of the two."),
        (
            {"days": ["mon"], "first_date": date(2026, 1, 1)},
            "Choose weekdays, or give the first date of a holiday: one",
        ),
        ({"days": ["monday"]}, "Give a list of days, out of mon, tue"),
        ({"days": ["mon"], "last_date": date(2026, 1, 1)}, "The last date can't be before the first."),
        ({"first_date": date(2026, 1, 2), "last_date": date(2026, 1, 1)}, "The last date can't be before the first."),
    ],
    ids=["neither", "both", "no such day", "last of none", "backwards"],
)
def test_rows_that_make_no_sense_are_refused(gateway: Gateway, fields: dict, sentence: str) -> None:
    row = Hours(gateway=gateway, what="auto", starts=time(9), ends=time(17), **fields)
    with pytest.raises(ValidationError, match=sentence[:60]):
        row.full_clean()


def test_a_zone_that_isnt_one_is_refused(gateway: Gateway) -> None:
    gateway.time_zone = "Europe/Bielefeld"
    with pytest.raises(ValidationError, match="There is no such time zone"):
        gateway.full_clean()


def test_the_schedule_is_read_only_where_it_is_followed(gateway: Gateway, django_assert_num_queries) -> None:
    Hours.objects.create(gateway=gateway, what="off", days=list(WEEKDAYS), starts=time(0), ends=time(0))
    with django_assert_num_queries(0):
        assert gateway.mode_now() == "auto"
    gateway.scheduled = True
    with django_assert_num_queries(1):
        assert (gateway.mode_now(), gateway.mode_now()) == ("off", "off")
