"""Many that wait, few that work: everything is settled once, gateways take turns, and a database may be away."""

import threading
from collections import OrderedDict, defaultdict

import pytest
from django.db import OperationalError

from aissist_site import crew as crews
from aissist_site.crew import Crew, fewest_first, pace


class Office:
    """Jobs by gateway in place of rows, and what became of them."""

    def __init__(self, **jobs: int) -> None:
        self.due = defaultdict(list, {int(name[1:]): list(range(count)) for name, count in jobs.items()})
        self.claims: list[tuple[int, int]] = []
        self.settled: list[tuple[int, int]] = []
        self.batches: list[int] = []
        self.all_done = threading.Event()
        self.most_at_once = self.at_once = 0
        self.lock = threading.Lock()
        self.failures: list[Exception] = []
        self.pause = threading.Event()

    def claim(self, gateway: int, most: int) -> list[tuple[int, int]]:
        if self.failures:
            raise self.failures.pop()
        taken, self.due[gateway] = self.due[gateway][:most], self.due[gateway][most:]
        self.claims.append((gateway, len(taken)))
        return [(gateway, number) for number in taken]

    def work(self, job: tuple[int, int]) -> tuple[int, int]:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.pause.wait(0.002)
        with self.lock:
            self.at_once -= 1
        if job == (9, 0):
            raise RuntimeError("broken")
        return job

    def settle(self, results: list[tuple[int, int]]) -> set[int]:
        self.batches.append(len(results))
        self.settled += results
        return set()

    def crew(self, hands: int = 8) -> Crew:
        return Crew("test", hands=hands, claim=self.claim, work=self.work, settle=self.settle)

    def wait_for(self, count: int) -> None:
        for _ in range(2000):
            if len(self.settled) >= count:
                return
            self.pause.wait(0.005)
        raise AssertionError(f"{len(self.settled)} of {count} were settled.")


@pytest.fixture(autouse=True)
def short_rests(monkeypatch):
    monkeypatch.setattr(crews, "PAUSE_AFTER_FAILURE", 0.01)


def test_every_job_is_done_once_and_never_more_than_there_are_hands():
    office = Office(g1=200)
    crew = office.crew(hands=8)
    for _ in range(5):
        crew.wake(1)
    office.wait_for(200)
    assert sorted(office.settled) == [(1, number) for number in range(200)]
    assert 2 <= office.most_at_once <= 8


def test_a_flood_at_one_gateway_leaves_the_others_their_turn():
    office = Office(g1=400, g2=5)
    crew = office.crew(hands=8)
    crew.wake(1), crew.wake(2)
    office.wait_for(405)
    assert max(office.settled.index((2, number)) for number in range(5)) < 60


@pytest.mark.parametrize("failure", [OperationalError("gone"), ValueError("a bug")], ids=["database away", "bug"])
def test_a_claim_that_fails_is_made_again(failure):
    office = Office(g1=3)
    office.failures = [failure, failure]
    office.crew().wake(1)
    office.wait_for(3)


def test_results_wait_for_a_database_that_is_away():
    office = Office(g1=30)
    settle, failures = office.settle, [OperationalError("gone")] * 3

    def sometimes(results):
        if failures:
            raise failures.pop()
        return settle(results)

    office.settle = sometimes  # type: ignore[method-assign]
    office.crew().wake(1)
    office.wait_for(30)
    assert sorted(office.settled) == [(1, number) for number in range(30)]


def test_a_job_that_breaks_holds_up_no_other():
    office = Office(g9=20)
    office.crew(hands=2).wake(9)
    office.wait_for(19)
    assert (9, 0) not in office.settled


def test_closing_waits_for_what_is_under_way_and_claims_nothing_more():
    office = Office(g1=4)
    crew = office.crew(hands=4)
    crew.wake(1)
    while len(office.claims) == 0:
        office.pause.wait(0.001)
    crew.close(5)
    assert len(office.settled) == 4


def test_without_threads_one_share_is_done_here_and_now():
    office = Office(g1=30)
    assert [office.crew().drain(1), office.crew().drain(1), office.crew().drain(1)] == [crews.SHARE, 5, 0]
    assert len(office.settled) == 30


def test_what_it_has_no_hand_free_for_is_told_to_others():
    office, told = Office(g1=3), []
    crew = Crew("test", hands=1, claim=office.claim, work=office.work, settle=office.settle, overflow=told.append)
    crew.hear(1)
    assert told == []
    office.wait_for(3)
    crew._under_way = 1
    crew.hear(2)
    assert told == [2]


def test_what_was_claimed_for_it_elsewhere_is_done_and_settled_too():
    office = Office(g1=2)
    crew = office.crew(hands=4)
    assert crew.free == 0  # nobody has woken it yet
    crew.wake(1)
    office.wait_for(2)
    while crew.free < 4:
        office.pause.wait(0.001)
    crew.take([(5, 0), (5, 1)])
    office.wait_for(4)
    assert sorted(office.settled) == [(1, 0), (1, 1), (5, 0), (5, 1)]
    crew.close(5)
    assert crew.free == 0


@pytest.mark.parametrize(
    ("done", "seconds"), [(0, 0.001), (2, 0.001), (3, 0.024), (9, 0.072), (24, 0.08), (25, 0.0), (50, 0.0)]
)
def test_the_more_there_is_to_do_the_longer_batches_come_together(done, seconds):
    assert pace(done) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("results", "batches"),
    [
        ([], []),
        (["a1"], [["a1"]]),
        (["a1", "a2"], [["a1", "a2"]]),
        (["a1", "b1", "a2", "b2"], [["a1", "b1", "a2", "b2"]]),
        (["a1", "b1", "a2", "a3", "c1"], [["b1", "c1"], ["a1", "a2", "a3"]]),
    ],
    ids=["none", "one", "one gateway's", "two gateways' that are even", "one gateway's flood, and others"],
)
def test_what_little_others_have_is_settled_before_a_flood(results, batches):
    assert fewest_first(results, lambda result: ord(result[0])) == batches


def test_a_gateway_that_had_a_full_share_comes_after_those_that_had_less():
    asked = []

    def claim(gateway_id, most):
        asked.append(gateway_id)
        return list(range(most)) if gateway_id == 1 else []

    crew = Crew("test", hands=1000, claim=claim, work=lambda job: job, settle=lambda results: set())
    crew._hand_out = lambda jobs: None
    crew._foreman = threading.current_thread()  # so that none is begun
    crew._rota[1] = None
    crew._claim_some()
    crew._rota = OrderedDict.fromkeys([1, 2, 3])
    crew._claim_some()
    assert asked == [1, 2, 3, 1]
