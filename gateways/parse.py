"""Step 2 of the walk: what does the request say?"""

from gateways.base import InboundRequest
from gateways.messages import Event
from gateways.models import Gateway, Receipt
from gateways.registry import adapter


def parse(gateway: Gateway, receipt: Receipt) -> tuple[Event, ...]:
    """The events in a kept request. Raises Unparsable, or whatever else a broken adapter raises."""
    request = InboundRequest(method="POST", headers=receipt.headers, body=bytes(receipt.body), query=receipt.query)
    return tuple(adapter(gateway).parse(request))
