"""A conversation that we began on a platform gets the platform's name for it."""

from conversations import ownership
from conversations.lock import locked
from conversations.models import Conversation

ECHO = "opened by us: "  # before the platform's id, for what came in about it before we knew


def opened(conversation: Conversation, external_id: str) -> None:
    """Note the platform's id.

    Where the platform has told of it before we knew, that has become a conversation of its own; it is put aside, so
    that the agent doesn't answer itself.
    """
    if not external_id or external_id == conversation.external_id:
        return
    ours = Conversation.objects.filter(pk=conversation.pk)
    twin = Conversation.objects.filter(gateway=conversation.gateway_id, external_id=external_id).first()
    if twin is not None:
        with locked(twin.pk) as aside:
            ownership.close(aside, str(conversation.gateway))
        Conversation.objects.filter(pk=twin.pk).update(external_id=f"{ECHO}{external_id}"[:255])
    ours.update(external_id=external_id)
    conversation.external_id = external_id
