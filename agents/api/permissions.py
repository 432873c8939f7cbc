"""What whoever asks may do: a key everything with its own agent, staff what admin allows them."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from agents.models import ApiKey


class MayAct(BasePermission):
    """Views say in `needs` which Django permission each of their methods wants from staff."""

    message = "Your account lacks the permission for this. An administrator can grant it in admin."

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey):
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated("Send an API key as “Authorization: Bearer <key>”, or sign in to admin.")
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method.lower() not in view.http_method_names:
            return True  # answered with 405
        return request.user.has_perm(view.needs[method])
