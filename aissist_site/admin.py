"""The admin site: what operators find on its front page and how its pages are grouped."""

from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from aissist_site import dashboard

# Pages by what people come for, not by the app that a table happens to live in.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Conversations", ("conversations.Conversation", "conversations.Delivery", "contacts.Contact")),
    (
        "Agents",
        ("agents.Agent", "agents.SubAgent", "agents.Article", "agents.Source", "agents.Action", "agents.Rephrasing"),
    ),
    ("Gateways", ("gateways.Gateway", "gateways.Receipt", "gateways.InboundEvent", "gateways.Exchange")),
    ("Operation", ("aissist_site.Incident",)),
    ("Access", ("auth.User", "auth.Group", "agents.ApiKey", "axes.AccessAttempt")),
)
RENAMED = {
    "axes.AccessAttempt": {"name": "Failed sign-ins"},
    "conversations.Delivery": {"name": "Dead letters"},  # only those are listed
}


class AissistAdminSite(AdminSite):
    site_header = "Aissist gateways"
    site_title = "Aissist gateways"
    index_title = "Today"
    site_url = None

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        news = {
            "tiles": dashboard.tiles(request.user),
            "incidents": dashboard.open_incidents(request.user),
            "unwatched": dashboard.nobody_watches(request.user),
            "unaimed": dashboard.gateways_without_target(request.user),
        }
        return super().index(request, {**news, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        return apps if app_label else _grouped(apps)


def _grouped(apps: list[Any]) -> list[dict[str, Any]]:
    """The models of all apps in GROUPS; what nobody thought of comes last, under its app's own name."""
    models = {}
    for model in (model for app in apps for model in app["models"]):
        label = model["model"]._meta.label
        models[label] = {**model, **RENAMED.get(label, {})}
    known = {label for _, labels in GROUPS for label in labels}
    groups = [_group(name, [models[label] for label in labels if label in models]) for name, labels in GROUPS]
    others = [{**app, "models": [m for m in app["models"] if m["model"]._meta.label not in known]} for app in apps]
    return [group for group in [*groups, *others] if group["models"]]


def _group(name: str, models: list[dict[str, Any]]) -> dict[str, Any]:
    if models and models[0]["object_name"] == "Conversation":
        models = [_waiting_link(), *models]
    return {"name": name, "app_label": name.lower(), "app_url": "", "has_module_perms": True, "models": models}


def _waiting_link() -> dict[str, Any]:
    url = reverse("admin:conversations_conversation_changelist") + "?waiting=yes"
    return {
        "name": "Waiting for people",
        "object_name": "Waiting",
        "admin_url": url,
        "add_url": None,
        "view_only": True,
    }


def tidy(site: AdminSite) -> None:
    """Take away the pages of libraries that operators don't need.

    Beat's schedules belong to the code, a second kind of API key would act for nobody, and of axes only the attempts
    matter: deleting one lets a locked-out person in again.
    """
    from axes.models import AccessFailureLog, AccessLog
    from django_celery_beat import models as beat
    from rest_framework_api_key.models import APIKey

    hidden: tuple[type[Model], ...] = (
        beat.PeriodicTask,
        beat.IntervalSchedule,
        beat.CrontabSchedule,
        beat.SolarSchedule,
        beat.ClockedSchedule,
        APIKey,
        AccessLog,
        AccessFailureLog,
    )
    for model in hidden:
        if site.is_registered(model):  # what a library registers depends on its own settings
            site.unregister(model)
