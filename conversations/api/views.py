"""Conversations and messages: read them, and speak as a customer. What people do with them is in `handover.api`."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils import json
from rest_framework.views import APIView

from agents.api import scope
from agents.api.errors import Conflict, ErrorSerializer, NotSupported
from agents.api.lists import InOrder, Newest
from agents.api.views import OfAgent
from conversations.api.filters import ConversationFilter, MessageInConversationFilter, MessageOfAgentFilter
from conversations.api.serializers import (
    AcceptedSerializer,
    ConversationSerializer,
    CustomerMessageSerializer,
    MessageSerializer,
)
from conversations.models import Conversation, Message, Offer
from gateways import receive
from gateways.errors import ConfigError, Refused
from gateways.models import Gateway
from gateways.registry import ADAPTERS


class OfConversation(APIView):
    """A view below `conversations/{conversation_id}`."""

    def conversation(self) -> Conversation:
        seen = scope.agents(self.request)
        found = conversations().filter(pk=self.kwargs["conversation_id"], gateway__agent__in=seen).first()
        if found is None:
            raise NotFound("There is no such conversation.")
        return found


def conversations() -> QuerySet[Conversation]:
    """Conversations with everything that is shown of them."""
    return Conversation.objects.select_related("identity__contact", "destination", "assignee")


@extend_schema_view(
    get=extend_schema(
        operation_id="listConversations",
        tags=["Conversations"],
        summary="List an agent's conversations",
        description="Those that began last come first.",
    )
)
class Conversations(OfAgent, ListAPIView[Conversation]):
    needs = {"GET": "conversations.view_conversation"}
    http_method_names = ["get", "head"]
    queryset = Conversation.objects.all()
    serializer_class = ConversationSerializer
    pagination_class = Newest
    filterset_class = ConversationFilter

    def get_queryset(self) -> QuerySet[Conversation]:
        offers = Prefetch("offers", Offer.objects.filter(state=Offer.State.PENDING))
        return conversations().filter(gateway__agent=self.agent()).prefetch_related(offers)


@extend_schema_view(
    get=extend_schema(operation_id="getConversation", tags=["Conversations"], summary="Read a conversation")
)
class ConversationDetail(OfConversation, RetrieveAPIView[Conversation]):
    needs = {"GET": "conversations.view_conversation"}
    http_method_names = ["get", "head"]
    queryset = Conversation.objects.all()
    serializer_class = ConversationSerializer

    def get_object(self) -> Conversation:
        return self.conversation()


@extend_schema_view(
    get=extend_schema(
        operation_id="listConversationMessages",
        tags=["Conversations"],
        summary="List a conversation's messages",
        description="In their order. To wait for new ones, ask again with `after_seq`.",
    )
)
class ConversationMessages(OfConversation, ListAPIView[Message]):
    needs = {"GET": "conversations.view_conversation"}
    http_method_names = ["get", "head"]
    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    pagination_class = InOrder
    filterset_class = MessageInConversationFilter

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.filter(conversation=self.conversation()).prefetch_related("attachments")


@extend_schema_view(
    get=extend_schema(
        operation_id="listMessages",
        tags=["Messages"],
        summary="List the messages of all an agent's conversations",
        description="Newest first.",
    ),
    post=extend_schema(
        operation_id="sendCustomerMessage",
        tags=["Messages"],
        summary="Say something as a customer",
        description=(
            "Goes the same way as a message that the platform sends: it is kept, answered with 202, and dealt with "
            "after that. The gateway must be of a platform that takes messages from API clients. The answer of the "
            "agent goes out through the gateway, and appears in the conversation's messages."
        ),
        request=CustomerMessageSerializer,
        responses={202: AcceptedSerializer, 409: ErrorSerializer, 422: ErrorSerializer},
        examples=[
            OpenApiExample(
                "A question",
                {"gateway": 1, "id": "msg-1", "from": {"id": "ada", "name": "Ada"}, "content": "Where is my order?"},
                request_only=True,
            )
        ],
    ),
)
class Messages(OfAgent, ListAPIView[Message]):
    needs = {"GET": "conversations.view_conversation", "POST": "conversations.add_message"}
    http_method_names = ["get", "post", "head"]
    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    pagination_class = Newest
    filterset_class = MessageOfAgentFilter

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.filter(conversation__gateway__agent=self.agent()).prefetch_related("attachments")

    def post(self, request: Request, agent_id: int) -> Response:
        agent = self.agent()
        serializer = CustomerMessageSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        gateway = Gateway.objects.filter(agent=agent, pk=serializer.validated_data["gateway"]).first()
        if gateway is None:
            raise ValidationError({"gateway": "This agent has no such gateway."}, code="does_not_exist")
        receipt = _keep(gateway, {name: value for name, value in serializer.initial_data.items() if name != "gateway"})
        return Response({"receipt": receipt, "id": serializer.validated_data["id"]}, status=status.HTTP_202_ACCEPTED)


def _keep(gateway: Gateway, message: dict[str, Any]) -> int:
    """The id of the receipt, whose body is `message` in the gateway's own format."""
    platform = ADAPTERS[gateway.platform]
    if not platform.capabilities.api_messages:
        raise NotSupported(
            f"Messages of {platform.label} gateways can't be sent through the API. Choose another gateway."
        )
    try:
        return receive.keep(gateway, json.dumps(message).encode()).pk
    except Refused as refused:
        raise ValidationError(refused.public, code="refused") from refused
    except ConfigError as error:
        raise Conflict(f"The gateway isn't fully configured. {error}") from error
