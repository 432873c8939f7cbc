"""The web chat over HTTP: page, widget, session, feed and files. No cookies; a visitor is who their token says.

Messages are not posted here but to `/hooks/<public id>`, as with any platform.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render as fill
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from agents import avatars
from conversations import wording
from conversations.chat.colours import readable_on
from conversations.chat.feed import START, Cursor, Visit, latest, of_file, read
from conversations.chat.render import render
from conversations.chat.watch import Watch
from conversations.downloads import download
from gateways.adapters import webchat
from gateways.errors import ConfigError, SignatureError
from gateways.idle import let_go
from gateways.models import Gateway
from gateways.registry import ADAPTERS, adapter

log = structlog.get_logger(__name__)

LONGEST_WAIT = 25.0  # seconds; below the 30 after which proxies commonly give up
RETRY_IN = 2  # seconds until a client asks again that couldn't be held

NEWS = Watch(latest, START)

View = Callable[..., HttpResponse]  # of the request and the public id


class NoChat(Exception):
    """There is no chat at this address."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A hosted gateway with its options."""

    gateway: Gateway
    config: webchat.Config

    @property
    def title(self) -> str:
        return self.config.title or self.gateway.agent.display_name

    @property
    def framers(self) -> list[str]:
        """Who may embed the page, as sources of a Content-Security-Policy."""
        return ["'self'", *self.config.allowed_sites.split()] if self.config.allowed_sites.strip() else ["*"]


def find(public_id: str) -> Chat:
    """The chat of that id. Raises NoChat."""
    gateway = Gateway.objects.select_related("agent").filter(public_id=public_id).first()
    if gateway is None or gateway.platform not in ADAPTERS or not ADAPTERS[gateway.platform].capabilities.hosted:
        raise NoChat
    try:
        return Chat(gateway, adapter(gateway).config)
    except ConfigError as error:
        log.error("gateway_not_configured", gateway=public_id, options=sorted(error.errors))
        raise NoChat from error


def _page(view: View) -> View:
    """A view for people: what goes wrong is a page."""

    @wraps(view)
    def answer(request: HttpRequest, public_id: str) -> HttpResponse:
        try:
            return view(request, public_id)
        except NoChat:
            return fill(request, "chat/not_found.html", status=404)

    return answer


def _api(view: View) -> View:
    """A view for programs: what goes wrong is JSON."""

    @wraps(view)
    def answer(request: HttpRequest, public_id: str, **named: Any) -> HttpResponse:
        try:
            return view(request, public_id, **named)
        except NoChat:
            return _error(404, "not_found", "There is no chat at this address.")
        except SignatureError as error:
            return _error(error.status, "signatureerror", error.public)
        except Error as error:
            log.error("database_unavailable", error=type(error).__name__)
            return _error(503, "unavailable", "The chat can't be read right now. Try again in a moment.")

    return answer


def to_page(request: HttpRequest, public_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("chat:page", args=[public_id]))


@require_GET
@xframe_options_exempt
@_page
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """The hosted page, alone or in the widget's frame."""
    chat = find(public_id)
    greeting = render(wording.greeting(chat.gateway, _wanted(request.headers.get("Accept-Language", ""))))
    hook = reverse("webhook", args=[public_id])
    avatar = avatars.address(chat.gateway.agent)
    context = {"chat": chat, "greeting": greeting, "hook": hook, "limit": webchat.LONGEST_TEXT, "avatar": avatar}
    response = fill(request, "chat/page.html", context)
    # What csp.decorators.csp_replace sets; here the values are the gateway's and the agent's own.
    replaced = {"frame-ancestors": chat.framers}
    if elsewhere := avatars.origin(avatar):
        replaced["img-src"] = ["'self'", "data:", elsewhere]
    response._csp_replace = replaced  # type: ignore[attr-defined]  # read by CSPMiddleware
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _wanted(header: str) -> list[str]:
    """The languages that a browser asks for, the most wanted first. RFC 9110, section 12.5.4"""
    return [language for language, weight in parse_accept_lang_header(header[:200]) if language != "*" and weight > 0]


@require_GET
@cache_control(public=True, max_age=60)
@_api
def theme(request: HttpRequest, public_id: str) -> HttpResponse:
    """The gateway's colour as CSS, because the page allows no inline style."""
    colour = find(public_id).config.colour
    css = f":root {{ --accent: {colour}; --on-accent: {readable_on(colour)}; }}\n"
    return HttpResponse(css, content_type="text/css")


@require_GET
@cache_control(public=True, max_age=300)
@_api
def widget(request: HttpRequest, public_id: str) -> HttpResponse:
    """The script behind the one line that embeds the chat into any site."""
    chat = find(public_id)
    colour = chat.config.colour
    options = {
        "id": public_id,
        "title": chat.title,
        "colour": colour,
        "onColour": readable_on(colour),
    }
    response = fill(request, "chat/widget.js", {"options": json.dumps(options)}, content_type="text/javascript")
    # Sites that isolate themselves load only what says so: https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@csrf_exempt
@require_POST
@never_cache
@_api
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new visitor. Nothing is stored until they say something."""
    chat = find(public_id)
    visitor = webchat.new_visitor()
    return JsonResponse({"token": webchat.mint(visitor, chat.config.visitor_key), "visitor": visitor})


@require_GET
@never_cache
@_api
def feed(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is new for the visitor since `after`, awaited for up to `wait` seconds.

    `retry_in` (seconds) is in the answer when too many are waiting already: then ask again after that time.
    """
    chat = find(public_id)
    visitor = webchat.read(webchat.bearer(request.headers.get("Authorization", "")), chat.config.visitor_key)
    visit = Visit(chat.gateway.pk, visitor)
    after = Cursor.read(request.GET.get("after", ""))
    held = _hold(visit, after, _seconds(request.GET.get("wait", "")))
    answer = read(visit, after).json()
    return JsonResponse(answer if held else {**answer, "retry_in": RETRY_IN})


@require_GET
@never_cache
@_api
def file(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """A file that was sent to the visitor, for nobody else."""
    chat = find(public_id)
    visitor = webchat.read(webchat.bearer(request.headers.get("Authorization", "")), chat.config.visitor_key)
    conversation = of_file(Visit(chat.gateway.pk, visitor), number)
    if conversation is None:
        return _error(404, "not_found", "There is no such file.")
    return download(conversation, number)


def _hold(visit: Visit, seen: Cursor, seconds: float) -> bool:
    """Wait for news, unless there is some. False if it couldn't be waited for."""
    if not seconds or latest([visit]).get(visit, START) != seen:
        return True
    let_go()
    return NEWS.wait(visit, seen, seconds=seconds, most=settings.CHAT_MAX_WAITERS)


def _seconds(text: str) -> float:
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
