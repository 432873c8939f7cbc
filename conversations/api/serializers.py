from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.api.fields import Strict
from contacts.models import Identity
from conversations.files import Attachment
from conversations.models import Conversation, Message, Offer
from gateways.models import Destination


class ContactSerializer(serializers.ModelSerializer[Identity]):
    """The customer, as the gateway's platform knows them."""

    id = serializers.IntegerField(source="contact.id", help_text="Our id of the person, the same on every gateway.")
    name = serializers.CharField(source="contact.name")
    email = serializers.CharField(source="contact.email")
    phone = serializers.CharField(source="contact.phone")
    external_id = serializers.CharField(help_text="The platform's id of the person.")

    class Meta:
        model = Identity
        fields = ("id", "name", "email", "phone", "external_id")


class DestinationSerializer(serializers.ModelSerializer[Destination]):
    class Meta:
        model = Destination
        fields = ("id", "kind", "external_id", "name")


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """A person that the agent has offered."""

    class Meta:
        model = Offer
        fields = ("state", "reason", "why", "asked_at", "due_at")
        read_only_fields = fields


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A thread with one customer."""

    contact = ContactSerializer(source="identity")
    destination = DestinationSerializer(allow_null=True, help_text="Where it is: an inbox, team or waiting list.")
    owner = serializers.ChoiceField(choices=Conversation.Owner.choices, help_text="Whose move it is.")
    offer = serializers.SerializerMethodField(help_text="The offer that waits for the customer's answer, if any does.")
    assignee = serializers.SerializerMethodField(help_text="The user name of whoever has taken it, if anybody has.")

    class Meta:
        model = Conversation
        fields = (
            "id",
            "gateway",
            "external_id",
            "contact",
            "destination",
            "subject",
            "language",
            "tags",
            "status",
            "owner",
            "assignee",
            "offer",
            "has_draft",
            "epoch",
            "last_seq",
            "last_message_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "language": {"help_text": "ISO 639-1 code of what the customer writes; empty while unknown."},
            "epoch": {"help_text": "Rises with every change of owner."},
            "last_seq": {"help_text": "The number of the last message."},
        }

    @extend_schema_field(OfferSerializer(allow_null=True))
    def get_offer(self, conversation: Conversation) -> dict[str, Any] | None:
        pending = [offer for offer in conversation.offers.all() if offer.state == Offer.State.PENDING]
        return dict(OfferSerializer(pending[0]).data) if pending else None

    def get_assignee(self, conversation: Conversation) -> str | None:
        return conversation.assignee.get_username() if conversation.assignee else None


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file that came with a message."""

    class Meta:
        model = Attachment
        fields = ("id", "name", "content_type", "size", "inline", "state", "why")
        read_only_fields = fields
        extra_kwargs = {
            "state": {"help_text": "Whether it can be downloaded: only what is `kept`."},
        }


class MessageSerializer(serializers.ModelSerializer[Message]):
    """One thing said in a conversation."""

    content = serializers.CharField(source="text", help_text="Markdown, or plain text from customers.")
    attachments = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = Message
        fields = (
            "id",
            "conversation",
            "seq",
            "author",
            "author_name",
            "kind",
            "content",
            "status",
            "external_id",
            "metadata",
            "attachments",
            "created_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "seq": {"help_text": "Its number in the conversation, from 1 and without gaps."},
            "external_id": {"help_text": "The platform's id of it."},
        }


PERSON = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": 255},
        {
            "type": "object",
            "required": ["id"],
            "properties": {name: {"type": "string"} for name in ("id", "name", "email", "phone")},
        },
    ]
}


class CustomerMessageSerializer(Strict):
    """What a customer says, in the words of a webhook, and the gateway it goes through."""

    gateway = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, help_text="The id of one of the agent's gateways."
    )
    id = serializers.CharField(
        max_length=255, help_text="Your id of the message. Sent again with the same id, it is taken once."
    )
    content = serializers.CharField(trim_whitespace=False, max_length=100_000)
    conversation = serializers.CharField(
        max_length=255, required=False, help_text="Your id of the conversation. Left out: the customer's only one."
    )
    to = serializers.CharField(max_length=255, required=False, help_text="The address that it was sent to.")
    subject = serializers.CharField(max_length=1000, required=False)
    metadata = serializers.DictField(required=False, help_text="Kept with the message.")

    def get_fields(self) -> dict[str, Any]:
        sender = extend_schema_field(PERSON)(serializers.JSONField)  # declared here because `from` is a keyword
        return {**super().get_fields(), "from": sender(help_text="The customer: your id of them, or who they are.")}


class AcceptedSerializer(serializers.Serializer[Any]):
    """The message is kept and will be dealt with."""

    receipt = serializers.IntegerField(help_text="Our number for what was kept.")
    id = serializers.CharField(help_text="Your id of the message.")
