"""Agents: read them, change their wording and engine. They are made and deleted in admin."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.generics import ListAPIView, ListCreateAPIView, RetrieveUpdateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import scope
from agents.api.lists import Oldest
from agents.api.serializers import AgentSerializer
from agents.models import Agent


class OfAgent(APIView):
    """A view below `agents/{agent_id}`. `agent` answers 404 where it is out of scope."""

    needs: ClassVar[Mapping[str, str]]

    def agent(self) -> Agent:
        return scope.agent(self.request, self.kwargs["agent_id"])


class ListOfAgent(OfAgent, ListCreateAPIView[Any]):
    """Rows of one agent, to which new ones are added. Whether the agent is in scope is looked at first."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        agent = self.agent()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(agent=agent)
        return Response(serializer.data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    get=extend_schema(
        operation_id="listAgents",
        tags=["Agents"],
        summary="List agents",
        description="With an API key: the one agent that the key acts for. Signed in: all.",
    )
)
class Agents(ListAPIView[Agent]):
    needs = {"GET": "agents.view_agent"}
    http_method_names = ["get", "head"]
    queryset = Agent.objects.all()
    serializer_class = AgentSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[Agent]:
        return scope.agents(self.request).prefetch_related("engine_settings")  # the warnings look at them


@extend_schema_view(
    get=extend_schema(operation_id="getAgent", tags=["Agents"], summary="Read an agent"),
    patch=extend_schema(
        operation_id="updateAgent",
        tags=["Agents"],
        summary="Change an agent",
        description="Send only what changes. An agent that isn't active answers nobody; people still can.",
        examples=[
            OpenApiExample(
                "New instructions", {"instructions": "Be brief. Never promise a refund."}, request_only=True
            ),
            OpenApiExample("Switch it off", {"is_active": False}, request_only=True),
        ],
    ),
)
class AgentDetail(OfAgent, RetrieveUpdateAPIView[Agent]):
    needs = {"GET": "agents.view_agent", "PATCH": "agents.change_agent"}
    http_method_names = ["get", "patch", "head"]
    queryset = Agent.objects.all()
    serializer_class = AgentSerializer

    def get_object(self) -> Agent:
        return self.agent()
