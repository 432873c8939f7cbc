"""What colleagues have told an agent, over the API: list it, tell it something, revoke it."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api import scope
from agents.api.errors import Conflict, ErrorSerializer
from agents.api.fields import Strict
from agents.api.lists import Newest
from agents.api.views import OfAgent
from agents.instruct import LONGEST, CantInstruct, instruct, revoke
from agents.models import Agent, Instruction, SubAgent


class InstructionSerializer(serializers.ModelSerializer[Instruction]):
    """What a colleague told the agent, and where it holds."""

    sub_agent = serializers.CharField(
        source="sub_agent.slug", default=None, allow_null=True, help_text="The slug of the one it holds for, if any."
    )

    class Meta:
        model = Instruction
        fields = (
            "id",
            "text",
            "sub_agent",
            "gateway",
            "conversation",
            "by",
            "created_at",
            "revoked_at",
            "revoked_by",
        )
        read_only_fields = fields
        extra_kwargs = {
            "by": {"help_text": "Who told it."},
            "revoked_at": {"help_text": "Since when it doesn't hold any more."},
        }


class TellSerializer(Strict):
    """What holds from now on."""

    text = serializers.CharField(max_length=LONGEST, help_text="In plain words. The offline engine doesn't follow it.")
    sub_agent = serializers.SlugField(required=False, help_text="The slug of the one it holds for. Left out: for all.")
    gateway = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="The gateway on which it holds. Left out: on all."
    )
    author = serializers.CharField(
        max_length=200, required=False, help_text="Who says so. Left out: the key's name, or your own."
    )


class RevokeSerializer(Strict):
    """Who revokes it."""

    author = serializers.CharField(
        max_length=200, required=False, help_text="Who says so. Left out: the key's name, or your own."
    )


@extend_schema_view(
    get=extend_schema(
        operation_id="listInstructions",
        tags=["Agents"],
        summary="List what colleagues have told an agent",
        description="The newest first, revoked ones too.",
    )
)
class Instructions(OfAgent, ListAPIView[Instruction]):
    needs = {"GET": "agents.view_instruction", "POST": "agents.add_instruction"}
    http_method_names = ["get", "post", "head"]
    queryset = Instruction.objects.all()
    serializer_class = InstructionSerializer
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Instruction]:
        return self.agent().told.select_related("sub_agent")

    @extend_schema(
        operation_id="tellAgent",
        tags=["Agents"],
        summary="Tell an agent what holds from now on",
        description="The next turn knows it. Told twice, kept once.",
        request=TellSerializer,
        responses={201: InstructionSerializer, 409: ErrorSerializer},
        examples=[OpenApiExample("For one sub agent", {"text": "Be brief.", "sub_agent": "vat"}, request_only=True)],
    )
    def post(self, request: Request, agent_id: int) -> Response:
        agent = self.agent()
        asked = TellSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        sub_agent = _sub_agent(agent, told["sub_agent"]) if "sub_agent" in told else None
        by = told.get("author") or scope.actor(request)
        try:
            kept = instruct(agent, told["text"], by, sub_agent=sub_agent, gateway=told.get("gateway"))
        except CantInstruct as error:
            raise Conflict(error.public) from error
        return Response(InstructionSerializer(kept).data, status=status.HTTP_201_CREATED)


class RevokeInstruction(OfAgent):
    needs = {"POST": "agents.change_instruction"}
    http_method_names = ["post"]

    @extend_schema(
        operation_id="revokeInstruction",
        tags=["Agents"],
        summary="Revoke what a colleague has told an agent",
        description="The next turn doesn't know it any more. Revoked twice, done once.",
        request=RevokeSerializer,
        responses=InstructionSerializer,
    )
    def post(self, request: Request, agent_id: int, instruction_id: int) -> Response:
        found = self.agent().told.filter(pk=instruction_id).first()
        if found is None:
            raise NotFound("This agent has no such instruction.")
        asked = RevokeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        revoke(found, asked.validated_data.get("author") or scope.actor(request))
        found.refresh_from_db()
        return Response(InstructionSerializer(found).data)


def _sub_agent(agent: Agent, slug: str) -> SubAgent:
    found = agent.sub_agents.filter(slug=slug).first()
    if found is None:
        raise ValidationError({"sub_agent": "This agent has no such sub agent."}, code="does_not_exist")
    return found
