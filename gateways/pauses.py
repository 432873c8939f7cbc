"""How long to leave a platform alone that couldn't be asked."""

import random
from datetime import datetime

from gateways.errors import DeliveryError, Failure

THROTTLED_PAUSE = 30.0  # seconds, where the platform doesn't say how long


def pause(error: DeliveryError, since: datetime, now: datetime, *, shortest: float, longest: float) -> float:
    """Seconds until the next try: as told, else as long as it has been failing already, within bounds and jittered."""
    if error.failure is Failure.THROTTLED:
        return THROTTLED_PAUSE if error.retry_after is None else error.retry_after
    ceiling = min(max(2 * shortest, (now - since).total_seconds()), longest)
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret
