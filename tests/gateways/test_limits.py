"""The token bucket: no more leaves than the platform takes, and what waits is woken when it may."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aissist_site import pipeline
from conversations import deliver
from conversations.models import Delivery
from gateways import limits, poll
from gateways.base import Polled
from gateways.errors import DeliveryError, Failure
from gateways.limits import FEW, Budget, Pace, heeded, pace, refilled
from gateways.messages import Allowance, Outgoing
from gateways.models import Bucket, Cursor, Gateway
from tests.aissist_site.test_twice import at_once
from tests.conftest import Rings, Walk


@pytest.mark.parametrize(
    ("tokens", "seconds", "rate", "then"),
    [(0, 0.5, 10, 5), (5, 60, 10, 10), (0, 1, 0.25, 0.25), (0.9, 60, 0.25, 1), (3, -5, 10, 3)],
    ids=["fills", "up to a second's worth", "slowly", "up to one at least", "a clock that was set back"],
)
def test_a_bucket(tokens: float, seconds: float, rate: float, then: float):
    limit = pace(rate)
    assert limit is not None
    assert refilled(tokens, seconds, limit) == pytest.approx(then)


@pytest.mark.parametrize(
    ("rate", "left", "seconds", "then"),
    [
        (None, None, None, None),
        (5, None, None, Pace(5, most=5)),
        (0.25, None, None, Pace(0.25, most=1)),
        (None, 40, 20, Pace(2, most=10, kept_back=5)),
        (None, 8, 10, Pace(0.8, most=2, kept_back=1)),
        (None, 3, 30, Pace(0.1, most=1)),
        (None, 0, 30, Pace(0, most=1)),
        (1, 40, 20, Pace(1, most=1)),
        (50, 40, 20, Pace(2, most=10, kept_back=5)),
    ],
    ids=[
        "nothing is known", "our own limit", "a slow one", "40 left for 20 s", "8 for 10 s", "3 for 30 s", "none",
        "our own limit is slower", "our own limit is faster",
    ],
)  # fmt: skip
def test_how_fast(rate: float | None, left: int | None, seconds: float | None, then: Pace | None):
    told = None if left is None or seconds is None else Allowance(left, seconds)
    assert pace(rate, told) == then


@pytest.mark.parametrize(
    ("known", "told", "then"),
    [
        (None, (7, 10), (7, 10)),
        ((9, 10), (7, 10), (7, 10)),
        ((5, 10), (7, 9), (5, 10)),
        ((5, 10), (7, 11.5), (5, 10)),
        ((5, 2), (150, 30), (5, 2)),
        ((150, 2), (5, 30), (5, 30)),
        ((5, 10), (0, 60), (0, 60)),
    ],
    ids=[
        "nothing was known",
        "of one window less",
        "what is under way isn't counted there yet",
        "a window that slides begins anew only when it was over",
        "of two windows the slower one: the known",
        "of two windows the slower one: the told",
        "nothing is left",
    ],
)
def test_what_holds(known: tuple[int, float] | None, told: tuple[int, float], then: tuple[int, float]):
    assert heeded(Allowance(*known) if known else None, Allowance(*told)) == Allowance(*then)


REPLY, TAG = "reply", "tag"


@pytest.mark.parametrize(
    ("tokens", "left", "rows", "taken", "wait"),
    [
        (10, 40, [REPLY] * 3 + [TAG] * 3, [REPLY] * 3 + [TAG] * 2, 0.5),
        (10, 40, [REPLY] * 9 + [TAG], [REPLY] * 9, 2.5),
        (10, 40, [REPLY] * 12, [REPLY] * 10, 0.5),
        (10, 4, [REPLY] * 6, [REPLY] * 4, 20),
        (10, 4, [TAG] * 6, [TAG] * 4, 20),
        (4, 40, [TAG], [], 1),
        (10, 0, [REPLY], [], 20),
    ],
    ids=[
        "half is kept for replies",
        "which leaves none for tags",
        "no more than the tokens",
        "no more than are left",
        "of the rest, too",
        "tags wait until there is more than what is kept",
        "nothing is left until there are new ones",
    ],
)
def test_words_to_customers_go_first(
    tokens: float,
    left: int,
    rows: list[str],
    taken: list[str],
    wait: float,
    rings: Rings,
    django_capture_on_commit_callbacks: Any,
    db: None,
):
    budget = Budget(1, Pace(2, most=10, kept_back=5), tokens, Allowance(left, 20))
    with django_capture_on_commit_callbacks(execute=True):
        assert list(budget.take(rows, lambda row: row == REPLY)) == taken
    [(_, _, after)] = rings.heard
    assert after == pytest.approx(wait)


@pytest.fixture
def three(walk: Walk) -> Walk:
    """Three answers that may be sent now, to three customers."""
    for thread in ("a", "b", "c"):
        walk.customer("Hello", thread=thread)
    walk.ingest(), walk.turns()
    return walk


@pytest.mark.django_db
class TestSending:
    def test_without_a_limit_touches_no_bucket(self, three: Walk):
        assert three.deliver() == 3
        assert not Bucket.objects.exists()

    def test_takes_as_many_as_there_are_tokens_and_wakes_somebody_for_the_rest(
        self, three: Walk, rings: Rings, django_capture_on_commit_callbacks
    ):
        Gateway.objects.update(rate_limit=2)
        with django_capture_on_commit_callbacks(execute=True):
            assert three.deliver() == 2
        [(_, _, after)] = [ring for ring in rings.heard if ring[0] == "deliver" and ring[2] > 0]
        assert after == pytest.approx(0.5, abs=0.05)
        assert three.deliver() == 0
        Bucket.objects.update(at=timezone.now() - timedelta(seconds=0.5))
        assert three.deliver() == 1

    def test_keeps_to_the_platforms_own_limit_unless_the_operator_says_less(self, three: Walk, monkeypatch):
        monkeypatch.setattr(three.platform, "capabilities", replace(three.platform.capabilities, rate=1.0))
        assert three.deliver() == 1
        Gateway.objects.update(rate_limit=50)
        Bucket.objects.all().delete()
        assert three.deliver() == 2

    def test_counts_what_is_taken_and_nothing_else(self, gateway: Gateway):
        gateway.rate_limit = 5
        with limits.budget(gateway) as budget:
            assert list(budget.take(["one"])) == ["one"]
        assert Bucket.objects.get().tokens == pytest.approx(4)


# --- What the platform tells ------------------------------------------------------------------------------------------


@pytest.fixture
def tells(platform: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From now on, each answer to sending tells the next of these, and the last one for ever."""

    def tells(*told: Allowance | None) -> None:
        send, rest = platform.send, list(told)

        def sending(self: Any, outgoing: Outgoing) -> Any:
            self.allowance = rest.pop(0) if len(rest) > 1 else rest[0]
            return send(self, outgoing)

        monkeypatch.setattr(platform, "send", sending)

    return tells


