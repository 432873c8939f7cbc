"""Who is asking: a key that acts for one agent, or a signed-in member of staff."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from agents.models import ApiKey


class AgentKey(BaseAuthentication):
    """`Authorization: Bearer <key>`, or `Api-Key <key>`. Nothing is written: one read for each request."""

    schemes = ("bearer", "api-key")

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
        if not scheme:
            return None
        if scheme.lower() not in self.schemes:
            raise AuthenticationFailed("Send the key as “Authorization: Bearer <key>”.")
        return AnonymousUser(), _usable(key.strip())

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class StaffSession(SessionAuthentication):
    """Somebody who is signed in to admin. What changes something needs the CSRF token, as everywhere in a browser."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        user = getattr(request._request, "user", None)
        return super().authenticate(request) if user is not None and user.is_staff else None


def _usable(key: str) -> ApiKey:
    prefix, _, _ = key.partition(".")
    found: ApiKey | None = ApiKey.objects.select_related("agent").filter(prefix=prefix).first()
    if found is None or not found.is_valid(key):
        raise AuthenticationFailed("There is no such API key. Check that it was copied whole.")
    if found.revoked:
        raise AuthenticationFailed("This API key was revoked. Ask for a new one.")
    if found.has_expired:
        raise AuthenticationFailed("This API key has expired. Ask for a new one.")
    return found
