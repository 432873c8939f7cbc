"""What was read from a gateway's platform to choose from, reading it again, and what became of all that arrived."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, ListCreateAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.errors import ErrorSerializer
from agents.api.fields import StrictModel
from agents.api.lists import Newest, Oldest
from gateways.api.serializers import CheckSerializer
from gateways.api.views import OfGateway
from gateways.models import Destination, InboundEvent, Teammate
from gateways.read_places import read_places
from gateways.reasons import Reason


class GatewayDestinationSerializer(StrictModel[Destination]):
    """Where a conversation can be: an inbox, team, group, queue, tag of the platform, or a waiting list of our own."""

    class Meta:
        model = Destination
        fields = ("id", "kind", "external_id", "name", "refreshed_at", "gone")
        read_only_fields = ("refreshed_at", "gone")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        same = {"kind": attrs.get("kind", Destination.PEOPLE), "external_id": attrs["external_id"]}
        if Destination.objects.filter(gateway=self.context["gateway"], **same).exists():
            raise serializers.ValidationError({"external_id": ["This gateway has that destination already."]})
        return attrs


class TeammateSerializer(serializers.ModelSerializer[Teammate]):
    """A user of the platform. `external_id` is what a gateway's `teammate_id` takes."""

    class Meta:
        model = Teammate
        fields = ("external_id", "name", "email", "avatar", "refreshed_at", "gone")
        read_only_fields = fields


class InboundEventSerializer(serializers.ModelSerializer[InboundEvent]):
    """One thing that a platform told, and what became of it."""

    reason = serializers.ChoiceField(choices=Reason.choices, read_only=True, allow_blank=True)

    class Meta:
        model = InboundEvent
        fields = ("id", "key", "kind", "verdict", "reason", "why", "at", "duplicates", "duplicated_at")
        read_only_fields = fields


class DestinationFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    kind = filters.CharFilter(help_text="Such as inbox, team or tag; `people` for our own waiting lists.")
    gone = filters.BooleanFilter(help_text="Whether the platform has stopped listing it.")
    name = filters.CharFilter(lookup_expr="icontains", help_text="A part of its name.")

    class Meta:
        model = Destination
        fields = ("kind", "gone", "name")


class InboundEventFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    verdict = filters.ChoiceFilter(choices=InboundEvent.Verdict.choices)
    reason = filters.ChoiceFilter(choices=Reason.choices)
    kind = filters.CharFilter(help_text="Such as CustomerSaid.")
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", help_text="At or after this time.")

    class Meta:
        model = InboundEvent
        fields = ("verdict", "reason", "kind", "since")


@extend_schema_view(
    get=extend_schema(operation_id="listDestinations", tags=["Gateways"], summary="List a gateway's destinations"),
    post=extend_schema(
        operation_id="createDestination",
        tags=["Gateways"],
        summary="Type a destination in by hand",
        description="Where the platform can't be read, or for a waiting list of our own (`kind` is `people`).",
        responses={201: GatewayDestinationSerializer, 409: ErrorSerializer},
    ),
)
class Destinations(OfGateway, ListCreateAPIView[Destination]):
    needs = {"GET": "gateways.view_gateway", "POST": "gateways.change_gateway"}
    http_method_names = ["get", "post", "head"]
    queryset = Destination.objects.all()
    serializer_class = GatewayDestinationSerializer
    filterset_class = DestinationFilter
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[Destination]:
        return Destination.objects.filter(gateway=self.gateway())

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        gateway = self.gateway()
        context = {**self.get_serializer_context(), "gateway": gateway}
        serializer = GatewayDestinationSerializer(data=request.data, context=context)
        serializer.is_valid(raise_exception=True)
        serializer.save(gateway=gateway)
        return Response(serializer.data, status=status.HTTP_201_CREATED)


class DestinationsRead(OfGateway):
    """Ask the platform."""

    needs = {"POST": "gateways.change_gateway"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="readDestinations",
        tags=["Gateways"],
        summary="Read destinations and people from the platform",
        description="What is new is added, what has another name renamed, and what isn't listed any more is marked as "
        "`gone` and kept. Where it fails, nothing changes, and the sentence says why.",
        request=None,
        responses=CheckSerializer,
    )
    def post(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        return Response(CheckSerializer(read_places(self.gateway())).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="listTeammates", tags=["Gateways"], summary="List the people on a gateway's platform"
    )
)
class Teammates(OfGateway, ListAPIView[Teammate]):
    needs = {"GET": "gateways.view_gateway"}
    http_method_names = ["get", "head"]
    queryset = Teammate.objects.all()
    serializer_class = TeammateSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[Teammate]:
        return Teammate.objects.filter(gateway=self.gateway())


@extend_schema_view(
    get=extend_schema(
        operation_id="listEvents",
        tags=["Gateways"],
        summary="List what arrived through a gateway",
        description="Each event with its verdict: handled, or the reason it was not.",
    )
)
class Events(OfGateway, ListAPIView[InboundEvent]):
    needs = {"GET": "gateways.view_gateway"}
    http_method_names = ["get", "head"]
    queryset = InboundEvent.objects.all()
    serializer_class = InboundEventSerializer
    filterset_class = InboundEventFilter
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[InboundEvent]:
        return InboundEvent.objects.filter(gateway=self.gateway())
