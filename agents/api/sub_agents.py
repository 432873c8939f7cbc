"""Sub agents over the API: read them, change what they say and do. They are made and deleted in admin."""

from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView

from agents import advice
from agents.api.fields import Strict, StrictModel
from agents.api.lists import Oldest
from agents.api.serializers import WarningSerializer
from agents.api.views import OfAgent
from agents.models import SubAgent


class FactSerializer(Strict):
    """One thing to know before the sub agent acts."""

    name = serializers.CharField()
    question = serializers.CharField(help_text="In the operator's words.")
    pattern = serializers.CharField(
        required=False, allow_blank=True, help_text="Regular expression; what it matches is the answer."
    )


class SubAgentSerializer(StrictModel[SubAgent]):
    """One workflow of an agent: when it applies, what it does, and what happens after."""

    examples = serializers.ListField(child=serializers.CharField(), required=False)
    facts = FactSerializer(many=True, required=False)
    warnings = serializers.SerializerMethodField(help_text="What is doubtful about its texts. It works all the same.")

    class Meta:
        model = SubAgent
        fields = (
            "id",
            "name",
            "slug",
            "kind",
            "trigger",
            "scenario",
            "examples",
            "instructions",
            "acknowledgement",
            "facts",
            "after",
            "summary_template",
            "tag",
            "priority",
            "expires_at",
            "is_active",
            "warnings",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("slug",)

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, sub_agent: SubAgent) -> list[dict[str, str]]:
        return [asdict(warning) for warning in advice.of_sub_agent(sub_agent)]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By the same rules as in admin."""
        known = {field.name: getattr(self.instance, field.name) for field in SubAgent._meta.concrete_fields}
        try:
            SubAgent(**{**known, **attrs}).clean()
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from None
        return attrs


@extend_schema_view(
    get=extend_schema(operation_id="listSubAgents", tags=["Agents"], summary="List an agent's sub agents")
)
class SubAgents(OfAgent, ListAPIView[SubAgent]):
    needs = {"GET": "agents.view_subagent"}
    http_method_names = ["get", "head"]
    queryset = SubAgent.objects.all()
    serializer_class = SubAgentSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[SubAgent]:
        return SubAgent.objects.filter(agent=self.agent())


@extend_schema_view(
    get=extend_schema(operation_id="getSubAgent", tags=["Agents"], summary="Read a sub agent"),
    patch=extend_schema(
        operation_id="updateSubAgent",
        tags=["Agents"],
        summary="Change a sub agent",
        description="Send only what changes. Its slug stays: rules and conversations refer to it.",
        examples=[
            OpenApiExample("Until the sale is over", {"expires_at": "2026-12-24T12:00:00Z"}, request_only=True),
            OpenApiExample(
                "What to ask first",
                {"facts": [{"name": "order number", "question": "Which order is it?", "pattern": "BT-[0-9]{5}"}]},
                request_only=True,
            ),
        ],
    ),
)
class SubAgentDetail(OfAgent, RetrieveUpdateAPIView[SubAgent]):
    needs = {"GET": "agents.view_subagent", "PATCH": "agents.change_subagent"}
    http_method_names = ["get", "patch", "head"]
    queryset = SubAgent.objects.all()
    serializer_class = SubAgentSerializer

    def get_object(self) -> SubAgent:
        found = SubAgent.objects.filter(agent=self.agent(), pk=self.kwargs["sub_agent_id"]).first()
        if found is None:
            raise NotFound("This agent has no such sub agent.")
        return found
