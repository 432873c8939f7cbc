"""Many that wait, few that work: jobs are claimed and settled in batches by one thread, and waited for by many.

An engine's call and a request to a platform are waiting, not computing. Each has a thread, which touches no database
meanwhile; the foreman alone claims rows, and settles all that has come back since it last looked in one transaction.
So hundreds may wait at once on a connection or two, and the fuller it gets, the less each one costs.
"""

import queue
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import structlog

from gateways.idle import let_go
from gateways.writing import DATABASE_IS_AWAY

log = structlog.get_logger(__name__)

BATCH = 50  # jobs claimed, or settled, in one transaction
SHARE = 25  # of them for one gateway before the next one's turn
LONGEST_PACE = 0.08  # seconds from one round to the next, in which batches come together
PACE = 0.008  # of them, for each job of the last round
QUICK_PACE = 0.001  # seconds, as long as there is so little that nobody should be kept waiting
FEW = 2  # jobs in a round
PAUSE_AFTER_FAILURE = 0.5  # seconds

Job = TypeVar("Job")
Result = TypeVar("Result")


def pace(done: int) -> float:
    """Seconds to let the next batch come together, after a round with so many jobs. After a full share, it has."""
    if done >= SHARE:
        return 0.0
    return min(LONGEST_PACE, done * PACE) if done > FEW else QUICK_PACE


def one_by_one(
    things: Iterable[Result], act: Callable[[Result], object], event: str, about: Callable[[Result], dict[str, object]]
) -> None:
    """Act on each by itself. One for which that doesn't work is logged as `event`, with what it is `about`.

    Where the database is away nothing works: that is raised, and all of them wait until it is there again.
    """
    for one in things:
        try:
            act(one)
        except DATABASE_IS_AWAY:
            raise
        except Exception:
            log.exception(event, **about(one))


def fewest_first(results: Sequence[Result], gateway_of: Callable[[Result], int]) -> list[list[Result]]:
    """In one batch; in two where a gateway has more than half of them, so that the others needn't wait for it."""
    counts = Counter(map(gateway_of, results))
    busiest = next((each for each, count in counts.most_common(1) if count * 2 > len(results)), None)
    batches = [[each for each in results if (gateway_of(each) == busiest) is busy] for busy in (False, True)]
    return [batch for batch in batches if batch]


