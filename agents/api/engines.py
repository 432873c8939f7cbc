"""An agent's engines: list, add, read, change and remove them. The secret goes in and never comes out."""

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import RetrieveUpdateDestroyAPIView

from agents.api.fields import StrictModel
from agents.api.lists import Oldest
from agents.api.views import ListOfAgent, OfAgent
from agents.engines.registry import ENGINES
from agents.forms import ADDRESSES
from agents.models import EngineSetting

ENGINE = (
    "An engine decides what to answer. An agent's engines are asked in the order of `position`; the next if one fails."
)


class AgentEngineSerializer(StrictModel[EngineSetting]):
    """One engine of an agent, with its options."""

    engine = serializers.ChoiceField(choices=sorted(ENGINES), help_text="The code that decides what to answer.")
    options = serializers.DictField(
        required=False, help_text="The engine's own options. Always the whole set: what is left out has its default."
    )
    secret = serializers.CharField(
        max_length=10_000,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        write_only=True,
        help_text="The key or signing secret. Never shown; empty removes it.",
    )
    has_secret = serializers.SerializerMethodField(help_text="Whether a secret is set.")

    class Meta:
        model = EngineSetting
        fields = ("id", "position", "engine", "options", "secret", "has_secret", "created_at", "updated_at")
        read_only_fields = ("created_at", "updated_at")

    def get_has_secret(self, setting: EngineSetting) -> bool:
        return setting.secret != ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        before = self.instance
        row = EngineSetting(
            engine=attrs.get("engine", before.engine if before else ""),
            options=attrs.get("options", before.options if before else {}),
            secret=attrs.get("secret", before.secret if before else ""),
        )
        if before and "secret" not in attrs and before.secret != "" and _place(before) != _place(row):
            # Whoever may change an address must not get the secret sent there without knowing it.
            raise serializers.ValidationError({"secret": "Send it again: it was kept for another engine or address."})
        try:
            row.clean()
        except ModelError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return attrs


def _place(row: EngineSetting) -> list[Any]:
    return [row.engine, *(row.options.get(name) for name in ADDRESSES)]


@extend_schema_view(
    get=extend_schema(
        operation_id="listEngines", tags=["Engines"], summary="List an agent's engines", description=ENGINE
    ),
    post=extend_schema(
        operation_id="createEngine",
        tags=["Engines"],
        summary="Add an engine to an agent",
        examples=[
            OpenApiExample(
                "A model",
                {"position": 1, "engine": "openai", "options": {"model": "gpt-4.1-mini"}, "secret": "sk-…"},
                request_only=True,
            ),
            OpenApiExample("What is asked when it fails", {"position": 2, "engine": "offline"}, request_only=True),
        ],
    ),
)
class Engines(ListOfAgent):
    needs = {"GET": "agents.view_enginesetting", "POST": "agents.add_enginesetting"}
    http_method_names = ["get", "post", "head"]
    queryset = EngineSetting.objects.all()
    serializer_class = AgentEngineSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[EngineSetting]:
        return EngineSetting.objects.filter(agent=self.agent())


@extend_schema_view(
    get=extend_schema(operation_id="getEngine", tags=["Engines"], summary="Read an engine"),
    patch=extend_schema(
        operation_id="updateEngine",
        tags=["Engines"],
        summary="Change an engine",
        description="Send only what changes. A new engine or address needs the secret again.",
    ),
    delete=extend_schema(operation_id="deleteEngine", tags=["Engines"], summary="Remove an engine from an agent"),
)
class EngineDetail(OfAgent, RetrieveUpdateDestroyAPIView[EngineSetting]):
    needs = {
        "GET": "agents.view_enginesetting",
        "PATCH": "agents.change_enginesetting",
        "DELETE": "agents.delete_enginesetting",
    }
    http_method_names = ["get", "patch", "delete", "head"]
    queryset = EngineSetting.objects.all()
    serializer_class = AgentEngineSerializer

    def get_object(self) -> EngineSetting:
        found = EngineSetting.objects.filter(agent=self.agent(), pk=self.kwargs["engine_id"]).first()
        if found is None:
            raise NotFound("This agent has no such engine.")
        return found
