"""Actions: make, read, change and delete them."""

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.generics import RetrieveUpdateDestroyAPIView

from agents.api.errors import ErrorSerializer
from agents.api.lists import Oldest
from agents.api.serializers_actions import ActionSerializer
from agents.api.views import ListOfAgent, OfAgent
from agents.models import Action, ActionSecret

EXAMPLE = OpenApiExample(
    "Look up an order",
    {
        "name": "Find an order",
        "slug": "find_order",
        "description": "Status and arrival of an order, by its number. Ask for the number first.",
        "url": "https://api.example.com/orders/{order}",
        "headers": {"Authorization": "Bearer {{secrets.token}}"},
        "secrets": {"token": "…"},
        "arguments": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
        "outputs": ["/status", "/arrives_on"],
        "everywhere": True,
    },
    request_only=True,
)


def actions(agent_id: int) -> QuerySet[Action]:
    """The agent's actions, with the names of their secrets. The values aren't even read."""
    names = ActionSecret.objects.only("id", "action_id", "name", "origin", "updated_at")
    return Action.objects.filter(agent=agent_id).prefetch_related(Prefetch("secrets", names))


@extend_schema_view(
    get=extend_schema(operation_id="listActions", tags=["Actions"], summary="List an agent's actions"),
    post=extend_schema(
        operation_id="createAction",
        tags=["Actions"],
        summary="Create an action",
        description="A writing action whose `run` is `approval` waits for a person each time. Secrets never come out.",
        responses={201: ActionSerializer, 409: ErrorSerializer},
        examples=[EXAMPLE],
    ),
)
class Actions(ListOfAgent):
    needs = {"GET": "agents.view_action", "POST": "agents.add_action"}
    http_method_names = ["get", "post", "head"]
    queryset = Action.objects.all()
    serializer_class = ActionSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[Action]:
        return actions(self.agent().pk)


@extend_schema_view(
    get=extend_schema(operation_id="getAction", tags=["Actions"], summary="Read an action"),
    patch=extend_schema(
        operation_id="updateAction",
        tags=["Actions"],
        summary="Change an action",
        description="Send only what changes. A secret isn't sent to another host than the one it was given for.",
        responses={200: ActionSerializer, 409: ErrorSerializer},
        examples=[OpenApiExample("Switch it off", {"is_active": False}, request_only=True)],
    ),
    delete=extend_schema(operation_id="deleteAction", tags=["Actions"], summary="Delete an action"),
)
class ActionDetail(OfAgent, RetrieveUpdateDestroyAPIView[Action]):
    needs = {"GET": "agents.view_action", "PATCH": "agents.change_action", "DELETE": "agents.delete_action"}
    http_method_names = ["get", "patch", "delete", "head"]
    queryset = Action.objects.all()
    serializer_class = ActionSerializer

    def get_object(self) -> Action:
        found = actions(self.agent().pk).filter(pk=self.kwargs["action_id"]).first()
        if found is None:
            raise NotFound("This agent has no such action.")
        return found
