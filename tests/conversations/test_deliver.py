"""One sender: what each way of failing leads to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import deliver, outbox
from conversations.lock import locked
from conversations.models import Attempt, Delivery
from gateways.base import Capabilities
from gateways.errors import DeliveryError, Failure
from gateways.messages import Sent
from gateways.models import Gateway
from handover import desk
from tests.conftest import Walk

pytestmark = pytest.mark.django_db


def fail(failure: Failure, **fields) -> DeliveryError:
    return DeliveryError(failure, "The platform said so.", **fields)


@pytest.fixture
def waiting(walk: Walk) -> Delivery:
    """A reply that is due and hasn't been tried."""
    walk.customer("Hello")
    walk.ingest(), walk.turns()
    return Delivery.objects.get()


def put_off(**seconds: float) -> None:
    """However slow this machine is, it is not due by itself before the test says so."""
    Delivery.objects.filter(status="pending").update(due_at=timezone.now() + timedelta(**seconds))


@pytest.mark.parametrize(
    ("error", "status", "attempts_used", "at_least", "at_most", "gateway_status"),
    [
        (fail(Failure.THROTTLED, retry_after=7), "pending", 0, 7, 7, "rate_limited"),
        (fail(Failure.THROTTLED), "pending", 0, 30, 30, "rate_limited"),
        (fail(Failure.UNREACHABLE), "pending", 1, 0.1, 1, "ok"),
        (fail(Failure.CREDENTIALS), "pending", 0, 60, 60, "error"),
        (fail(Failure.REJECTED), "failed", 0, None, None, "ok"),
        (fail(Failure.UNKNOWN), "unknown", 0, None, None, "ok"),
    ],
    ids=["throttled for 7 s", "throttled", "unreachable", "credentials", "rejected", "unknown"],
)
def test_failures(walk, waiting, error, status, attempts_used, at_least, at_most, gateway_status):
    walk.platform.script.append(error)
    began = timezone.now()
    walk.deliver(1)
    ended = timezone.now()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts_used, waiting.error) == (status, attempts_used, "The platform said so.")
    if at_least is not None:
        assert began + timedelta(seconds=at_least) <= waiting.due_at <= ended + timedelta(seconds=at_most)
    walk.gateway.refresh_from_db()
    assert walk.gateway.status == gateway_status
    assert Attempt.objects.get().outcome == error.failure


@pytest.mark.parametrize(("retry_after", "at_most"), [(7, 14), (0.2, 1.2)])
def test_what_is_throttled_again_waits_longer(walk, waiting, monkeypatch, retry_after, at_most):
    """Else what takes two requests never gets the second through where only one at a time comes free."""
    monkeypatch.setattr(deliver.random, "uniform", lambda least, most: most)
    walk.platform.script += [fail(Failure.THROTTLED, retry_after=retry_after)] * 2
    walk.deliver(1)
    Gateway.objects.update(throttled_until=None)
    put_off(seconds=-1)
    began = timezone.now()
    walk.deliver(1)
    waiting.refresh_from_db()
    assert timedelta(seconds=at_most) <= waiting.due_at - began <= timedelta(seconds=at_most + 5)
    assert waiting.attempts_used == 0


def test_a_success_clears_the_gateway(walk, waiting):
    Gateway.objects.update(status="rate_limited", status_detail="Slow down.")
    walk.run()
    walk.gateway.refresh_from_db()
    assert (walk.gateway.status, walk.gateway.status_detail) == ("ok", "")


def test_a_throttled_gateway_sends_nothing_in_any_conversation(walk, waiting):
    Gateway.objects.update(throttled_until=timezone.now() + timedelta(seconds=9))
    walk.customer("Hi", thread="t2")
    walk.run()
    assert walk.platform.outbox == []


def test_the_last_attempt_fails_it_and_asks_a_person(walk, waiting):
    Delivery.objects.update(attempts_used=deliver.MOST_ATTEMPTS - 1)
    walk.platform.script.append(fail(Failure.UNREACHABLE))
    walk.run()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error) == ("failed", "Tried 8 times. The last time: The platform said so.")
    assert walk.conversation().owner == "human"


def test_a_reply_that_failed_at_part_2_resumes_at_part_2(walk, engine):
    from tests.fakes import said

    engine.script.append(said("one " * 30 + "\n\n" + "two " * 30 + "\n\n" + "three " * 25))
    walk.platform.script.extend([None, fail(Failure.UNREACHABLE)])
    walk.customer("Tell me")
    walk.ingest(), walk.turns()
    walk.deliver(1), walk.deliver(1)
    assert [text.split()[0] for text in walk.told()] == ["one"]
    Delivery.objects.filter(status="pending").update(due_at=timezone.now())
    walk.run()
    assert [text.split()[0] for text in walk.told()] == ["one", "two", "three"]


