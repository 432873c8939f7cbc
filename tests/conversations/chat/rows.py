"""Rows as the pipeline writes them, for tests that need no pipeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agents.models import Agent
from contacts.models import Contact, Identity
from conversations.models import Conversation, Delivery, Message, Turn
from gateways.adapters.webchat import mint
from gateways.messages import Purpose, Reply, pack
from gateways.models import Gateway, Secret

KEY = "k" * 32
VISITOR = "v1"
NINE = datetime(2030, 5, 1, 9, 0, tzinfo=UTC)


def chat_gateway(public_id: str = "demo", **config: str) -> Gateway:
    agent, _ = Agent.objects.get_or_create(name="Shop", defaults={"display_name": "Ada"})
    gateway = Gateway.objects.create(
        agent=agent, name=public_id, platform="webchat", public_id=public_id, config=config
    )
    Secret.objects.create(gateway=gateway, name="visitor_key", value=KEY)
    return gateway


def conversation_of(gateway: Gateway, visitor: str = VISITOR, **fields: Any) -> Conversation:
    contact = Contact.objects.create(name=visitor)
    identity = Identity.objects.create(contact=contact, gateway=gateway, external_id=visitor)
    return Conversation.objects.create(gateway=gateway, identity=identity, external_id=visitor, **fields)


def customer_said(
    conversation: Conversation, text: str, *, message_id: str = "", minute: int = 0, **fields: Any
) -> Message:
    conversation.last_seq += 1
    conversation.customer_seq = conversation.last_seq
    conversation.save()
    message = Message.objects.create(
        **{
            "conversation": conversation,
            "seq": conversation.last_seq,
            "author": Message.Author.CUSTOMER,
            "text": text,
            "external_id": message_id or f"m{conversation.last_seq}",
            "status": Message.Status.RECEIVED,
            **fields,
        }
    )
    Message.objects.filter(pk=message.pk).update(created_at=NINE + timedelta(minutes=minute))
    return message


def customer_told(
    conversation: Conversation,
    text: str,
    *,
    purpose: Purpose = Purpose.REPLY,
    author: str = "Ada",
    minute: int = 0,
    **fields: Any,
) -> Delivery:
    at = NINE + timedelta(minutes=minute)
    return Delivery.objects.create(
        **{
            "conversation": conversation,
            "kind": Reply.kind,
            "payload": pack(Reply(text=text, purpose=purpose, author=author)),
            "status": Delivery.Status.SENT,
            "due_at": at,
            "done_at": at,
            **fields,
        }
    )


def live_turn(conversation: Conversation, state: Turn.State = Turn.State.RUNNING) -> Turn:
    return Turn.objects.create(conversation=conversation, epoch=1, state=state, due_at=NINE, answer_by=NINE)


def bearer(visitor: str = VISITOR, key: str = KEY) -> dict[str, str]:
    """The headers of a request that this visitor makes."""
    return {"Authorization": f"Bearer {mint(visitor, key)}"}
