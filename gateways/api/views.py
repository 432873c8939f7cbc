"""Gateways: make, read, change, test and delete them."""

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.generics import RetrieveUpdateDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.errors import Conflict, ErrorSerializer
from agents.api.lists import Oldest
from agents.api.views import ListOfAgent, OfAgent
from agents.models import ApiKey
from gateways.api import options
from gateways.api.serializers import (
    AuthorizationSerializer,
    CheckSerializer,
    GatewayCreationSerializer,
    GatewaySerializer,
)
from gateways.authorize import begin, redirect_address
from gateways.check import check
from gateways.connect import connect, disconnect
from gateways.errors import ConfigError, DeliveryError
from gateways.models import Gateway, Secret
from gateways.tokens import can_authorize

CREATION = f"""A gateway is one account on one platform, run by this agent.

Secrets go in and never come out, with one exception: those that were made for you stand in the answer to this
request, once, as `generated_secrets`.

What each platform is configured with:

{options.description()}
"""


class OfGateway(OfAgent):
    """A view below `agents/{agent_id}/gateways/{gateway_id}`."""

    def gateway(self) -> Gateway:
        found = gateways(self.agent().pk).filter(pk=self.kwargs["gateway_id"]).first()
        if found is None:
            raise NotFound("This agent has no such gateway.")
        return found


def gateways(agent_id: int) -> QuerySet[Gateway]:
    """The agent's gateways, with the names of their secrets. The values aren't even read."""
    names = Secret.objects.only("id", "gateway_id", "name", "issued", "updated_at")
    return (
        Gateway.objects.filter(agent=agent_id)
        .select_related("authorization")
        .prefetch_related(Prefetch("secrets", names), "hours", "managing_points")
    )


@extend_schema_view(
    get=extend_schema(operation_id="listGateways", tags=["Gateways"], summary="List an agent's gateways"),
    post=extend_schema(
        operation_id="createGateway",
        tags=["Gateways"],
        summary="Create a gateway",
        description=CREATION,
        request=GatewayCreationSerializer,
        responses={201: GatewayCreationSerializer, 409: ErrorSerializer},
        examples=[
            OpenApiExample("A web chat", {"platform": "webchat", "name": "Chat on the website"}, request_only=True)
        ],
    ),
)
class Gateways(ListOfAgent):
    needs = {"GET": "gateways.view_gateway", "POST": "gateways.add_gateway"}
    http_method_names = ["get", "post", "head"]
    queryset = Gateway.objects.all()
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[Gateway]:
        return gateways(self.agent().pk)

    def get_serializer_class(self) -> type[GatewaySerializer]:
        return GatewayCreationSerializer if self.request.method == "POST" else GatewaySerializer


@extend_schema_view(
    get=extend_schema(operation_id="getGateway", tags=["Gateways"], summary="Read a gateway"),
    patch=extend_schema(
        operation_id="updateGateway",
        tags=["Gateways"],
        summary="Change a gateway",
        description="Send only what changes. `config` is replaced as a whole; of `secrets`, those you name.",
        responses={200: GatewaySerializer, 409: ErrorSerializer},
        examples=[
            OpenApiExample("People answer from now on", {"mode": "off"}, request_only=True),
            OpenApiExample("A new secret", {"secrets": {"signing_secret": "whsec_…"}}, request_only=True),
        ],
    ),
    delete=extend_schema(
        operation_id="deleteGateway",
        tags=["Gateways"],
        summary="Delete a gateway",
        description="Only one that has no conversations yet. Otherwise switch it off: set its `mode` to `off`.",
        responses={204: None, 409: ErrorSerializer},
    ),
)
class GatewayDetail(OfGateway, RetrieveUpdateDestroyAPIView[Gateway]):
    needs = {
        "GET": "gateways.view_gateway",
        "PATCH": "gateways.change_gateway",
        "DELETE": "gateways.delete_gateway",
    }
    http_method_names = ["get", "patch", "delete", "head"]
    queryset = Gateway.objects.all()
    serializer_class = GatewaySerializer

    def get_object(self) -> Gateway:
        return self.gateway()

    def perform_destroy(self, instance: Gateway) -> None:
        with transaction.atomic():
            # Locked, so that no conversation can begin between the question and the deletion.
            Gateway.objects.select_for_update().get(pk=instance.pk)
            if instance.conversations.exists():
                raise Conflict(
                    "This gateway has conversations, which would be lost with it. "
                    "Switch it off instead: set its mode to “off”."
                )
            instance.delete()


class GatewayCheck(OfGateway):
    """Ask the platform whether the account works."""

    needs = {"POST": "gateways.change_gateway"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="checkGateway",
        tags=["Gateways"],
        summary="Test a gateway's connection",
        description="Asks the platform whether the account works as configured. Changes nothing.",
        request=None,
        responses=CheckSerializer,
    )
    def post(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        return Response(CheckSerializer(check(self.gateway())).data)


class GatewayConnect(OfGateway):
    """Have the platform call us."""

    needs = {"POST": "gateways.change_gateway"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="connectGateway",
        tags=["Gateways"],
        summary="Connect a gateway",
        description="Sets our webhook up on the platform, where that can be done through its API. Twice is once.",
        request=None,
        responses=CheckSerializer,
    )
    def post(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        return Response(CheckSerializer(connect(self.gateway())).data)


class GatewayDisconnect(OfGateway):
    """Have the platform stop calling us."""

    needs = {"POST": "gateways.change_gateway"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="disconnectGateway",
        tags=["Gateways"],
        summary="Disconnect a gateway",
        description="Removes what connecting has set up on the platform. What is gone already is fine.",
        request=None,
        responses=CheckSerializer,
    )
    def post(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        return Response(CheckSerializer(disconnect(self.gateway())).data)


class GatewayAuthorize(OfGateway):
    """Begin to connect by OAuth."""

    needs = {"POST": "gateways.change_gateway"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="authorizeGateway",
        tags=["Gateways"],
        summary="Begin to connect a gateway by OAuth",
        description="Returns the platform's address at which a person lets us in. What the platform sends back counts "
        "once, within ten minutes, and only in the session that asked: so this is for who is signed in, not for keys.",
        request=None,
        responses={200: AuthorizationSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        gateway = self.gateway()
        if not can_authorize(gateway):
            raise Conflict("This platform isn't connected by OAuth: set its options and secrets.")
        if isinstance(request.auth, ApiKey):
            raise Conflict("A person has to do this: sign in to admin, open the gateway and press the button there.")
        try:
            address = begin(gateway, request.session.session_key or "")
        except ConfigError as error:
            raise Conflict(f"The configuration isn't complete. {error}") from error
        except DeliveryError as error:
            raise Conflict(error.public) from error
        told = {"address": address, "redirect_address": redirect_address()}
        return Response(AuthorizationSerializer(told).data, headers={"Cache-Control": "no-store"})
