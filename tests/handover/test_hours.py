"""Weekly hours as operators write them. 2026-03-02 is a Monday."""

from datetime import datetime

import pytest

from handover import hours


@pytest.mark.parametrize(
    ("text", "moment", "holds"),
    [
        ("", "2026-03-02T03:00", True),
        ("mon-fri 09:00-17:00", "2026-03-02T09:00", True),
        ("mon-fri 09:00-17:00", "2026-03-02T16:59", True),
        ("mon-fri 09:00-17:00", "2026-03-02T17:00", False),
        ("mon-fri 09:00-17:00", "2026-03-07T10:00", False),
        ("Mon-Fri 09:00-17:00, Sat 10:00-12:00", "2026-03-07T10:00", True),
        ("fri 22:00-06:00", "2026-03-06T23:00", True),
        ("fri 22:00-06:00", "2026-03-07T05:59", True),
        ("fri 22:00-06:00", "2026-03-06T05:59", False),
        ("sun 22:00-06:00", "2026-03-02T05:00", True),
        ("sat-mon 00:00-24:00", "2026-03-01T12:00", True),
        ("sat-mon 00:00-24:00", "2026-03-03T00:00", False),
        ("mon 00:00-24:00", "2026-03-02T23:59", True),
    ],
)
def test_hours_hold(text, moment, holds):
    assert hours.open_at(hours.read(text), datetime.fromisoformat(moment)) is holds


@pytest.mark.parametrize(
    "text", ["weekdays", "mon 9-17", "mon 09:00", "mon-fri 25:00-26:00", "mon 09:61-10:00", "mon tue"]
)
def test_what_cant_be_read_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError, match=r"isn't like “mon-fri 09:00-17:00”|is no time of day"):
        hours.read(text)
