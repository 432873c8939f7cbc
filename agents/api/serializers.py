from dataclasses import asdict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents import advice
from agents.api.fields import StrictModel
from agents.engines.registry import ENGINES
from agents.lint import Warning
from agents.models import Agent


class WarningSerializer(serializers.Serializer[Warning]):
    """What is doubtful about a text. Nothing is refused for it."""

    code = serializers.ChoiceField(
        choices=("length", "model", "scenario", "contradiction", "secret", "placeholder", "promise")
    )
    field = serializers.CharField(help_text="The field that it is about.")
    message = serializers.CharField(help_text="A sentence for people, with what to do.")


class AgentSerializer(StrictModel[Agent]):
    """An agent: its wording, and the engine that decides."""

    engine = serializers.ChoiceField(choices=sorted(ENGINES), help_text="The code that decides what to answer.")

    warnings = serializers.SerializerMethodField(help_text="What is doubtful about its texts. It works all the same.")

    class Meta:
        model = Agent
        fields = (
            "id",
            "name",
            "display_name",
            "instructions",
            "character",
            "language",
            "greeting",
            "closing",
            "avatar_url",
            "otherwise",
            "memory_days",
            "engine",
            "engine_delay",
            "conversation_tokens",
            "is_active",
            "warnings",
            "created_at",
            "updated_at",
        )
        extra_kwargs = {
            "name": {"help_text": "The name that operators know it by."},
            "engine_delay": {"max_value": 600},
            "language": {"help_text": "ISO 639-1 code that every reply is in; empty for the customer's own language."},
        }

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, agent: Agent) -> list[dict[str, str]]:
        return [asdict(warning) for warning in advice.of_agent(agent)]
