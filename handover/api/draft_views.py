"""Drafts over the API: ask for one, read them, send or discard them, and let a sub agent do without."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api import scope
from agents.api.errors import ErrorSerializer
from agents.api.lists import Newest
from conversations.api import views as conversations
from conversations.api.serializers import ConversationSerializer, MessageSerializer
from conversations.models import Draft
from gateways.api.views import OfGateway
from handover import desk, promotion
from handover.api.serializers import (
    DiscardDraftSerializer,
    DraftRequestSerializer,
    DraftSerializer,
    RequestedSerializer,
    SendDraftSerializer,
    SubAgentModeSerializer,
)
from handover.api.views import carried_out, valid


@extend_schema_view(
    get=extend_schema(operation_id="listDrafts", tags=["Conversations"], summary="List a conversation's drafts"),
)
class Drafts(conversations.OfConversation, ListAPIView[Draft]):
    needs = {"GET": "conversations.view_conversation", "POST": "conversations.change_conversation"}
    http_method_names = ["get", "post", "head"]
    queryset = Draft.objects.all()
    serializer_class = DraftSerializer
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Draft]:
        return self.conversation().drafts.select_related("message", "turn")

    @extend_schema(
        operation_id="askForDraft",
        tags=["Conversations"],
        summary="Have the agent draft a reply",
        description="In any mode, and whoever owns the conversation, which doesn't change. The customer isn't told "
        "anything. Asked twice, done once.",
        request=DraftRequestSerializer,
        responses={202: RequestedSerializer, 409: ErrorSerializer},
        examples=[OpenApiExample("With a wish", {"author": "Grace", "instruction": "Shorter"}, request_only=True)],
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        asked = valid(DraftRequestSerializer(data=request.data))
        author = asked.pop("author", "") or scope.actor(request)
        turn = carried_out(desk.ask_for_draft, conversation.pk, request, author=author, **asked)
        return Response({"turn": turn.pk}, status=status.HTTP_202_ACCEPTED)


class SendDraft(conversations.OfConversation):
    needs = {"POST": "conversations.change_conversation"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="sendDraft",
        tags=["Conversations"],
        summary="Send a draft, as it is or edited",
        description="In Auto-Draft the agent drafts the next reply as well; else the conversation is people's from "
        "then on.",
        request=SendDraftSerializer,
        responses={201: MessageSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        asked = valid(SendDraftSerializer(data=request.data))
        asked["text"] = asked.pop("content", None)
        message = carried_out(desk.send_draft, conversation.pk, request, **asked)
        return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)


class DiscardDraft(conversations.OfConversation):
    needs = {"POST": "conversations.change_conversation"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="discardDraft",
        tags=["Conversations"],
        summary="Discard a draft",
        description="The customer still waits, so the conversation is people's from then on.",
        request=DiscardDraftSerializer,
        responses={200: ConversationSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        asked = valid(DiscardDraftSerializer(data=request.data))
        author = asked.get("author") or scope.actor(request)
        carried_out(desk.discard_draft, conversation.pk, request, author=author, draft=asked["draft"])
        return Response(ConversationSerializer(self.conversation()).data)


class SubAgentModes(OfGateway):
    needs = {"GET": "gateways.view_gateway"}
    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="listSubAgentModes",
        tags=["Gateways"],
        summary="Which sub agents answer by themselves, and what speaks for it",
        description="On a gateway in Auto-Draft.",
        responses=SubAgentModeSerializer(many=True),
    )
    def get(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        found = promotion.evidence(self.gateway())
        return Response([_shown(each) for each in found if each.sub_agent])


class SubAgentMode(OfGateway):
    needs = {"PUT": "gateways.change_gateway"}
    http_method_names = ["put"]

    @extend_schema(
        operation_id="setSubAgentMode",
        tags=["Gateways"],
        summary="Let a sub agent answer by itself, or draft again",
        description="On a gateway in Auto-Draft, from its next decision on.",
        request=SubAgentModeSerializer,
        responses=SubAgentModeSerializer,
        examples=[OpenApiExample("It answers by itself", {"answers_by_itself": True}, request_only=True)],
    )
    def put(self, request: Request, agent_id: int, gateway_id: int, sub_agent_id: int) -> Response:
        gateway = self.gateway()
        asked = valid(SubAgentModeSerializer(data=request.data))
        found = gateway.agent.sub_agents.filter(pk=sub_agent_id).first()
        if found is None:
            raise NotFound("This agent has no such sub agent.")
        if asked["answers_by_itself"]:
            promotion.promote(gateway, found, scope.actor(request))
        else:
            promotion.demote(gateway, found)
        return Response(next(_shown(each) for each in promotion.evidence(gateway) if each.sub_agent == found))


def _shown(evidence: promotion.Evidence) -> dict[str, Any]:
    return {
        "id": evidence.sub_agent.pk if evidence.sub_agent else None,
        "sub_agent": evidence.sub_agent.slug if evidence.sub_agent else "",
        "answers_by_itself": evidence.promotion is not None,
        "drafts": evidence.counts,
        "unchanged_percent": evidence.unchanged,
    }
