from typing import Any

from rest_framework import serializers

from agents.api.fields import Strict
from conversations import copilot, enclose
from conversations.api.serializers import DestinationSerializer
from conversations.models import Draft, Message
from handover import desk
from handover.models import Handover

SAID = [(kind.value, kind.label) for kind in (Message.Kind.MESSAGE, Message.Kind.NOTE)]


class ReplySerializer(Strict):
    """What a person says."""

    author = serializers.CharField(max_length=200, help_text="The name of whoever says it.")
    content = serializers.CharField(max_length=desk.LONGEST, help_text="Markdown.")
    kind = serializers.ChoiceField(
        choices=SAID,
        default=Message.Kind.MESSAGE.value,
        help_text="A message goes to the customer and makes the conversation people's. A note stays inside.",
    )


class ReplyFormSerializer(ReplySerializer):
    """What a person says or sends."""

    content = serializers.CharField(
        max_length=desk.LONGEST,
        default="",
        allow_blank=True,
        help_text="Markdown. Needn't be there with files.",
    )
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, max_length=200),
        default=list,
        help_text=f"For the customer; {enclose.MOST_FILES} at most, of {enclose.MOST_TOTAL // 1_000_000} MB together. "
        "How large each may be depends on the platform.",
    )


class ActSerializer(Strict):
    """Who does it."""

    author = serializers.CharField(
        max_length=200, required=False, help_text="The name for the audit trail. Left out: the key's, or your own."
    )


class DraftRequestSerializer(ActSerializer):
    """Who asks for a draft, and what it should be like."""

    instruction = serializers.CharField(
        max_length=copilot.LONGEST,
        required=False,
        allow_blank=True,
        help_text="What you want of it, in plain words. The offline engine doesn't follow it.",
    )


class SendDraftSerializer(Strict):
    """Which draft, who sends it, and what they changed."""

    draft = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The id of the draft that you saw.")
    author = serializers.CharField(max_length=200, help_text="The name of whoever sends it. The customer sees it.")
    content = serializers.CharField(
        max_length=desk.LONGEST,
        required=False,
        help_text="Markdown, instead of the draft's words. Left out: as it is.",
    )


class DiscardDraftSerializer(ActSerializer):
    """Which draft, and who discards it."""

    draft = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The id of the draft that you saw.")


class DraftSerializer(serializers.ModelSerializer[Draft]):
    """A reply that the agent left for people, and what they made of it."""

    content = serializers.CharField(source="message.text", help_text="Markdown.")
    asked_by = serializers.CharField(source="turn.asked_by", default="", help_text="Who asked for it, if anybody did.")

    class Meta:
        model = Draft
        fields = ("id", "conversation", "content", "sub_agent", "asked_by", "state", "by", "created_at", "done_at")
        read_only_fields = fields
        extra_kwargs = {"by": {"help_text": "Who dealt with it."}}


class RequestedSerializer(serializers.Serializer[Any]):
    """The draft is on its way: it will be the conversation's newest."""

    turn = serializers.IntegerField(help_text="Our number for the agent's attempt at it.")


class SubAgentModeSerializer(Strict):
    """Whether a sub agent answers by itself on a gateway in Auto-Draft, and the evidence for letting it."""

    id = serializers.IntegerField(read_only=True, help_text="Of the sub agent.")
    sub_agent = serializers.SlugField(read_only=True, help_text="Its slug.")
    answers_by_itself = serializers.BooleanField(help_text="While the gateway is in Auto-Draft; else people send it.")
    drafts = serializers.DictField(
        child=serializers.IntegerField(), read_only=True, help_text="How many of its drafts are in which state."
    )
    unchanged_percent = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Of those that people dealt with, how many they sent as they were."
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
