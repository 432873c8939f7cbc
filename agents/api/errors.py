"""The one shape of every error, and the refusals that REST framework has no exception for."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import APIException

TYPES = ("validation_error", "client_error", "server_error")


class Conflict(APIException):
    """It can't be done in the state that things are in."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class NotSupported(APIException):
    """Well formed and understood, but this one can't do it."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "not_supported"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is larger than this server takes."


class Unavailable(APIException):
    """The database is down or busy: nothing was done, and the same request may work in a moment."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database can't be reached right now. Send the request again later."
    wait = 10  # seconds, sent as Retry-After


class ProblemSerializer(serializers.Serializer[None]):
    """One thing that is wrong."""

    code = serializers.CharField(help_text="A word for programs, like `required` or `not_found`.")
    detail = serializers.CharField(help_text="A sentence for people.")
    attr = serializers.CharField(
        allow_null=True, help_text="The field or query parameter it is about, like `config.url`; null if it is none."
    )


def example(name: str, status_code: int, code: str, detail: str, attr: str | None = None) -> OpenApiExample:
    kind = "validation_error" if attr else "client_error"
    value = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr}]}
    return OpenApiExample(name, value, status_codes=[str(status_code)], response_only=True)


@extend_schema_serializer(
    examples=[
        example("A field that isn't one", 400, "unknown", "There is no such field.", "nmae"),
        example("It can't be done now", 409, "conflict", "The conversation is closed already."),
        example("It can't be done here", 422, "not_supported", "Messages of … gateways can't be sent through the API."),
    ]
)
class ErrorSerializer(serializers.Serializer[None]):
    """What every error looks like, whatever its status."""

    type = serializers.ChoiceField(choices=TYPES)
    errors = ProblemSerializer(many=True)  # type: ignore[assignment]  # REST framework takes fields out of the class
