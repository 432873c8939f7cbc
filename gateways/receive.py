"""Step 1 of the walk: verify a request, keep it exactly as it arrived, and ring."""

from gateways.base import Answer, InboundRequest
from gateways.models import Gateway, Receipt


def receive(gateway: Gateway, request: InboundRequest) -> Receipt | Answer:
    """Keep a verified request. Raises Refused for one that isn't to be kept."""
    raise NotImplementedError
