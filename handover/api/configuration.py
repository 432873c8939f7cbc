"""A gateway's whole configuration over the API: read it, or make it be as given."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.exceptions import PermissionDenied as Forbidden
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.errors import TooLarge
from agents.api.parsers import Json
from agents.models import ApiKey
from gateways.api.views import OfGateway
from gateways.models import Gateway
from handover.configuration import permissions, resolve, review, text
from handover.configuration.apply import apply
from handover.configuration.describe import describe, shown
from handover.configuration.read import document
from handover.configuration.show import lines
from handover.configuration.values import ConfigurationError, Document, Outcome

LARGEST = 1_000_000  # bytes
APPLYING = """\
What isn't named is left as it is. A list that is named is the whole of it: rows that it doesn't have are deleted, but
for destinations, which are only added and renamed. `secrets` takes references, never values:
`{"env": "AISSIST_SECRET_…"}` for a variable of this server, `{"generate": true}` to have one made, null to remove it.
Sent twice, it is done once. Takes YAML, too, as `application/yaml`.
"""
EXAMPLE = {
    "kind": "gateway",
    "name": "Shop chat",
    "mode": "auto",
    "escalation_target": {"destination": {"kind": "people", "external_id": "front-desk"}},
    "message_templates": [{"kind": "handover", "language": "en", "text": "A colleague takes over."}],
}


class Yaml(BaseParser):
    """One document of YAML as a body."""

    media_type = "application/yaml"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise TooLarge
        try:
            found = list(text.load(body.decode(), "The body"))
        except UnicodeError:
            raise ParseError("The body isn't UTF-8 text.") from None
        except ConfigurationError as error:
            raise ParseError(str(error)) from error
        if len(found) != 1:
            raise ParseError(f"Give one document, the body has {len(found)}.")
        return found[0]


class AppliedSerializer(serializers.Serializer[None]):
    """What was done, or with `dry_run` what would be."""

    changes = serializers.ListField(child=serializers.CharField(), help_text="The diff, a line for each difference.")
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What to know before it is let loose.")
    configuration = serializers.DictField(help_text="The configuration as it is now.")


class Configuration(OfGateway):
    needs = {"GET": "gateways.view_gateway", "PUT": "gateways.change_gateway"}
    http_method_names = ["get", "put", "head"]
    parser_classes = (Json, Yaml)

    @extend_schema(
        operation_id="getGatewayConfiguration",
        tags=["Gateways"],
        summary="Read a gateway's whole configuration",
        description="The same structure as the YAML of `manage.py export`, with references in place of secrets.",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        return Response(_values(self.gateway()))

    @extend_schema(
        operation_id="applyGatewayConfiguration",
        tags=["Gateways"],
        summary="Make a gateway be configured so",
        description=APPLYING,
        parameters=[
            OpenApiParameter("dry_run", bool, description="Only say what would change.", default=False),
        ],
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: AppliedSerializer},
        examples=[OpenApiExample("Target and message", EXAMPLE, request_only=True)],
    )
    def put(self, request: Request, agent_id: int, gateway_id: int) -> Response:
        gateway = self.gateway()
        try:
            wanted = review.gateway_only(_document(request.data))
            outcome = _apply(wanted, gateway, request)
        except ConfigurationError as error:
            raise ValidationError([ErrorDetail(problem, "invalid") for problem in error.problems]) from error
        except PermissionDenied as error:
            raise Forbidden(str(error)) from error
        fresh = Gateway.objects.get(pk=gateway.pk)
        told = [str(line) for line in lines(outcome)[1:] if line.mark != "!"]
        return Response({"changes": told, "warnings": outcome.warnings, "configuration": _values(fresh)})


def _apply(wanted: Document, gateway: Gateway, request: Request) -> Outcome:
    with transaction.atomic():
        outcome = apply([wanted], resolve.from_afar, target=gateway)[0]
        if isinstance(request.auth, ApiKey):
            _stay(wanted, gateway)
        else:
            permissions.check(outcome, request.user)
        if request.query_params.get("dry_run", "false").lower() in ("true", "1"):
            transaction.set_rollback(True)
    return outcome


def _stay(wanted: Document, gateway: Gateway) -> None:
    """A key acts for one agent: it can't give a gateway to another one."""
    if wanted.columns.get("agent", gateway.agent.name) != gateway.agent.name:
        raise ConfigurationError(f"{wanted.origin}: agent: A key can't give a gateway to another agent.")


def _document(data: Any) -> Document:
    if not isinstance(data, dict):
        raise ConfigurationError("Give names and values, beginning with “kind”.")
    return document(data, "configuration")


def _values(gateway: Gateway) -> dict[str, Any]:
    return text.as_values(shown(describe(gateway)))
