"""Step 1 of the walk: verify a request, keep it exactly as it arrived, and ring."""

from collections.abc import Iterable

from django.db import transaction

from gateways import doorbell, writing
from gateways.base import Adapter, Answer, InboundRequest
from gateways.errors import Malformed
from gateways.models import Gateway, Receipt
from gateways.registry import adapter
from gateways.together import Together

RECEIPTS: Together[Receipt] = Together(writing.insert_all)


def receive(gateway: Gateway, ours: Adapter, request: InboundRequest) -> Receipt | Answer:
    """Keep a verified request. Returns what is to be answered: the receipt, or what the platform wants instead.

    Raises Refused for one that isn't to be kept.
    """
    ours.verify(request)
    if answer := ours.handshake(request):
        return answer
    if request.method != "POST":
        raise Malformed("Send messages with POST.")
    receipt = _keep(gateway, ours, request)
    return ours.acknowledge(request) or receipt


def keep(gateway: Gateway, body: bytes) -> Receipt:
    """Keep what an authenticated API client says in the platform's own format. Raises Refused, ConfigError."""
    request = InboundRequest(method="POST", headers={"content-type": "application/json"}, body=body)
    return _keep(gateway, adapter(gateway), request)


def replay(receipt_ids: Iterable[int]) -> int:
    """Put failed receipts back in the queue. Returns how many; those that didn't fail are left alone."""
    with transaction.atomic():
        failed = Receipt.objects.filter(pk__in=list(receipt_ids), status=Receipt.Status.FAILED)
        gateways = set(failed.values_list("gateway_id", flat=True))
        count = failed.update(status=Receipt.Status.PENDING, error="", done_at=None)
        for gateway_id in gateways:
            doorbell.ring(doorbell.Step.INGEST, gateway_id)
    return count


def _keep(gateway: Gateway, ours: Adapter, request: InboundRequest) -> Receipt:
    ours.admit(request)
    receipt = Receipt(
        gateway=gateway,
        headers={name: request.headers[name] for name in ours.kept_headers if name in request.headers},
        query=dict(request.query),
        body=request.body,
    )
    RECEIPTS.add(receipt)
    doorbell.ring(doorbell.Step.INGEST, gateway.pk)
    return receipt