def test_a_part_that_is_rejected_takes_the_following_ones_with_it(walk, engine):
    from tests.fakes import said

    engine.script.append(said("one " * 30 + "\n\n" + "two " * 30 + "\n\n" + "three " * 25))
    walk.platform.script.extend([None, fail(Failure.REJECTED)])
    walk.answer("Tell me")
    reply = walk.conversation().messages.get(kind="message", author="agent")
    assert list(reply.deliveries.values_list("status", flat=True)) == ["sent", "failed", "cancelled"]
    assert reply.status == "failed"


def test_what_comes_later_waits_for_what_came_first(walk, waiting):
    walk.platform.script.append(fail(Failure.UNREACHABLE))
    walk.deliver(1)
    put_off(hours=1)
    walk.customer("And another thing")
    walk.run()
    assert walk.told() == []
    Delivery.objects.update(due_at=timezone.now())
    walk.run()
    assert walk.told() == ["re: Hello", "re: And another thing"]


class TestAWorkerThatDiedWhileSending:
    @pytest.fixture(autouse=True)
    def died(self, waiting):
        deliver.claim(waiting.gateway_id, 1)
        Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    def test_leaves_it_unknown_where_nothing_can_be_found_out(self, walk, waiting):
        walk.run()
        waiting.refresh_from_db()
        assert (waiting.status, walk.told()[:1]) == (
            "unknown",
            [walk.conversation().messages.get(kind="handover").text],
        )
        assert walk.conversation().owner == "human"

    def test_leaves_it_to_be_sent_again_where_that_is_harmless(self, walk, waiting):
        walk.platform.capabilities = Capabilities(idempotent=True)
        walk.run()
        assert walk.told() == ["re: Hello"]

    def test_leaves_it_to_be_sent_again_where_the_operator_wants_that(self, walk, waiting):
        Gateway.objects.update(on_unknown="resend")
        walk.run()
        assert walk.told() == ["re: Hello"]

    @pytest.mark.parametrize(("arrived", "told"), [(Sent("m9"), []), (None, ["re: Hello"])], ids=["arrived", "didn't"])
    def test_leaves_it_to_be_read_back_where_it_can_be(self, walk, waiting, monkeypatch, arrived, told):
        walk.platform.capabilities = Capabilities(history=True)
        monkeypatch.setattr(walk.platform, "settle", lambda self, outgoing: arrived)
        walk.run()
        waiting.refresh_from_db()
        assert (waiting.status, walk.told()) == ("sent", told)

    @pytest.mark.parametrize(
        ("capabilities", "arrived", "status"),
        [
            (Capabilities(idempotent=True), None, "unknown"),
            (Capabilities(history=True), Sent("m9"), "sent"),
            (Capabilities(history=True), None, "cancelled"),
            (Capabilities(), None, "unknown"),
        ],
        ids=["would be harmless", "read back: arrived", "read back: didn't", "nothing known"],
    )
    def test_never_has_it_sent_after_a_takeover(self, walk, waiting, monkeypatch, capabilities, arrived, status):
        walk.platform.capabilities = capabilities
        monkeypatch.setattr(walk.platform, "settle", lambda self, outgoing: arrived)
        desk.take_over(waiting.conversation_id, user=None, author="Bo")
        walk.run()
        waiting.refresh_from_db()
        assert (waiting.status, walk.told()) == (status, [])


