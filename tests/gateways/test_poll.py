"""Asking platforms what is new: who asks, what is kept, and what happens when it fails."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from agents.http import Interrupted, NotSent, Trace
from gateways import poll
from gateways.base import InboundRequest, Polled
from gateways.errors import DeliveryError, Failure
from gateways.models import Cursor, Exchange, Gateway, Receipt
from tests.conftest import Rings
from tests.fakes import FakePlatform

pytestmark = pytest.mark.django_db


def request(name: str) -> InboundRequest:
    return InboundRequest("POST", {"x-event": name, "authorization": "Bearer s3cret"}, b"[]", {"page": "1"})


class Script:
    """What the platform says each time it is asked, and what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Polled | Exception] = []
        self.asked: list[tuple[dict, float]] = []
        self.wanted = True

    def poll(self, adapter: FakePlatform, cursor, wait: float) -> Polled:
        self.asked.append((dict(cursor), wait))
        adapter.http.record(Trace("GET", "https://platform.example/new", 200, 3, ""))
        answer = self.answers.pop(0) if self.answers else Polled((), cursor)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def script(platform: type[FakePlatform], monkeypatch) -> Script:
    script = Script()
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, polls=True))
    monkeypatch.setattr(platform, "poll", lambda self, cursor, wait: script.poll(self, cursor, wait))
    monkeypatch.setattr(platform, "wants_polling", lambda self: script.wanted)
    return script


@pytest.fixture
def held(gateway: Gateway, script: Script) -> Gateway:
    assert poll.claim(gateway, "me")
    return gateway


def cursor() -> Cursor:
    return Cursor.objects.get()


# --- Who asks ---------------------------------------------------------------------------------------------------------


def test_only_gateways_that_poll_are_wanted(gateway, script, make_gateway, platform):
    make_gateway(platform="webhook")
    make_gateway(platform="gone")
    broken = make_gateway(config={"region": "mars"})
    assert poll.wanted() == [gateway]
    Gateway.objects.filter(pk=broken.pk).update(config={})
    assert poll.wanted() == [gateway, broken]
    Gateway.objects.update(mode="off")  # what customers say is recorded all the same
    assert poll.wanted() == [gateway, broken]
    script.wanted = False
    assert poll.wanted() == []


