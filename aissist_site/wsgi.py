"""The WSGI entry point that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aissist_site.settings")

HOOKS = "/hooks/"


class Bare(WSGIHandler):
    """Django without middleware: a webhook needs no session, CSRF or messages, and they cost half its time."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # not in the stubs


django.setup(set_prefix=False)
_pages, _hooks = WSGIHandler(), Bare()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Webhooks go the short way, all else the usual one."""
    handler = _hooks if environ.get("PATH_INFO", "").startswith(HOOKS) else _pages
    return handler(environ, start_response)
