"""The REST API as a whole: the resources of every room, its OpenAPI document, and the page to read that on."""

from functools import cache
from typing import Any, NoReturn

from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import openapi as openapi  # registers how authentication is described


@cache
def document() -> Any:
    """The OpenAPI document. Made once: nothing in it depends on who asks."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # the library is untyped


class Schema(APIView):
    """The OpenAPI document, as JSON or, if asked for, YAML."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(document())


class NoSuchPath(APIView):
    """Every other address below /api, so that its 404 looks like all other errors."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        slash = " Its paths don't end with a slash." if request.path.endswith("/") else ""
        raise NotFound(f"The API has no such path.{slash} See /api/docs.")


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api-docs")),
    path("docs", TemplateView.as_view(template_name="api/docs.html"), name="api-docs"),
    path("schema", Schema.as_view(), name="api-schema"),
    path("", include("agents.api.urls")),
    path("", include("gateways.api.urls")),
    path("", include("contacts.api.urls")),
    path("", include("handover.api.urls")),
    path("", include("conversations.api.urls")),
    re_path("", NoSuchPath.as_view()),
]
