"""Replaying from a terminal: what is chosen, what is refused, and that nothing is recorded twice."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from conversations.models import Message
from gateways.models import Gateway, InboundEvent, Receipt
from tests.conftest import Rings, Walk

pytestmark = pytest.mark.django_db

STATUSES = ("failed", "done", "failed", "pending", "failed")  # of receipts 1 to 5


@pytest.fixture
def receipts(gateway: Gateway, make_gateway) -> None:
    """Receipts 1 to 5 of the gateway “Desk”, received on the first to the fifth, and a failed one of another."""
    for number, status in enumerate(STATUSES, 1):
        Receipt.objects.create(pk=number, gateway=gateway, body=b"[]", status=status, error="odd")
        Receipt.objects.filter(pk=number).update(received_at=datetime(2026, 11, number, 12, tzinfo=UTC))
    Receipt.objects.create(pk=6, gateway=make_gateway(name="Other"), body=b"[]", status="failed")


def replay(*args: str) -> str:
    out = StringIO()
    call_command("replay", *args, stdout=out)
    return out.getvalue()


def pending() -> list[int]:
    return list(Receipt.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("args", "chosen", "says"),
    [
        (["--id", "1"], [1], "1 receipt will be read again: 1.\n"),
        (["--id", "1", "--id=5", "--gateway", "Desk"], [1, 5], "2 receipts will be read again: 1, 5.\n"),
        (["--ids", "1-3"], [1, 3], "2 receipts will be read again: 1, 3.\n1 had not failed and was left alone.\n"),
        (["--ids", "3-9", "--gateway=Desk"], [3, 5],
         "2 receipts will be read again: 3, 5.\n1 had not failed and was left alone.\n"),
        (["--ids", "3-3", "--ids=6-6", "--id=1"], [1, 3, 6], "3 receipts will be read again: 1, 3, 6.\n"),
        (["--since", "2026-11-05"], [5, 6], "2 receipts will be read again: 5, 6.\n"),
        (["--since", "2026-11-05T12:00", "--gateway=Desk"], [5], "1 receipt will be read again: 5.\n"),
        (["--since", "2026-11-05T14:00+02:00", "--ids=1-5"], [5], "1 receipt will be read again: 5.\n"),
        (["--since", "2026-11-05T12:01", "--gateway=Desk"], [], "0 receipts will be read again.\n"),
        (["--ids", "2-2"], [], "0 receipts will be read again.\n1 had not failed and was left alone.\n"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_is_chosen(receipts, args: list[str], chosen: list[int], says: str):
    assert replay(*args) == says
    assert pending() == sorted([*chosen, 4])


def test_a_dry_run_does_nothing(receipts, rings: Rings):
    assert replay("--ids", "1-5", "--dry-run") == (
        "3 receipts would be read again: 1, 3, 5.\n2 had not failed and were left alone.\n"
    )
    assert (pending(), rings.heard) == ([4], [])


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ([], "Say which receipts: --id 5, --ids 5-20 or --since 2026-11-01."),
        (["--gateway", "Desk"], "Say which receipts: --id 5, --ids 5-20 or --since 2026-11-01."),
        (["--id=1", "--id=2"], "Receipt 2 is done: what was in it has been recorded. "
         "Only failed ones can be replayed. Nothing was done."),
        (["--id=4"], "Receipt 4 is waiting to be read already. Only failed ones can be replayed. Nothing was done."),
        (["--id=6", "--gateway=Desk"],
         "There is no receipt 6 among those of this gateway and time. Nothing was done."),
        (["--id=1", "--gateway=Dusk"], "There is no gateway “Dusk”. Choose one of: “Desk”, “Other”."),
        (["--ids", "9-3"], "“9-3” is no range. Write the lower id, a hyphen and the higher one, like 5-20."),
        (["--ids", "5"], "“5” is no range. Write the lower id, a hyphen and the higher one, like 5-20."),
        (["--since", "soon"], "“soon” is no date. Write it like 2026-11-01 or 2026-11-01T09:30."),
        (["--since", "2026-13-01"], "“2026-13-01” is no date. Write it like 2026-11-01 or 2026-11-01T09:30."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_is_refused_says_why_and_does_nothing(receipts, args: list[str], why: str):
    with pytest.raises(CommandError) as error:
        replay(*args)
    assert (str(error.value), pending()) == (why, [4])


def test_many_are_not_all_named(gateway: Gateway):
    Receipt.objects.bulk_create(Receipt(gateway=gateway, body=b"[]", status="failed") for _ in range(22))
    assert " and 2 more." in replay("--ids", f"1-{10**18 - 1}")


def test_what_was_partly_recorded_meanwhile_is_recorded_once(walk: Walk, platform, monkeypatch):
    """A receipt fails at its second event. The platform repeats the first one by itself; then we mend and replay."""
    parse = platform.parse

    def broken(self, request):
        first, *others = parse(self, request)
        yield first
        if others:
            raise KeyError("a field that we don't know")

    monkeypatch.setattr(platform, "parse", broken)
    one, two = ({"event": "CustomerSaid", "thread": "t1", "text": text, "key": text} for text in ("One", "Two"))
    failed = walk.receive(dict(one), dict(two))
    walk.run()
    assert not InboundEvent.objects.exists()  # a receipt's events are all recorded or none
    walk.receive(dict(one))
    walk.run()

    monkeypatch.setattr(platform, "parse", parse)
    assert replay("--id", str(failed.pk)) == f"1 receipt will be read again: {failed.pk}.\n"
    walk.run()
    failed.refresh_from_db()
    assert (failed.status, failed.outcome) == ("done", "One: duplicate; Two: Handled")
    assert list(Message.objects.filter(author="customer").values_list("text", flat=True)) == ["One", "Two"]
    assert walk.told() == ["re: One", "re: Two"]
    with pytest.raises(CommandError, match="is done"):
        replay("--id", str(failed.pk))
