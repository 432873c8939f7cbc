"""Keep a redacted record of each request that leaves for a platform."""

from collections.abc import Callable

from agents.http import Trace
from gateways.models import Exchange


def recorder(gateway_id: int) -> Callable[[Trace], None]:
    """A function that writes one Exchange of this gateway."""

    def record(trace: Trace) -> None:
        Exchange.objects.create(
            gateway_id=gateway_id,
            method=trace.method,
            url=trace.url[:500],
            status=trace.status,
            milliseconds=trace.milliseconds,
            error=trace.error[:500],
        )

    return record
