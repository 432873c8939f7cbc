"""The side panel over HTTP. No cookie, no session: whoever comes is who their link says.

What changes something wants the link's token in a header as well, which no other site can have a browser send.
"""

import json
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render as fill
from django.utils.crypto import constant_time_compare
from django.utils.http import quote_etag
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from conversations.models import Conversation
from gateways.commands import Command
from handover import desk
from handover.widget import panel
from handover.widget.links import BadLink, Pass, read

HEADER = "X-Widget-Token"
ACTS = (Command.DRAFT, Command.INSTRUCT, Command.TRANSLATE, Command.SUMMARIZE)
GONE = "There is no such conversation any more."

Opened = Callable[..., HttpResponse]  # of the request, the token and what it opens


def _opened(view: Opened) -> Callable[..., HttpResponse]:
    """A view for whoever has a link that opens; else the reason, as a page or, for programs, as JSON."""

    @wraps(view)
    def answer(request: HttpRequest, token: str, **named: str) -> HttpResponse:
        try:
            response = view(request, token, read(token), **named)
        except BadLink as error:
            response = _refused(request, error.public)
        response["Referrer-Policy"] = "no-referrer"  # the address is a key
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    if request.method == "POST":
        return _error(403, why)
    return _framed(fill(request, "widget/refused.html", {"why": why}, status=403), ["*"])


@require_safe
@never_cache
@_opened
def page(request: HttpRequest, token: str, opened: Pass) -> HttpResponse:
    """The whole panel, in the helpdesk's frame."""
    conversation = _conversation(opened)
    shown = panel.read(conversation)
    context = {"token": token, "opened": opened, "panel": shown, "tag": quote_etag(panel.fingerprint(shown))}
    return _framed(fill(request, "widget/page.html", context), conversation.gateway.widget_origins.split())


@require_safe
@never_cache
@_opened
def live(request: HttpRequest, token: str, opened: Pass) -> HttpResponse:
    """The part of the panel that changes by itself, or 304 while it hasn't."""
    shown = panel.read(_conversation(opened))
    tag = quote_etag(panel.fingerprint(shown))
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        return HttpResponseNotModified()
    response = fill(request, "widget/panel.html", {"panel": shown})
    response["ETag"] = tag
    return response


@csrf_exempt
@require_POST
@never_cache
@_opened
def act(request: HttpRequest, token: str, opened: Pass, *, name: str) -> HttpResponse:
    """Do one of ACTS. What is to be said about it comes back; what the agent makes of it shows in the panel."""
    if not constant_time_compare(request.headers.get(HEADER, ""), token):
        return _error(403, f"The header {HEADER} is missing.")
    if not opened.may_act:
        return _error(403, "This link is for reading only.")
    if name not in ACTS:
        return _error(404, "There is no such action.")
    try:
        words = json.loads(request.body or b"{}").get("words", "")
    except (ValueError, AttributeError, RecursionError):
        words = None
    if not isinstance(words, str):
        return _error(400, "Send JSON like {“words”: “…”}.")
    try:
        said = desk.tell(opened.conversation, author=opened.actor, command=Command(name), words=words)
    except desk.DeskError as error:
        return _error(409, error.public)
    return JsonResponse({"said": said})


def _conversation(opened: Pass) -> Conversation:
    found = Conversation.objects.select_related("gateway__agent", "identity__contact", "assignee", "destination")
    conversation = found.filter(pk=opened.conversation).first()
    if conversation is None:
        raise BadLink(GONE)
    return conversation


def _framed(response: HttpResponse, sites: list[str]) -> HttpResponse:
    """With leave for these sites, and for this one, to show it in a frame."""
    # What csp.decorators.csp_replace sets; here the value is the gateway's own.
    response._csp_replace = {"frame-ancestors": ["'self'", *sites]}  # type: ignore[attr-defined]  # read by CSPMiddleware
    if sites:
        response.xframe_options_exempt = True  # it can't name sites
    else:
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _error(status: int, message: str) -> JsonResponse:
    return JsonResponse({"error": {"message": message}}, status=status)
