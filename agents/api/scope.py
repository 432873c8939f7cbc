"""Which agents whoever asks can see. Whatever lies outside answers 404, as if it didn't exist."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from agents.models import Agent, ApiKey


def agents(request: Request) -> QuerySet[Agent]:
    if isinstance(request.auth, ApiKey):
        return Agent.objects.filter(pk=request.auth.agent_id)
    return Agent.objects.all()


def agent(request: Request, agent_id: int) -> Agent:
    """The agent of this id. Raises NotFound for one that the request can't see."""
    if isinstance(request.auth, ApiKey):
        found = request.auth.agent if request.auth.agent_id == agent_id else None
    else:
        found = Agent.objects.filter(pk=agent_id).first()
    if found is None:
        raise NotFound("There is no such agent.")
    return found


def actor(request: Request) -> str:
    """The name under which what is done stands in the audit trail."""
    if isinstance(request.auth, ApiKey):
        return f"API key “{request.auth.name}”"
    user: Any = request.user
    return str(user.get_full_name() or user.get_username())
