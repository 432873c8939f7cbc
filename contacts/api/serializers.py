from typing import Any

from django.core.exceptions import ValidationError as ModelError
from rest_framework import serializers

from agents.api.fields import Strict, StrictModel
from contacts import remember
from contacts.models import Contact, Memory, clean_language


class KnownContactSerializer(StrictModel[Contact]):
    """A person who writes to the agent, on whichever of its gateways."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, help_text="Names; handover rules may ask for them."
    )

    class Meta:
        model = Contact
        fields = ("id", "name", "email", "phone", "language", "tags", "created_at", "updated_at")
        read_only_fields = ("created_at", "updated_at")
        extra_kwargs = {
            "language": {"help_text": "What they are spoken to in, whatever they write. ISO 639-1; empty: detected."}
        }

    def validate_language(self, code: str) -> str:
        try:
            return clean_language(code)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error


class MemorySerializer(serializers.ModelSerializer[Memory]):
    """One fact that is remembered about a contact."""

    class Meta:
        model = Memory
        fields = ("id", "text", "language", "state", "conversation", "seq", "created_at", "expires_at")
        read_only_fields = fields
        extra_kwargs = {
            "state": {"help_text": "Who wants it remembered; of what was rejected there is no text."},
            "conversation": {
                "help_text": "The id of the conversation that it was told in; null where a person wrote it."
            },
            "seq": {"help_text": "The number of the message that it was told in."},
            "expires_at": {"help_text": "When it is forgotten; null for never."},
        }


class MemoryCreationSerializer(Strict):
    """A fact that a person wants remembered."""

    text = serializers.CharField(max_length=200)

    def validate_text(self, text: str) -> str:
        try:
            return remember.fit(text)
        except remember.Unfit as error:
            raise serializers.ValidationError(str(error)) from error


class MemoryDecisionSerializer(Strict):
    """What a person decides about a fact."""

    state = serializers.ChoiceField(
        choices=[(state.value, state.label) for state in (Memory.State.KEPT, Memory.State.REJECTED)],
        help_text="“kept” is for good; “rejected” deletes the text, and it isn't offered again.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"state": Memory.State(attrs["state"])}
