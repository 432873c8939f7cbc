"""Keep the messages in one conversation as far apart as its platform wants them, whoever says them.

Only where the platform has a pace does this ask the database for anything.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from conversations.models import Delivery
from gateways import doorbell, writing
from gateways.messages import Reply
from gateways.registry import ADAPTERS

OUT = (Delivery.Status.SENT, Delivery.Status.UNKNOWN)


def paced(heads: Sequence[Delivery]) -> list[Delivery]:
    """Those that may go now. Whoever follows too closely on the conversation's last message is put off, not claimed.

    What may have been sent already isn't put off: to find that out sends nothing yet, or is late anyway.
    """
    paces = {head.pk: pace for head in heads if (pace := _pace(head))}
    if not paces:
        return list(heads)
    now = timezone.now()
    last = _last(heads, now - timedelta(seconds=max(paces.values())))
    early = []
    for head in heads:
        sent = last.get(head.conversation_id)
        if head.pk in paces and sent is not None and (due := sent + timedelta(seconds=paces[head.pk])) > now:
            head.due_at = due
            early.append(head)
            doorbell.ring(doorbell.Step.DELIVER, head.gateway_id, after=(due - now).total_seconds() + 0.01)
    writing.update_all(early, ("due_at",))
    return [head for head in heads if head not in early]


def _pace(head: Delivery) -> float:
    if head.kind != Reply.kind or head.status != Delivery.Status.PENDING:
        return 0.0
    return ADAPTERS[head.conversation.gateway.platform].pace(head.conversation.external_id)


def _last(heads: Sequence[Delivery], since: datetime) -> dict[int, datetime]:
    """When a message went out last, by conversation, where that was since then."""
    found = Delivery.objects.filter(
        conversation__in={head.conversation_id for head in heads}, kind=Reply.kind, status__in=OUT, done_at__gt=since
    )
    return dict(found.order_by().values_list("conversation").annotate(Max("done_at")))
