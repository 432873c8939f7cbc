"""Send at once what was put off because of credentials that have been replaced since."""

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from conversations.models import Attempt, Delivery
from gateways import doorbell
from gateways.errors import Failure
from gateways.models import Authorization


def resume(gateway_id: int) -> int:
    """Ring for what the platform refused while the gateway had its former tokens. Returns how many deliveries."""
    issued = Authorization.objects.filter(gateway=gateway_id).values_list("issued_at", flat=True).first()
    if issued is None:
        return 0
    now, last = timezone.now(), Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-id")
    put_off = Delivery.objects.filter(gateway=gateway_id, status=Delivery.Status.PENDING, due_at__gt=now)
    told = put_off.annotate(outcome=Subquery(last.values("outcome")[:1]), tried=Subquery(last.values("at")[:1]))
    count = told.filter(outcome=Failure.CREDENTIALS, tried__lt=issued).update(due_at=now)
    if count:
        doorbell.ring(doorbell.Step.DELIVER, gateway_id)
    return count
