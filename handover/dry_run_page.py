"""A page of a gateway in admin on which its handover rules are edited and tried before they are saved."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Field, QuerySet
from django.forms import ModelChoiceField, inlineformset_factory
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from agents.models import SubAgent
from gateways.models import Destination, Gateway
from handover import dry_run
from handover.models import HandoverRule

FIELDS = (
    "position", "sub_agent", "language", "channel", "hours", "tag", "contact_tag", "destination", "is_active",
)  # fmt: skip
TEMPLATE = "admin/gateways/gateway/dry_run.html"


def show(admin: ModelAdmin[Gateway], request: HttpRequest, pk: int) -> HttpResponse:
    """Try the rules in the form, or save them."""
    gateway = get_object_or_404(Gateway, pk=pk)
    if not admin.has_change_permission(request, gateway):
        raise PermissionDenied
    formset = _formset(gateway)(request.POST or None, instance=gateway, prefix="rules")
    tried: list[dry_run.Tried] | None = None
    if request.method == "POST" and formset.is_valid():
        if "save" in request.POST:
            formset.save()
            messages.success(request, "The handover rules were saved.")
            return HttpResponseRedirect(reverse("admin:gateways_gateway_change", args=[pk]))
        tried = dry_run.replay(gateway, dry_run.in_order(_edited(formset)))
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"Handover rules of {gateway}",
        "gateway": gateway,
        "formset": formset,
        "tried": tried,
        "differ": sum(each.differs for each in tried or ()),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _formset(gateway: Gateway) -> Any:
    """Rows that may only point at what is the gateway's."""

    def field(model_field: Field[Any, Any], **told: Any) -> Any:
        made = model_field.formfield(**told)
        if isinstance(made, ModelChoiceField):
            made.queryset = _own(gateway, model_field.name)
        if made is not None:
            made.help_text = ""
        return made

    return inlineformset_factory(Gateway, HandoverRule, fields=FIELDS, extra=2, formfield_callback=field)


def _own(gateway: Gateway, name: str) -> QuerySet[Any]:
    if name == "sub_agent":
        return SubAgent.objects.filter(agent=gateway.agent_id)
    return Destination.objects.filter(gateway=gateway)


def _edited(formset: Any) -> list[HandoverRule]:
    """The rows that would be there after saving."""
    kept = [form for form in formset.initial_forms if not form.cleaned_data.get("DELETE")]
    new = [form for form in formset.extra_forms if form.has_changed() and not form.cleaned_data.get("DELETE")]
    return [form.instance for form in (*kept, *new)]
