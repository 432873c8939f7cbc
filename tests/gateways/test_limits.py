"""The token bucket: no more leaves than the platform takes, and what waits is woken when it may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateways import limits
from gateways.limits import refilled
from gateways.models import Bucket, Gateway
from tests.conftest import Rings, Walk


@pytest.mark.parametrize(
    ("tokens", "seconds", "rate", "then"),
    [(0, 0.5, 10, 5), (5, 60, 10, 10), (0, 1, 0.25, 0.25), (0.9, 60, 0.25, 1), (3, -5, 10, 3)],
    ids=["fills", "up to a second's worth", "slowly", "up to one at least", "a clock that was set back"],
)
def test_a_bucket(tokens, seconds, rate, then):
    assert refilled(tokens, seconds, rate) == pytest.approx(then)


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
        from dataclasses import replace

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
