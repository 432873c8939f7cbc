"""What the agent asks to be done, over the API: list the requests of a conversation, approve one, decline one."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api import scope
from agents.api.lists import Oldest
from conversations.api.views import OfConversation
from conversations.models import ActionRequest
from handover import desk
from handover.api.serializers import ActSerializer
from handover.api.views import carried_out, documented, valid


class RequestedActionSerializer(serializers.ModelSerializer[ActionRequest]):
    """A writing action that the agent has asked for, and what became of it."""

    class Meta:
        model = ActionRequest
        fields = (
            "id",
            "conversation",
            "action",
            "name",
            "arguments",
            "state",
            "decided_by_name",
            "decided_at",
            "expires_at",
            "outcome",
            "says",
            "outputs",
            "created_at",
            "done_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "outcome": {"help_text": "One word for programs."},
            "decided_by_name": {"help_text": "Who approved or declined it; “agent” where it runs by itself."},
        }


@extend_schema_view(
    get=extend_schema(
        operation_id="listActionRequests",
        tags=["Conversations"],
        summary="List what the agent has asked to be done",
        description="Actions that change something, in the order in which they were asked for.",
    )
)
class ActionRequests(OfConversation, ListAPIView[ActionRequest]):
    needs = {"GET": "conversations.view_conversation"}
    http_method_names = ["get", "head"]
    queryset = ActionRequest.objects.all()
    serializer_class = RequestedActionSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[ActionRequest]:
        return ActionRequest.objects.filter(conversation=self.conversation())


class Decide(OfConversation):
    """Approve or decline a request. 409 where that was done already."""

    needs = {"POST": "conversations.change_conversation"}
    http_method_names = ["post"]

    def decide(self, request_id: int, **who: Any) -> ActionRequest:
        raise NotImplementedError

    def post(self, request: Request, conversation_id: int, request_id: int) -> Response:
        found = ActionRequest.objects.filter(conversation=self.conversation(), pk=request_id).first()
        if found is None:
            raise NotFound("This conversation has no such request.")
        author = valid(ActSerializer(data=request.data)).get("author") or scope.actor(request)
        return Response(RequestedActionSerializer(carried_out(self.decide, found.pk, request, author=author)).data)


@documented(
    "approveActionRequest",
    "Approve an action",
    "It is carried out once, by a worker, soon after.",
    RequestedActionSerializer,
)
class Approve(Decide):
    def decide(self, request_id: int, **who: Any) -> ActionRequest:
        return desk.approve(request_id, **who)


@documented(
    "declineActionRequest",
    "Decline an action",
    "If the agent has the conversation, it tells the customer.",
    RequestedActionSerializer,
)
class Decline(Decide):
    def decide(self, request_id: int, **who: Any) -> ActionRequest:
        return desk.decline(request_id, **who)
