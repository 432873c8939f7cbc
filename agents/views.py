"""Avatars over HTTP. They are public, as the chats are in which they are shown."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from agents.avatars import KINDS
from agents.models import Avatar


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def avatar(request: HttpRequest, agent_id: int, digest: str) -> HttpResponse:
    """The picture, as nothing but a picture: of a known kind, which the browser may not second-guess."""
    found = Avatar.objects.filter(agent=agent_id, digest=digest, kind__in=KINDS).first()
    if found is None:
        raise Http404("There is no such picture.")
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}
    response = HttpResponse(bytes(found.image), content_type=found.kind, headers=headers)
    # What csp.decorators.csp_replace sets: opened by itself, the picture may load and run nothing.
    response._csp_replace = {"default-src": ["'none'"], "img-src": ["'none'"], "sandbox": []}  # type: ignore[attr-defined]  # read by CSPMiddleware
    return response
