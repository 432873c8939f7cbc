"""Two pages of a gateway in admin: what people made of its drafts, and how its shadow compares with people."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from agents.models import SubAgent
from conversations.models import Draft
from gateways.models import Gateway
from handover import promotion, shadow

DAYS = (7, 30, 90)  # to choose from, that the shadow's report looks back
LISTED = 200  # comparisons on the page

Admin = ModelAdmin[Gateway]


def drafts(admin: Admin, request: HttpRequest, pk: int) -> HttpResponse:
    """The evidence for each sub agent, beside the switch."""
    gateway = _gateway(admin, request, pk)
    states = [state for state in Draft.State if state != Draft.State.PENDING]
    rows = [(each, [each.counts.get(state, 0) for state in states]) for each in promotion.evidence(gateway)]
    context = {"rows": rows, "states": [state.label for state in states], "title": f"Drafts of {gateway}"}
    return _page(admin, request, gateway, "drafts", context)


def promote(admin: Admin, request: HttpRequest, pk: int) -> HttpResponse:
    """Flip a sub agent's switch, to what the form says."""
    gateway = _gateway(admin, request, pk)
    if not admin.has_change_permission(request, gateway):
        raise PermissionDenied
    number = request.POST.get("sub_agent", "")
    sub_agent = get_object_or_404(SubAgent, pk=number if number.isdecimal() else 0, agent=gateway.agent_id)
    if request.POST.get("to") == "auto":
        promotion.promote(gateway, sub_agent, request.user.get_username())
        messages.success(request, f"From now on “{sub_agent.name}” answers by itself on this gateway.")
    else:
        promotion.demote(gateway, sub_agent)
        messages.success(request, f"From now on people send what “{sub_agent.name}” drafts.")
    return HttpResponseRedirect(reverse("admin:gateways_gateway_drafts", args=[pk]))


def shadow_report(admin: Admin, request: HttpRequest, pk: int) -> HttpResponse:
    gateway = _gateway(admin, request, pk)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else DAYS[1]
    report = shadow.report(gateway, timezone.now() - timedelta(days=days))
    context = {
        "report": report,
        "listed": report.comparisons[:LISTED],
        "days": days,
        "choices": DAYS,
        "title": f"Shadow of {gateway}",
    }
    return _page(admin, request, gateway, "shadow", context)


def _gateway(admin: Admin, request: HttpRequest, pk: int) -> Gateway:
    gateway = get_object_or_404(Gateway.objects.select_related("agent"), pk=pk)
    if not admin.has_view_or_change_permission(request, gateway):
        raise PermissionDenied
    if not request.user.has_perm("conversations.view_conversation"):
        raise PermissionDenied  # both show what was said
    return gateway


def _page(admin: Admin, request: HttpRequest, gateway: Gateway, name: str, context: dict[str, Any]) -> HttpResponse:
    common = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "gateway": gateway,
        "may_change": admin.has_change_permission(request, gateway),
    }
    return TemplateResponse(request, f"admin/gateways/gateway/{name}.html", {**common, **context})