class Crew(Generic[Job, Result]):
    """`claim(gateway id, most)` gives jobs, `work(job)` waits for one, `settle(results)` writes down what came of them.

    Gateways that were rung for take turns, each with a share, so that a flood on one of them doesn't drown the others.
    """

    def __init__(
        self,
        name: str,
        *,
        hands: int,
        claim: Callable[[int, int], list[Job]],
        work: Callable[[Job], Result],
        settle: Callable[[Sequence[Result]], set[int]],
        gateway_of: Callable[[Result], int] = lambda result: 0,
        overflow: Callable[[int], None] = lambda gateway_id: None,
    ) -> None:
        """`gateway_of(result)`: the id of the gateway that it is about, where that is worth telling apart.

        `overflow(gateway id)` tells others of what this process has no hand free for.
        """
        self.name, self.hands = name, hands
        self._overflow = overflow
        self._claim, self._work, self._settle, self._gateway_of = claim, work, settle, gateway_of
        self._news = threading.Condition()
        self._rota: OrderedDict[int, None] = OrderedDict()  # gateways that were rung for
        self._busy: set[int] = set()  # those among them that had a full share the last time: they go last
        self._back: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self._under_way = 0
        self._closing = False
        self._foreman: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    # --- In a worker ---

    def wake(self, gateway_id: int) -> None:
        """Something is due at this gateway. Returns at once."""
        with self._news:
            if self._closing:
                return
            self._rota[gateway_id] = None
            if self._foreman is None:
                self._pool = ThreadPoolExecutor(self.hands, thread_name_prefix=self.name)
                self._foreman = threading.Thread(target=self._run, name=f"{self.name}-foreman", daemon=True)
                self._foreman.start()
            self._news.notify()

    @property
    def free(self) -> int:
        """How many more jobs could begin at once. None where the crew hasn't been woken yet, or is about to end."""
        return 0 if self._foreman is None or self._closing else max(0, self.hands - self._under_way)

    def take(self, jobs: Sequence[Job]) -> None:
        """Do these, too, which somebody has claimed for this crew while it had hands free."""
        self._count(len(jobs))
        self._hand_out(jobs)

    def hear(self, gateway_id: int) -> None:
        """The same for what this very process has rung for: nobody else knows of it yet."""
        self.wake(gateway_id)
        if self._under_way >= self.hands:
            self._overflow(gateway_id)

    def close(self, patience: float) -> None:
        """Claim nothing more, and wait so many seconds for what is under way. What is left, its lease gives back."""
        with self._news:
            self._closing = True
            self._rota.clear()
            self._news.notify()
        until = time.monotonic() + patience
        while self._foreman and self._foreman.is_alive() and self._under_way and time.monotonic() < until:
            time.sleep(0.02)

    def _run(self) -> None:
        while True:
            with self._news:
                if not self._has_news():
                    let_go()
                    self._news.wait_for(self._has_news)
            try:
                done = self._settle_all() + self._claim_some()
                time.sleep(pace(done))
            except DATABASE_IS_AWAY as error:
                log.warning("database_unavailable", crew=self.name, error=type(error).__name__)
                self._rest()
            except Exception:
                log.exception("crew_failed", crew=self.name)
                self._rest()

    def _has_news(self) -> bool:
        return not self._back.empty() or (bool(self._rota) and self._under_way < self.hands)

    def _rest(self) -> None:
        let_go()
        time.sleep(PAUSE_AFTER_FAILURE)

    def _claim_some(self) -> int:
        """One share for each gateway whose turn it is, as long as hands are free. A full share means there is more."""
        count = 0
        with self._news:
            rota = sorted(self._rota, key=self._busy.__contains__)
        for gateway_id in rota:
            most = min(SHARE, self.hands - self._under_way)
            if most <= 0:
                break
            with self._news:
                self._rota.pop(gateway_id, None)
            jobs = self._claim_or_remember(gateway_id, most)
            self._count(len(jobs))
            count += len(jobs)
            self._hand_out(jobs)
            self._busy.discard(gateway_id)
            if len(jobs) == most:
                self._busy.add(gateway_id)
                self.wake(gateway_id)
        return count

    def _claim_or_remember(self, gateway_id: int, most: int) -> list[Job]:
        try:
            return self._claim(gateway_id, most)
        except Exception:
            self.wake(gateway_id)
            raise

    def _count(self, more: int) -> None:
        with self._news:
            self._under_way += more

    def _hand_out(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            assert self._pool is not None  # noqa: S101 - made with the foreman
            self._pool.submit(self._do, job)

    def _do(self, job: Job) -> None:
        result: Result | None = None
        try:
            result = self._work(job)
        except BaseException:  # the job's lease ends, and it is claimed again
            log.exception("job_failed", crew=self.name)
        finally:
            let_go()
            self._back.put(result)
            with self._news:
                self._news.notify()

    def _settle_all(self) -> int:
        """What has come back so far. If the database is away, it waits in the queue until that is there again."""
        back = [self._back.get() for _ in range(min(BATCH, self._back.qsize()))]
        batches = fewest_first([result for result in back if result is not None], self._gateway_of)
        kept = 0
        try:
            while batches:
                for gateway_id in self._settle(batches[0]):
                    self.wake(gateway_id)
                batches.pop(0)
        except DATABASE_IS_AWAY:
            for result in (each for batch in batches for each in batch):
                self._back.put(result)
                kept += 1
            raise
        finally:
            self._count(kept - len(back))
        return len(back)

    # --- Without threads ---

    def drain(self, gateway_id: int, most: int = SHARE) -> int:
        """Do what is due at this gateway here and now, one share. Returns how many jobs."""
        jobs = self._claim(gateway_id, most)
        if jobs:
            self._settle([self._work(job) for job in jobs])
        return len(jobs)
