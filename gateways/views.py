"""The one webhook view of all platforms: translate a request, let `receive` decide, translate the outcome."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from gateways import doors
from gateways.base import Answer, InboundRequest
from gateways.errors import ConfigError, Refused, TooLarge
from gateways.models import Receipt
from gateways.receive import receive

log = structlog.get_logger(__name__)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, public_id: str) -> HttpResponse:
    """202 once the request is kept; 4xx for what we refuse; 503 for what the platform should send again."""
    try:
        outcome = _received(public_id, _inbound(request))
    except Refused as refused:
        log.info("webhook_refused", gateway=public_id, status=refused.status, why=refused.public)
        return _error(refused.status, type(refused).__name__.lower(), refused.public)
    except ConfigError as error:
        log.error("gateway_not_configured", gateway=public_id, options=sorted(error.errors))
        return _later("This gateway isn't fully configured yet. Send the request again later.")
    except Error as error:
        log.error("database_unavailable", gateway=public_id, error=type(error).__name__)
        return _later("We can't store your request right now. Send it again later.")
    if outcome is None:
        return _error(404, "not_found", "There is no gateway at this address.")
    if isinstance(outcome, Answer):
        return HttpResponse(outcome.body, status=outcome.status, content_type=outcome.content_type)
    return HttpResponse(b'{"receipt": %d}' % outcome.pk, status=202, content_type="application/json")


def _received(public_id: str, request: InboundRequest) -> Receipt | Answer | None:
    """What came of the request; None where no gateway is. Only who was read for it may refuse it."""
    if known := doors.remembered(public_id):
        with suppress(Refused):
            return receive(known.gateway, known.adapter, request)
    found = doors.read(public_id)
    return None if found is None else receive(found.gateway, found.adapter, request)


def _inbound(request: HttpRequest) -> InboundRequest:
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise TooLarge("The request is larger than this server takes.") from error
    return InboundRequest(
        method=request.method or "",
        headers=_headers(request.META),
        body=body,
        query=request.GET.dict() if request.META.get("QUERY_STRING") else {},
    )


def _headers(meta: Mapping[str, Any]) -> dict[str, str]:
    """By name in lower case. `request.headers` would cost each webhook as much as checking its signature."""
    found = {name[5:]: value for name, value in meta.items() if name.startswith("HTTP_")}
    found |= {name: meta[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in meta}
    return {name.replace("_", "-").lower(): value for name, value in found.items()}


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)


def _later(message: str) -> JsonResponse:
    response = _error(503, "unavailable", message)
    response["Retry-After"] = "10"
    return response
