"""Links to the side panel, over the API: what a helpdesk's own app asks for when somebody opens a ticket."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api import scope
from agents.api.fields import Strict
from conversations import events
from conversations.api import views as conversations
from handover.api.views import valid
from handover.widget import links

SCOPES = [("act", "Read, and ask the agent for things"), ("read", "Only read")]


class WidgetLinkRequestSerializer(Strict):
    """For whom the link is, what it allows, and for how long."""

    actor = serializers.CharField(
        max_length=links.LONGEST_ACTOR,
        required=False,
        help_text="The name of the helpdesk's user, for the audit trail. Left out: the key's, or your own.",
    )
    scope = serializers.ChoiceField(choices=SCOPES, default="act", help_text="What the link allows.")
    seconds = serializers.IntegerField(
        default=links.USUAL, min_value=links.SHORTEST, max_value=links.LONGEST, help_text="For which it opens."
    )


class WidgetLinkSerializer(serializers.Serializer[Any]):
    """A link that opens one conversation."""

    url = serializers.URLField(help_text="Show it in a frame. Whoever has it needs no account, so give it to nobody.")
    expires_at = serializers.DateTimeField()


class WidgetLinks(conversations.OfConversation):
    needs = {"POST": "conversations.change_conversation"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="makeWidgetLink",
        tags=["Conversations"],
        summary="Make a link to a conversation's side panel",
        description="Signed, for this conversation and this person only. The gateway says which sites may show it.",
        request=WidgetLinkRequestSerializer,
        responses={201: WidgetLinkSerializer},
        examples=[OpenApiExample("For an hour", {"actor": "Grace", "seconds": 3600}, request_only=True)],
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        conversation = self.conversation()
        asked = valid(WidgetLinkRequestSerializer(data=request.data))
        actor = asked.get("actor") or scope.actor(request)
        url, opened = links.make(conversation.pk, actor, may_act=asked["scope"] == "act", seconds=asked["seconds"])
        events.widget_link(conversation, opened.actor, opened.may_act, scope.actor(request))
        expires_at = datetime.fromtimestamp(opened.until, UTC)
        shown = WidgetLinkSerializer({"url": url, "expires_at": expires_at}).data
        return Response(shown, status=status.HTTP_201_CREATED)
