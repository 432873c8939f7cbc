"""What people do with a conversation, over the API: reply, note, hand over, give back, suspend, close."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from agents.api import scope
from agents.api.errors import Conflict, ErrorSerializer
from agents.api.parsers import Form, Json
from conversations import enclose
from conversations.api import views as conversations
from conversations.api.serializers import ConversationSerializer, MessageSerializer
from conversations.downloads import download
from conversations.models import Conversation, Message
from gateways.messages import Attachment
from gateways.models import Destination
from handover import desk
from handover.api.filters import ConversationFilter
from handover.api.serializers import (
    ActSerializer,
    HandOverSerializer,
    HandoverSerializer,
    ReplyFormSerializer,
    ReplySerializer,
)


class Conversations(conversations.Conversations):
    """The list of the conversations' own room, and whether people are awaited."""

    filterset_class = ConversationFilter


@extend_schema_view(
    post=extend_schema(
        operation_id="replyAsPerson",
        tags=["Conversations"],
        summary="Reply, or leave a note, as a person",
        description=(
            "A message goes to the customer. The conversation is people's from then on, and whatever the agent hasn't "
            "sent yet is withdrawn. A note stays inside and changes nothing. Files for the customer come in a "
            "form, `multipart/form-data`, where the platform takes any."
        ),
        request={"application/json": ReplySerializer, "multipart/form-data": ReplyFormSerializer},
        responses={201: MessageSerializer, 409: ErrorSerializer},
        examples=[
            OpenApiExample(
                "A reply", {"author": "Grace", "content": "I've sent you a new one today."}, request_only=True
            ),
            OpenApiExample(
                "A note", {"author": "Grace", "content": "Third time this month.", "kind": "note"}, request_only=True
            ),
        ],
    )
)
class ConversationMessages(conversations.ConversationMessages):
    needs = {"GET": "conversations.view_conversation", "POST": "conversations.change_conversation"}
    http_method_names = ["get", "post", "head"]

    parser_classes = [Json, Form]

    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        is_form = isinstance(request.data, QueryDict)
        said = valid((ReplyFormSerializer if is_form else ReplySerializer)(data=request.data))
        what = {"author": said["author"], "text": said["content"]}
        if said["kind"] == Message.Kind.NOTE:
            if said.get("files"):
                raise ValidationError({"files": "A note has no files. Put a link to them into it."})
            message = carried_out(desk.note, conversation.pk, request, **what)
        else:
            files = _enclosed(said.get("files", []))
            message = carried_out(desk.reply, conversation.pk, request, **what, files=files)
        return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)


def _enclosed(uploads: list[Any]) -> tuple[Attachment, ...]:
    try:
        return enclose.received(uploads)
    except enclose.CantEnclose as error:
        raise ValidationError({"files": error.public}) from error


class Attachments(conversations.OfConversation):
    needs = {"GET": "conversations.view_conversation"}
    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="downloadAttachment",
        tags=["Conversations"],
        summary="Download a file that came with a message",
        description="Its id stands with the message. Only what is `kept` can be downloaded.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, conversation_id: int, number: int) -> HttpResponse:
        return download(self.conversation(), number)


class HandOver(conversations.OfConversation):
    needs = {"POST": "conversations.change_conversation"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="handOverConversation",
        tags=["Conversations"],
        summary="Hand a conversation over to people",
        description="Asked twice, done once.",
        request=HandOverSerializer,
        responses={200: HandoverSerializer, 409: ErrorSerializer},
        examples=[
            OpenApiExample("Where the rules say", {}, request_only=True),
            OpenApiExample("To a destination", {"author": "Grace", "destination": 3}, request_only=True),
        ],
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        asked = valid(HandOverSerializer(data=request.data))
        destination = _destination(conversation, asked.get("destination"))
        author = asked.get("author") or scope.actor(request)
        handover = carried_out(desk.hand_over, conversation.pk, request, author=author, destination=destination)
        return Response(HandoverSerializer(handover).data)


class Act(conversations.OfConversation):
    """One of the desk's acts that answer with the conversation as it is then."""

    needs = {"POST": "conversations.change_conversation"}
    http_method_names = ["post"]

    def act(self, conversation_id: int, **who: Any) -> None:
        raise NotImplementedError

    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        asked = valid(ActSerializer(data=request.data))
        carried_out(self.act, conversation.pk, request, author=asked.get("author") or scope.actor(request))
        return Response(ConversationSerializer(self.conversation()).data)


def documented(
    operation_id: str, summary: str, description: str, answer: type[BaseSerializer[Any]] = ConversationSerializer
) -> Any:
    """Of a view whose POST is one of the desk's acts."""
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation_id,
            tags=["Conversations"],
            summary=summary,
            description=description,
            request=ActSerializer,
            responses={200: answer, 409: ErrorSerializer},
        )
    )


@documented(
    "giveBackConversation",
    "Give a conversation back to the agent",
    "The agent answers the customer's next message, and none before it.",
)
class GiveBack(Act):
    def act(self, conversation_id: int, **who: Any) -> None:
        desk.give_back(conversation_id, **who)


@documented(
    "suspendConversation",
    "Silence the agent in a conversation",
    "Nobody answers until the conversation is given back or a person replies.",
)
class Suspend(Act):
    def act(self, conversation_id: int, **who: Any) -> None:
        desk.suspend(conversation_id, **who)


@documented(
    "closeConversation",
    "Close a conversation",
    "The customer's next message opens it again, with the agent as its owner.",
)
class Close(Act):
    def act(self, conversation_id: int, **who: Any) -> None:
        desk.close(conversation_id, **who)


def valid(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _destination(conversation: Conversation, destination_id: int | None) -> Destination | None:
    if destination_id is None:
        return None
    found = Destination.objects.filter(gateway=conversation.gateway_id, pk=destination_id).first()
    if found is None:
        raise ValidationError({"destination": "This gateway has no such destination."}, code="does_not_exist")
    return found


def carried_out(act: Callable[..., Any], row_id: int, request: Request, **details: Any) -> Any:
    user = request.user if isinstance(request.user, AbstractBaseUser) else None
    try:
        return act(row_id, user=user, **details)
    except desk.DeskError as error:
        raise Conflict(error.public) from error