class TestAnAttemptWithoutAnAnswer:
    """The connection died after the bytes had left."""

    def again(self, walk):
        Delivery.objects.filter(status="pending").update(due_at=timezone.now())
        walk.run()

    def test_is_repeated_where_that_is_harmless(self, walk, waiting):
        walk.platform.capabilities = Capabilities(idempotent=True)
        walk.platform.script.append(fail(Failure.UNKNOWN))
        walk.deliver(1)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.attempts_used) == ("pending", 1)
        self.again(walk)
        assert walk.told() == ["re: Hello"]

    def test_isnt_repeated_after_a_takeover_nor_called_withdrawn(self, walk, waiting):
        walk.platform.capabilities = Capabilities(idempotent=True)
        walk.platform.script.append(fail(Failure.UNKNOWN))
        walk.deliver(1)
        desk.take_over(waiting.conversation_id, user=None, author="Bo")
        self.again(walk)
        waiting.refresh_from_db()
        assert (waiting.status, walk.told()) == ("unknown", [])

    @pytest.mark.parametrize(("arrived", "told"), [(Sent("m9"), []), (None, ["re: Hello"])], ids=["arrived", "didn't"])
    def test_is_read_back_a_moment_later(self, walk, waiting, monkeypatch, arrived, told):
        walk.platform.capabilities = Capabilities(history=True)
        monkeypatch.setattr(walk.platform, "settle", lambda self, outgoing: arrived)
        walk.platform.script.append(fail(Failure.UNKNOWN))
        walk.deliver(1)
        assert walk.told() == []
        self.again(walk)
        waiting.refresh_from_db()
        assert (waiting.status, walk.told()) == ("sent", told)

    def test_is_read_back_where_the_gateway_says_that_it_can_be(self, walk, waiting, monkeypatch):
        """Not before the platform has surely written down what it took."""
        monkeypatch.setattr(walk.platform, "can_settle", lambda self: True)
        monkeypatch.setattr(walk.platform, "settle", lambda self, outgoing: Sent("m9"))
        walk.platform.script.append(DeliveryError(Failure.UNKNOWN, "Cut.", retry_after=120))
        before = timezone.now()
        walk.run()
        waiting.refresh_from_db()
        assert waiting.status == "pending" and (waiting.due_at - before).total_seconds() >= 120
        self.again(walk)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.external_id, walk.told()) == ("sent", "m9", [])

    def test_is_repeated_where_the_gateway_says_that_it_is_harmless(self, walk, waiting, monkeypatch):
        monkeypatch.setattr(walk.platform, "can_repeat", lambda self: True)
        walk.platform.script.append(fail(Failure.UNKNOWN))
        walk.deliver(1)
        self.again(walk)
        waiting.refresh_from_db()
        assert (waiting.status, len(walk.told())) == ("sent", 1)


def test_a_note_that_has_to_be_tried_again_holds_up_nothing(walk, waiting):
    with locked(waiting.conversation_id) as conversation:
        outbox.note(conversation, "Summary", author="Aida")
        outbox.assign(conversation, "500", "Returns", "why", turn=None)
    walk.platform.script += [None, fail(Failure.UNREACHABLE)]
    walk.deliver(1)
    walk.deliver(1)
    Delivery.objects.filter(kind="note").update(due_at=timezone.now() + timedelta(hours=1))
    walk.deliver(1)
    kinds = dict(Delivery.objects.values_list("kind", "status"))
    assert kinds == {"reply": "sent", "note": "pending", "assign": "sent"}


def test_a_live_lease_keeps_other_workers_away(walk, waiting):
    assert deliver.claim(waiting.gateway_id, 1) == [waiting]
    assert deliver.claim(waiting.gateway_id, 1) == []


def test_what_an_earlier_epoch_wanted_to_say_is_withdrawn(walk, waiting):
    type(waiting.conversation).objects.update(epoch=9)
    walk.run()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.message.status, walk.told()) == ("cancelled", "cancelled", [])


def test_a_bug_in_an_adapter_is_an_unknown_outcome(walk, waiting):
    walk.platform.script.append(lambda outgoing: 1 // 0)
    walk.run()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error) == (
        "unknown",
        "Our code for this platform failed (ZeroDivisionError); the log says where.",
    )


def test_what_was_behind_a_failed_part_is_sent_with_it(walk, engine):
    from tests.fakes import said

    engine.script.append(said("one " * 30 + "\n\n" + "two " * 30 + "\n\n" + "three " * 25))
    walk.platform.script.extend([None, fail(Failure.REJECTED)])
    walk.answer("Tell me")
    desk.retry(Delivery.objects.get(status="failed").pk, user=None, author="Bo")
    walk.run()
    assert [text.split()[0] for text in walk.told()[-2:]] == ["two", "three"]
    assert walk.conversation().messages.get(kind="message", author="agent").status == "sent"


def test_a_person_can_send_a_failed_one_again(walk, waiting):
    walk.platform.script.append(fail(Failure.REJECTED))
    walk.run()
    desk.retry(waiting.pk, user=None, author="Bo")
    walk.run()
    waiting.refresh_from_db()
    assert (waiting.status, walk.told()[-1]) == ("sent", "re: Hello")


def test_an_incomplete_configuration_is_an_error_of_the_gateway(walk, waiting):
    Gateway.objects.update(config={"region": "mars"})
    walk.run()
    walk.gateway.refresh_from_db()
    assert walk.gateway.status == "error"
    assert walk.gateway.status_detail == ("The gateway's configuration isn't complete: region: Choose one of: eu, us.")


@pytest.mark.parametrize("used", range(12))
def test_back_off_grows_and_ends(used):
    assert 0 < deliver.backoff(used) <= min(300, 2**used)
