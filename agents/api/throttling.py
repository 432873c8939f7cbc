"""How much one client may ask."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from agents.models import ApiKey


class PerClient(SimpleRateThrottle):
    """Off unless API_RATE is set. Counted for each key or account, in each process by itself: a brake, not a quota."""

    scope = "client"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if isinstance(request.auth, ApiKey):
            return f"api-key-{request.auth.prefix}"
        return f"api-user-{request.user.pk}"
