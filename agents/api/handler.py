"""Turn exceptions into answers. Apart from `errors`, because REST framework's settings are read while views load."""

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from drf_standardized_errors.handler import ExceptionHandler

from agents.api.errors import TooLarge, Unavailable


class Handler(ExceptionHandler):
    """Tells a database that is away, and a body that is too large, from a mistake of ours."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, (OperationalError, InterfaceError)):
            return Unavailable()
        if isinstance(exc, RequestDataTooBig):
            return TooLarge()
        return super().convert_known_exceptions(exc)