def test_where_no_platform_polls_nothing_is_read(gateway, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(poll, "ADAPTERS", {"fake": FakePlatform})
    with django_assert_num_queries(0):
        assert poll.wanted() == []


def test_one_at_a_time(held: Gateway):
    assert not poll.claim(held, "other")
    assert not poll.is_free(poll.wanted()[0])
    with pytest.raises(poll.LeaseLost):
        poll.poll(held.pk, "other")


def test_who_renews_stays_and_who_died_is_replaced(held: Gateway):
    Cursor.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
    poll.renew("other")
    assert cursor().lease_until < timezone.now() + timedelta(seconds=2)
    poll.renew("me")
    assert cursor().lease_until > timezone.now() + timedelta(seconds=5)
    Cursor.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert poll.is_free(poll.wanted()[0])
    assert poll.claim(held, "other")
    with pytest.raises(poll.LeaseLost):
        poll.poll(held.pk, "me")


def test_who_stops_lets_others_go_on_at_once(held: Gateway):
    poll.release("other")
    assert cursor().holder == "me"
    poll.release("me", held.pk + 1)
    assert cursor().holder == "me"
    poll.release("me")
    assert poll.claim(held, "other")


def test_who_begins_asks_once_and_leaves_the_rest_to_the_poller(gateway, script):
    script.answers = [Polled((request("a"),), {"after": 1})]
    poll.begin(gateway)
    assert (cursor().position, Receipt.objects.count()) == ({"after": 1}, 1)
    assert poll.claim(gateway, "the poller")
    poll.begin(gateway)
    assert script.asked == [({}, 0.0)]


def test_who_need_not_be_asked_is_not_begun_with(gateway, script):
    script.wanted = False
    poll.begin(gateway)
    assert (script.asked, Cursor.objects.count()) == ([], 0)


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_what_is_new_becomes_receipts_and_moves_the_cursor(
    held, script, rings: Rings, django_capture_on_commit_callbacks
):
    script.answers = [Polled((request("a"), request("b")), {"offset": 3}), Polled((), {"offset": 3})]
    with django_capture_on_commit_callbacks(execute=True):
        assert poll.poll(held.pk, "me", wait=0) == 0.0
    assert [(each.headers, each.query, bytes(each.body), each.status) for each in Receipt.objects.order_by("id")] == [
        ({"x-event": "a"}, {"page": "1"}, b"[]", "pending"),
        ({"x-event": "b"}, {"page": "1"}, b"[]", "pending"),
    ]
    assert rings.heard == [("ingest", held.pk, 0.0)]
    assert Exchange.objects.count() == 1
    poll.poll(held.pk, "me", wait=0)
    assert script.asked == [({}, 0), ({"offset": 3}, 0)]
    assert cursor().polled_at > timezone.now() - timedelta(seconds=5)


def test_nothing_new_leaves_no_trace_but_the_time(held, script, rings):
    script.answers = [Polled((), {"offset": 1})]
    assert poll.poll(held.pk, "me", wait=100) == poll.QUIET_PAUSE  # it didn't wait, so we do
    assert (Receipt.objects.count(), Exchange.objects.count(), rings.heard) == (0, 0, [])
    assert cursor().position == {"offset": 1}


@pytest.mark.parametrize("requests", [(), (request("a"),)], ids=["nothing new", "something new"])
def test_a_platform_that_wants_a_pause_gets_it(held, script, requests):
    script.answers = [Polled(requests, {"at": 1}, pause=60.0), Polled(requests, {"at": 2}, pause=0.0)]
    assert poll.poll(held.pk, "me", wait=100) == 60.0
    assert poll.poll(held.pk, "me", wait=100) == 0.0


def test_what_was_found_under_a_lost_lease_is_not_kept(held, script):
    class Overtaken(Script):
        def poll(self, adapter, cursor, wait):
            Cursor.objects.update(holder="other")
            return Polled((request("a"),), {"offset": 1})

    script.poll = Overtaken().poll
    with pytest.raises(poll.LeaseLost), transaction.atomic():
        poll.poll(held.pk, "me")
    assert (Receipt.objects.count(), cursor().position) == (0, {})


def test_receipts_that_cannot_be_written_leave_the_cursor_where_it_was(held, script, monkeypatch):
    script.answers = [Polled((request("a"),), {"offset": 1})]
    monkeypatch.setattr(Receipt.objects, "bulk_create", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        poll.poll(held.pk, "me")
    assert cursor().position == {}


# --- What goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "pause", "status", "says"),
    [
        (DeliveryError(Failure.THROTTLED, "Later.", retry_after=7), (7, 7), "ok", "Later."),
        (DeliveryError(Failure.THROTTLED, "Later."), (30, 30), "ok", "Later."),
        (DeliveryError(Failure.CREDENTIALS, "The token is wrong."), (60, 60), "error", "The token is wrong."),
        (NotSent("No connection."), (1, 2), "ok", "No connection."),
        (Interrupted("Silence."), (1, 2), "ok", "Silence."),
        (KeyError("x"), (1, 2), "ok", "Our code for this platform failed (KeyError); the log says where."),
    ],
    ids=["throttled", "throttled without a time", "credentials", "not sent", "silence", "our code"],
)
def test_each_failure_is_written_down_and_waited_for(held, script, error, pause, status, says):
    script.answers = [error]
    shortest, longest = pause
    assert shortest <= poll.poll(held.pk, "me") <= longest
    held.refresh_from_db()
    assert held.status == status
    assert cursor().error.endswith(says) and cursor().failing_since is not None
    assert held.status_detail == (cursor().error if status == "error" else "")
    assert Exchange.objects.count() == 1


def test_who_is_not_to_be_asked_any_more_is_let_go(held, script):
    script.wanted = False
    with pytest.raises(poll.LeaseLost):
        poll.poll(held.pk, "me")
    assert (script.asked, cursor().holder) == ([], "")


def test_a_configuration_that_has_become_unusable_is_not_asked_with(held, script):
    Gateway.objects.update(config={"region": "mars"})
    with pytest.raises(poll.LeaseLost):
        poll.poll(held.pk, "me")
    assert script.asked == []


@pytest.mark.parametrize(("seconds", "longest"), [(0, 2), (10, 10.5), (4000, 60)])
def test_it_waits_as_long_as_it_has_been_failing(held, script, seconds, longest):
    Cursor.objects.update(failing_since=timezone.now() - timedelta(seconds=seconds))
    script.answers = [NotSent("No connection.")]
    assert min(longest / 2, 30) - 0.5 <= poll.poll(held.pk, "me") <= longest


@pytest.mark.parametrize(("detail", "after"), [("The token is wrong.", "ok"), ("Something else.", "error")])
def test_a_success_ends_its_own_error_and_no_other(held, script, detail, after):
    script.answers = [DeliveryError(Failure.CREDENTIALS, "The token is wrong."), Polled((), {})]
    poll.poll(held.pk, "me")
    Gateway.objects.update(status_detail=detail)
    poll.poll(held.pk, "me")
    held.refresh_from_db()
    assert (held.status, cursor().error, cursor().failing_since) == (after, "", None)
