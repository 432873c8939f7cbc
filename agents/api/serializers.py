from rest_framework import serializers

from agents.api.fields import StrictModel
from agents.engines.registry import ENGINES
from agents.models import Agent


class AgentSerializer(StrictModel[Agent]):
    """An agent: its wording, and the engine that decides."""

    engine = serializers.ChoiceField(choices=sorted(ENGINES), help_text="The code that decides what to answer.")

    class Meta:
        model = Agent
        fields = (
            "id",
            "name",
            "display_name",
            "instructions",
            "greeting",
            "engine",
            "engine_delay",
            "conversation_tokens",
            "is_active",
            "created_at",
            "updated_at",
        )
        extra_kwargs = {
            "name": {"help_text": "The name that operators know it by."},
            "engine_delay": {"max_value": 600},
        }
