"""The page on which an agent is tried out: what it would say, why, and who would get the conversation.

The conversation lives in the page's own form, signed, so that nothing but this page puts words into it. Nothing is
stored and nothing is sent.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe

from agents.actions.action import Outcome
from agents.ask import ask
from agents.brief import brief
from agents.engines.base import After, AgentBrief, Decision, Escalation, Line, Offer, Speaker
from agents.models import Agent
from agents.rehearsal.rehearse import Exchange, say
from conversations.chat.render import render
from gateways.models import Gateway
from handover.route import to_people

TEMPLATE = "admin/agents/agent/playground.html"
SALT = "handover.playground"
MOST_TURNS = 30  # of one conversation
LONGEST = 4_000  # characters of what a customer says
AFTER = {
    After.DRAFT.value: "This would be proposed to people, and the customer would hear nothing.",
    After.SUSPEND.value: "Then it would be silent until it is given the conversation back.",
    After.CLOSE.value: "Then it would close the conversation; the customer’s next message opens it again.",
}
NOWHERE = "This agent has no gateway yet, so nobody would get it."
LOST = "The conversation in the form couldn't be read. A new one has begun."

Admin = ModelAdmin[Agent]


@dataclass(frozen=True, slots=True)
class Tried:
    """One turn of the conversation: what was said, and what came of it. Plain values, so that it goes into a form."""

    said: str
    reply: str = ""
    language: str = ""
    milliseconds: int = 0
    failure: str = ""
    escalation: str = ""
    reason: str = ""
    why: str = ""
    percent: int = 0
    sub_agent: str = ""
    note: str = ""
    evidence: Sequence[Sequence[Any]] = ()  # kind, name, score, quote
    people: str = ""  # who would get it, as a sentence
    after: str = ""
    acknowledgement: str = ""
    acknowledged: Sequence[str] = ()  # slugs of sub agents
    tags: Sequence[str] = ()
    collected: Sequence[Sequence[str]] = ()  # name, value

    @property
    def html(self) -> SafeString:
        return mark_safe(render(self.reply))  # noqa: S308  # sanitised

    @property
    def acknowledgement_html(self) -> SafeString:
        return mark_safe(render(self.acknowledgement))  # noqa: S308  # sanitised

    @property
    def reason_in_words(self) -> str:
        return self.reason.replace("_", " ")

    @property
    def then(self) -> str:
        """What would happen after the reply, as a sentence; "" for what goes without saying."""
        return AFTER.get(self.after, "")


def show(admin: Admin, request: HttpRequest, pk: int) -> HttpResponse:
    """The page; with a posted text, after the agent has answered it."""
    agent = get_object_or_404(Agent, pk=pk)
    if not admin.has_change_permission(request, agent):
        raise PermissionDenied
    gateways = list(Gateway.objects.filter(agent=agent).order_by("name"))
    gateway = _chosen(gateways, request.POST.get("gateway", ""))
    instructions = request.POST.get("instructions", agent.instructions)
    tried, news = _so_far("" if "again" in request.POST else request.POST.get("state", ""))
    text = request.POST.get("text", "").strip()[:LONGEST]
    if text and "again" not in request.POST:
        tried = (*tried, _try(_as_edited(brief(agent.pk), instructions), gateway, tried, text))
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"Try out {agent}",
        "agent": agent,
        "gateways": gateways,
        "gateway": gateway,
        "instructions": instructions,
        "edited": instructions.split() != agent.instructions.split(),
        "tried": tried,
        "state": signing.dumps([dataclasses.asdict(each) for each in tried], salt=SALT, compress=True),
        "news": news,
        "longest": LONGEST,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _chosen(gateways: Sequence[Gateway], number: str) -> Gateway | None:
    """The gateway with this number, else the first; None when the agent has none."""
    return next((each for each in gateways if str(each.pk) == number), next(iter(gateways), None))


def _so_far(state: str) -> tuple[tuple[Tried, ...], str]:
    """The latest turns in the form, and what to say when they can't be read."""
    if not state:
        return (), ""
    try:
        return tuple(Tried(**each) for each in signing.loads(state, salt=SALT))[1 - MOST_TURNS :], ""
    except (signing.BadSignature, TypeError):  # changed on the way; or from before an update
        return (), LOST


def _as_edited(agent: AgentBrief, instructions: str) -> AgentBrief:
    """The agent with other instructions than the saved ones, and then with a revision of its own."""
    if instructions.split() == agent.instructions.split():  # browsers change the ends of lines
        return agent
    edited = hashlib.sha256(instructions.encode()).hexdigest()
    return dataclasses.replace(agent, instructions=instructions, revision=f"{agent.revision}:{edited}")


def _try(agent: AgentBrief, gateway: Gateway | None, before: Sequence[Tried], text: str) -> Tried:
    language = before[-1].language if before else ""
    acknowledged = tuple(slug for each in before for slug in each.acknowledged)
    said = tuple(_transcript(before))
    exchange = say((text,), said, agent, ask, language, acknowledged=acknowledged, offer=_offer(before))
    return _tried(text, exchange, gateway)


def _offer(before: Sequence[Tried]) -> Offer | None:
    if not before or before[-1].escalation != Escalation.OFFERED:
        return None
    return Offer(before[-1].reason, before[-1].why, before[-1].sub_agent)


def _transcript(tried: Sequence[Tried]) -> Iterator[Line]:
    for each in tried:
        yield Line(Speaker.CUSTOMER, each.said, datetime.now(UTC))
        for text in filter(None, (each.acknowledgement, each.reply if each.after != After.DRAFT else "")):
            yield Line(Speaker.AGENT, text, datetime.now(UTC))


def _tried(text: str, exchange: Exchange, gateway: Gateway | None) -> Tried:
    decision = exchange.decision
    if decision is None:
        return Tried(text, language=exchange.language, milliseconds=exchange.milliseconds, failure=exchange.failure)
    return Tried(
        said=text,
        reply=decision.reply,
        language=exchange.language,
        milliseconds=exchange.milliseconds,
        escalation=decision.escalation.value,
        reason=decision.reason.value,
        why=decision.why,
        percent=round(decision.confidence * 100),
        sub_agent=decision.sub_agent,
        note=decision.note,
        evidence=[
            *((each.kind, each.name, each.score, each.quote) for each in decision.evidence),
            *(("action", each.name, float(each.state is Outcome.DONE), each.outcome) for each in decision.actions),
        ],
        people=_people(gateway, decision),
        after=decision.after.value,
        acknowledgement=decision.acknowledgement,
        acknowledged=exchange.acknowledged,
        tags=decision.tagged,
        collected=[(each.name, each.value) for each in decision.collected],
    )


def _people(gateway: Gateway | None, decision: Decision) -> str:
    if decision.escalation is not Escalation.NOW:
        return ""
    return to_people(gateway, decision.sub_agent).why if gateway else NOWHERE
