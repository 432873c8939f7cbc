"""A gateway as YAML in admin: reviewed before it is let loose, downloaded, and applied after a look at the diff."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from gateways.models import Gateway
from handover.configuration import permissions, review, text
from handover.configuration.describe import describe, shown
from handover.configuration.values import ConfigurationError, Document
from handover.configuration.warn import warnings

PAGE = "admin/gateways/gateway/yaml.html"
LARGEST = 1_000_000  # bytes of a file
SALT = "handover.configuration"
MAX_AGE = 3600  # seconds between the diff and its confirmation
CHANGED = "Things have changed since you saw the diff. Look at it again."


def urls(admin: Any) -> list[URLPattern]:
    guard = admin.admin_site.admin_view
    return [
        path("<int:pk>/yaml/", guard(lambda request, pk: page(admin, request, pk)), name="gateways_gateway_yaml"),
        path(
            "<int:pk>/yaml/download/",
            guard(require_safe(lambda request, pk: download(admin, request, pk))),
            name="gateways_gateway_yaml_download",
        ),
    ]


def page(admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows, POST with a file or a text shows the diff, and POST with the signed state of a diff applies it."""
    gateway = _gateway(admin, request, pk)
    if request.method != "POST":
        return _show(admin, request, gateway)
    if not admin.has_change_permission(request, gateway):
        raise PermissionDenied
    try:
        if "state" in request.POST:
            return _confirm(admin, request, gateway)
        return _preview(admin, request, gateway, _given(request))
    except ConfigurationError as error:
        return _show(admin, request, gateway, problems=error.problems, given=request.POST.get("text", ""))


def download(admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    gateway = _gateway(admin, request, pk)
    response = HttpResponse(text.dump([shown(describe(gateway))]), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(gateway.name) or "gateway"}.yaml"'
    return response


def _preview(admin: Any, request: HttpRequest, gateway: Gateway, given: str) -> HttpResponse:
    outcome = review.review(_document(given), gateway)
    permissions.check(outcome, _user(request))
    state = {"pk": gateway.pk, "user": request.user.pk, "text": given, "seen": review.fingerprint(outcome)}
    context = {"diff": review.diff(outcome), "is_change": outcome.is_change}
    return _show(admin, request, gateway, state=signing.dumps(state, salt=SALT, compress=True), **context)


def _confirm(admin: Any, request: HttpRequest, gateway: Gateway) -> HttpResponse:
    state = _state(request)
    if state["pk"] != gateway.pk or state["user"] != request.user.pk:
        raise PermissionDenied
    outcome = review.carry_out(_document(state["text"]), gateway, state["seen"], _user(request))
    if outcome is None:
        messages.warning(request, CHANGED)
        return _preview(admin, request, gateway, state["text"])
    gateway.refresh_from_db()
    admin.log_change(request, gateway, f"Applied YAML:\n{review.diff(outcome)}")
    messages.success(request, f"The configuration of “{gateway}” is applied.")
    return HttpResponseRedirect(reverse("admin:gateways_gateway_yaml", args=[gateway.pk]))


def _show(admin: Any, request: HttpRequest, gateway: Gateway, **context: Any) -> HttpResponse:
    about = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"{gateway} as YAML",
        "original": gateway,
        "yaml": text.dump([shown(describe(gateway))]),
        "warnings": warnings(gateway),
        "may_change": admin.has_change_permission(request, gateway),
        "confirming": "state" in context,
    }
    status = 400 if "problems" in context else 200
    return TemplateResponse(request, PAGE, {**about, **context}, status=status)


def _gateway(admin: Any, request: HttpRequest, pk: int) -> Gateway:
    gateway = get_object_or_404(Gateway, pk=pk)
    if not admin.has_view_permission(request, gateway):
        raise PermissionDenied
    return gateway


def _given(request: HttpRequest) -> str:
    """The file's text, else the one that was pasted. Raises ConfigurationError."""
    file: Any = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "")
    if file.size > LARGEST:
        raise ConfigurationError(f"The file is larger than {LARGEST} bytes.")
    try:
        return str(file.read().decode("utf-8"))
    except UnicodeError:
        raise ConfigurationError("The file isn't UTF-8 text.") from None


def _document(given: str) -> Document:
    return review.only_gateway(given, "YAML")


def _state(request: HttpRequest) -> dict[str, Any]:
    try:
        state: dict[str, Any] = signing.loads(request.POST["state"], salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        raise ConfigurationError("This diff is older than an hour or was changed. Send the file again.") from None
    return state


def _user(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)  # noqa: S101  # admin_view lets nobody else in
    return request.user
