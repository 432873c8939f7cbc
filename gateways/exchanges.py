"""Keep a redacted record of each request that leaves for a platform."""

from collections.abc import Callable

from agents.http import Trace
from gateways.models import Exchange


def recorder(gateway_id: int) -> Callable[[Trace], None]:
    """A function that writes one Exchange of this gateway."""

    return lambda trace: exchange(gateway_id, trace).save(force_insert=True)


def exchange(gateway_id: int, trace: Trace) -> Exchange:
    """The row for one request, yet to be written."""
    return Exchange(
        gateway_id=gateway_id,
        method=trace.method,
        url=trace.url[:500],
        status=trace.status,
        milliseconds=trace.milliseconds,
        error=trace.error[:500],
    )