def later(seconds: float) -> None:
    """So much time goes by for the bucket."""
    bucket = Bucket.objects.get()
    bucket.at -= timedelta(seconds=seconds)
    if bucket.left_until:
        bucket.left_until -= timedelta(seconds=seconds)
    bucket.save()


@pytest.mark.django_db
class TestHeeding:
    def test_what_tells_nothing_or_plenty_costs_no_query(
        self, three: Walk, tells: Callable[..., None], django_assert_num_queries: Any
    ):
        tells(None, Allowance(FEW + 1, 60))
        gateway = Gateway.objects.select_related("bucket").get()
        with django_assert_num_queries(0):
            limits.heed(gateway, [None, Allowance(FEW + 1, 60), Allowance(5, 0)])
        assert three.deliver() == 3
        assert not Bucket.objects.exists()

    def test_few_are_spread_and_all_is_well_when_there_are_new_ones(self, three: Walk, tells: Callable[..., None]):
        tells(Allowance(4, 40))
        assert three.deliver(most=1) == 1
        assert Bucket.objects.get().left == 4
        assert (three.deliver(), three.deliver()) == (1, 0)
        later(10)
        assert (three.deliver(), three.deliver()) == (1, 0)
        assert Bucket.objects.get().left == 2
        three.customer("And?", thread="a"), three.customer("And?", thread="b"), three.ingest(), three.turns()
        later(40)
        assert three.deliver() == 2

    def test_a_refusal_tells_as_well(self, three: Walk, monkeypatch: pytest.MonkeyPatch):
        def refuse(self: Any, outgoing: Outgoing) -> Any:
            self.allowance = Allowance(0, 25)
            raise DeliveryError(Failure.UNREACHABLE, "The platform isn't working.")

        monkeypatch.setattr(three.platform, "send", refuse)
        assert (three.deliver(most=1), three.deliver()) == (1, 0)
        assert Bucket.objects.get().left == 0

    def test_asking_what_is_new_tells_as_well(self, gateway: Gateway, platform: Any, monkeypatch: pytest.MonkeyPatch):
        def ask(self: Any, cursor: Any, wait: float) -> Polled:
            self.allowance = Allowance(9, 30)
            return Polled((), cursor)

        monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, polls=True))
        monkeypatch.setattr(platform, "poll", ask)
        poll.claim(gateway, "me")
        poll.poll(gateway.pk, "me", wait=0)
        assert Bucket.objects.get().left == 9
        assert Cursor.objects.get().error == ""

    def test_a_tag_that_a_reply_waits_behind_goes_like_a_reply(self, three: Walk, tells: Callable[..., None]):
        tells(None)
        three.deliver()
        Bucket.objects.create(
            gateway=three.gateway,
            tokens=4,
            at=timezone.now(),
            left=40,
            left_until=timezone.now() + timedelta(minutes=9),
        )
        threads = {each.external_id: each for each in three.gateway.conversations.all()}
        due = {"gateway": three.gateway, "due_at": timezone.now(), "payload": {"add": ["x"], "remove": []}}
        waits = Delivery.objects.create(conversation=threads["a"], kind="tag", priority=1, **due)
        ahead = Delivery.objects.create(conversation=threads["b"], kind="tag", priority=1, **due)
        Delivery.objects.create(conversation=threads["b"], kind="tag", priority=0, **due)
        assert [job.pk for job in deliver.claim(three.gateway.pk, 25)] == [ahead.pk]
        waits.refresh_from_db()
        assert waits.status == "pending"


@pytest.mark.django_db(transaction=True)
def test_workers_who_share_an_account_take_no_more_than_the_platform_does(walk: Walk):
    for number in range(12):
        walk.customer("Hello", thread=f"t{number}")
    walk.ingest(), walk.turns()
    Bucket.objects.create(
        gateway=walk.gateway, tokens=99, at=timezone.now(), left=8, left_until=timezone.now() + timedelta(minutes=9)
    )
    told = [Allowance(7, 540), Allowance(5, 540)]
    gateway = Gateway.objects.get()
    at_once(
        [
            lambda: pipeline.DELIVERIES.drain(walk.gateway.pk),
            lambda: limits.heed(gateway, told),
            lambda: pipeline.DELIVERIES.drain(walk.gateway.pk),
            lambda: pipeline.DELIVERIES.drain(walk.gateway.pk),
        ]
    )
    assert 1 <= len(walk.platform.outbox) <= 2  # a quarter of what is left at once, however many try
    bucket = Bucket.objects.get()
    assert bucket.left is not None and bucket.left <= 8 - len(walk.platform.outbox)
