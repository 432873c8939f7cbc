"""Who takes over on a gateway, over the API: its handover rules in order, and its handover settings."""

from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListCreateAPIView, RetrieveUpdateAPIView, RetrieveUpdateDestroyAPIView

from agents.api.fields import StrictModel
from agents.api.lists import Oldest
from gateways.api.views import OfGateway
from handover.models import HandoverRule, HandoverSettings


class HandoverRuleSerializer(StrictModel[HandoverRule]):
    """Which destination gets what is handed over, where all that the rule asks for is so."""

    class Meta:
        model = HandoverRule
        fields = (
            "id", "position", "sub_agent", "language", "channel", "hours", "tag", "contact_tag", "destination",
            "next_destination", "accept_within", "is_active",
        )  # fmt: skip
        extra_kwargs = {
            "destination": {"help_text": "The id of one of the gateway's destinations."},
            "sub_agent": {"help_text": "The id of one of the agent's sub agents; null for whatever is handed over."},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By the same rules as in admin."""
        rule = copy(self.instance) if isinstance(self.instance, HandoverRule) else HandoverRule()
        for name, value in {"gateway": self.context["gateway"], **attrs}.items():
            setattr(rule, name, value)
        try:
            rule.clean()
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from None
        return {**attrs, **({"language": rule.language} if "language" in attrs else {})}


class HandoverSettingsSerializer(StrictModel[HandoverSettings]):
    """How a gateway hands over."""

    class Meta:
        model = HandoverSettings
        fields = (
            "need_human_tag", "information_tag", "transfer_tag", "operators_language", "notify", "accept_within",
            "give_back_after",
        )  # fmt: skip


class OfRules(OfGateway):
    """A view of a gateway's rules. Its destinations and sub agents are all that they can point at."""

    def get_queryset(self) -> QuerySet[HandoverRule]:
        return HandoverRule.objects.filter(gateway=self.gateway())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "gateway": self.gateway()}  # type: ignore[misc]  # a mixin


@extend_schema_view(
    get=extend_schema(operation_id="listHandoverRules", tags=["Gateways"], summary="List a gateway's handover rules"),
    post=extend_schema(
        operation_id="createHandoverRule",
        tags=["Gateways"],
        summary="Add a handover rule",
        description="The first rule by `position` whose every condition is so decides; what is empty isn't asked for.",
        examples=[
            OpenApiExample(
                "German, in office hours",
                {"destination": 1, "language": "de", "hours": "mon-fri 09:00-17:00"},
                request_only=True,
            )
        ],
    ),
)
class HandoverRules(OfRules, ListCreateAPIView[HandoverRule]):
    needs = {"GET": "handover.view_handoverrule", "POST": "handover.add_handoverrule"}
    http_method_names = ["get", "post", "head"]
    queryset = HandoverRule.objects.all()
    serializer_class = HandoverRuleSerializer
    pagination_class = Oldest

    def perform_create(self, serializer: Any) -> None:
        serializer.save(gateway=self.gateway())


@extend_schema_view(
    get=extend_schema(operation_id="getHandoverRule", tags=["Gateways"], summary="Read a handover rule"),
    patch=extend_schema(operation_id="updateHandoverRule", tags=["Gateways"], summary="Change a handover rule"),
    delete=extend_schema(operation_id="deleteHandoverRule", tags=["Gateways"], summary="Delete a handover rule"),
)
class HandoverRuleDetail(OfRules, RetrieveUpdateDestroyAPIView[HandoverRule]):
    needs = {
        "GET": "handover.view_handoverrule",
        "PATCH": "handover.change_handoverrule",
        "DELETE": "handover.delete_handoverrule",
    }
    http_method_names = ["get", "patch", "delete", "head"]
    queryset = HandoverRule.objects.all()
    serializer_class = HandoverRuleSerializer

    def get_object(self) -> HandoverRule:
        found = self.get_queryset().filter(pk=self.kwargs["rule_id"]).first()
        if found is None:
            raise NotFound("This gateway has no such rule.")
        return found


@extend_schema_view(
    get=extend_schema(operation_id="getHandoverSettings", tags=["Gateways"], summary="Read how a gateway hands over"),
    patch=extend_schema(
        operation_id="updateHandoverSettings", tags=["Gateways"], summary="Change how a gateway hands over"
    ),
)
class HandoverSettingsDetail(OfGateway, RetrieveUpdateAPIView[HandoverSettings]):
    needs = {"GET": "gateways.view_gateway", "PATCH": "gateways.change_gateway"}
    http_method_names = ["get", "patch", "head"]
    queryset = HandoverSettings.objects.all()
    serializer_class = HandoverSettingsSerializer

    def get_object(self) -> HandoverSettings:
        gateway = self.gateway()
        if self.request.method == "PATCH":
            return HandoverSettings.objects.get_or_create(gateway=gateway)[0]
        return HandoverSettings.of(gateway)
