"""Before a person takes over: what is leaving this very moment may arrive, and nothing else of the agent's leaves.

Raising the epoch withdraws what is unsent. What a worker is sending right then can't be called back; so the takeover
waits for it, and is committed only when nothing of the agent's can arrive after it any more.
"""

import time
from datetime import timedelta

from django.utils import timezone

from conversations.models import Conversation, Delivery

PATIENCE = timedelta(seconds=6)  # a platform that takes longer is not waited for
LOOK_EVERY = 0.02  # seconds


def quiet(conversation_id: int) -> None:
    """Hold the agent's deliveries back, and wait until none is being sent. Call it outside of a transaction."""
    until = timezone.now() + PATIENCE
    Conversation.objects.filter(pk=conversation_id).update(held_until=until)
    while timezone.now() < until and _being_sent(conversation_id):
        time.sleep(LOOK_EVERY)


def _being_sent(conversation_id: int) -> bool:
    sending = Delivery.objects.filter(conversation=conversation_id, status=Delivery.Status.SENDING)
    return sending.filter(epoch__isnull=False, lease_until__gt=timezone.now()).exists()
