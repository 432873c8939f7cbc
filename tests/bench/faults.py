"""Which requests the loopback platform fails, and how: a hash of seed, webhook-id and attempt decides, so that a run
with the same ids meets the same faults."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    NONE = "none"
    THROTTLED = "throttled"  # 429 with Retry-After
    BROKEN = "broken"  # 500
    UNAVAILABLE = "unavailable"  # 503 without Retry-After
    CUT_BEFORE = "cut_before"  # the connection ends, nothing was accepted
    CUT_AFTER = "cut_after"  # accepted, then the connection ends without an answer: the trap
    SLOW = "slow"  # accepted, answered seconds later

    @property
    def accepts(self) -> bool:
        return self in (Fault.NONE, Fault.CUT_AFTER, Fault.SLOW)


@dataclass(frozen=True, slots=True)
class Faults:
    """What share of requests fails in which way, and how long an answer takes. Times in seconds."""

    seed: int = 0
    rates: Mapping[Fault, float] = field(default_factory=dict)
    latency: tuple[float, float] = (0.02, 0.02)  # uniform between the two
    slow: float = 3.0
    retry_after: int = 1
    throttle: float = 0.0  # the next request starts a ban of that long, in which all get 429

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Faults":
        rates = {Fault(name): float(rate) for name, rate in given.get("rates", {}).items()}
        latency = tuple(given.get("latency", (0.02, 0.02)))
        return cls(**{**given, "rates": rates, "latency": latency})

    def of_request(self, ref: str, attempt: int) -> Fault:
        point = self._point("fault", ref, attempt)
        for fault, rate in self.rates.items():
            if point < rate:
                return fault
            point -= rate
        return Fault.NONE

    def answer_time(self, ref: str, attempt: int) -> float:
        low, high = self.latency
        return low + (high - low) * self._point("latency", ref, attempt)

    def _point(self, *what: object) -> float:
        """A number in [0, 1) that depends on all of `what` and the seed."""
        digest = hashlib.blake2b(repr((self.seed, *what)).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


TEN_PERCENT = {
    Fault.THROTTLED: 0.01,
    Fault.BROKEN: 0.02,
    Fault.UNAVAILABLE: 0.02,
    Fault.CUT_BEFORE: 0.02,
    Fault.CUT_AFTER: 0.02,
    Fault.SLOW: 0.01,
}
