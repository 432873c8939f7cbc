from rest_framework import serializers

from agents.api.fields import Strict
from conversations.api.serializers import DestinationSerializer
from conversations.models import Message
from handover import desk
from handover.models import Handover


class ReplySerializer(Strict):
    """What a person says."""

    author = serializers.CharField(max_length=200, help_text="The name of whoever says it.")
    content = serializers.CharField(max_length=desk.LONGEST, help_text="Markdown.")
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.label) for kind in (Message.Kind.MESSAGE, Message.Kind.NOTE)],
        default=Message.Kind.MESSAGE.value,
        help_text="A message goes to the customer and makes the conversation people's. A note stays inside.",
    )


class ActSerializer(Strict):
    """Who does it."""

    author = serializers.CharField(
        max_length=200, required=False, help_text="The name for the audit trail. Left out: the key's, or your own."
    )


class HandOverSerializer(ActSerializer):
    """Who hands it over, and to where."""

    destination = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The id of one of the gateway's destinations. Left out: where its rules say.",
    )


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    """A conversation's passing to people."""

    destination = DestinationSerializer(allow_null=True)
    accepted_by = serializers.SerializerMethodField(help_text="The user name of whoever accepted it.")

    class Meta:
        model = Handover
        fields = (
            "id",
            "conversation",
            "destination",
            "state",
            "reason",
            "why",
            "summary",
            "accepted_by",
            "created_at",
            "accepted_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "reason": {"help_text": "One word for statistics."},
            "why": {"help_text": "One sentence for people."},
            "summary": {"help_text": "What the conversation is about, for whoever takes it."},
        }

    def get_accepted_by(self, handover: Handover) -> str | None:
        return handover.accepted_by.get_username() if handover.accepted_by else None
