"""Sources of knowledge: make, read, change, import and delete them."""

import base64
import binascii
from typing import Any

from django.core.exceptions import ValidationError as Invalid
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, ListCreateAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.errors import Conflict, ErrorSerializer
from agents.api.fields import Strict, StrictModel
from agents.api.lists import Oldest
from agents.api.views import OfAgent
from agents.imports import order
from agents.imports.apply import remove
from agents.knowledge_models import Source, SourceLink, SourcePage
from agents.models import SubAgent

SHOWN = ("state", "error", "found", "done", "failed", "imported_at", "due_at")
ASKS_FOR_IMPORT = {"address", "include", "exclude", "most_pages", "file"}


class FileSerializer(Strict):
    """A file in JSON, so that it counts against the largest request. Larger ones are uploaded in admin."""

    name = serializers.CharField(max_length=200, help_text="Its ending says what it is, like `manual.pdf`.")
    content = serializers.CharField(help_text="Base64.", trim_whitespace=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            attrs["content"] = base64.b64decode(attrs["content"], validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError({"content": "This isn't Base64."}) from None
        try:
            order.check_file(attrs["name"], attrs["content"])
        except Invalid as problem:
            raise serializers.ValidationError({"content": problem.messages}) from None
        return attrs


class SourceSerializer(StrictModel[Source]):
    """What articles are imported from, and how far that is."""

    include = serializers.ListField(child=serializers.CharField(max_length=2_000), required=False, max_length=100)
    exclude = serializers.ListField(child=serializers.CharField(max_length=2_000), required=False, max_length=100)
    file = FileSerializer(required=False, write_only=True, help_text="Of a source of the kind `file`.")
    sub_agents = serializers.SlugRelatedField(
        slug_field="slug",
        many=True,
        required=False,
        queryset=SubAgent.objects.none(),
        help_text="Slugs of the sub agents that answer from every article of this source.",
    )

    class Meta:
        model = Source
        fields = (
            "id", "agent", "name", "kind", "address", "file", "include", "exclude", "most_pages", "every_hours",
            "sub_agents", *SHOWN, "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("agent", *SHOWN)
        extra_kwargs = {"kind": {"help_text": "Set when the source is made, and never changed."}}

    def get_fields(self) -> Any:
        fields = super().get_fields()
        view = self.context.get("view")
        if view is not None and not getattr(view, "swagger_fake_view", False):
            sub_agents: Any = fields["sub_agents"]
            sub_agents.child_relation.queryset = SubAgent.objects.filter(agent=view.agent())
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None and attrs.get("kind", self.instance.kind) != self.instance.kind:
            raise serializers.ValidationError({"kind": "This can't be changed. Make another source."})
        kind = self.instance.kind if self.instance else attrs.get("kind", Source.Kind.PAGE)
        if kind == Source.Kind.FILE and self.instance is None and "file" not in attrs:
            raise serializers.ValidationError({"file": "Give the file, or upload it in admin."})
        if kind != Source.Kind.FILE and "file" in attrs:
            raise serializers.ValidationError({"file": "Only a source of the kind “file” has one."})
        self._check_columns(attrs)
        return attrs

    def _check_columns(self, attrs: dict[str, Any]) -> None:
        columns = {name: value for name, value in attrs.items() if name not in ("file", "sub_agents")}
        kept = ("kind", "address", "include", "exclude")
        before = {name: getattr(self.instance, name) for name in kept} if self.instance else {}
        try:
            Source(**{**before, **columns}).clean()
        except Invalid as problem:
            raise serializers.ValidationError(problem.message_dict) from None

    def create(self, validated_data: dict[str, Any]) -> Source:
        file, sub_agents = validated_data.pop("file", None), validated_data.pop("sub_agents", [])
        source = Source.objects.create(**validated_data)
        _link(source, sub_agents)
        if file is None:
            order.import_anew(source)
        else:
            order.keep_file(source, file["name"], file["content"])
        return source

    def update(self, instance: Source, validated_data: dict[str, Any]) -> Source:
        file, sub_agents = validated_data.pop("file", None), validated_data.pop("sub_agents", None)
        super().update(instance, validated_data)
        if sub_agents is not None:
            _link(instance, sub_agents)
        if file is not None:
            order.keep_file(instance, file["name"], file["content"])
        elif validated_data.keys() & ASKS_FOR_IMPORT:
            order.import_anew(instance)
        instance.refresh_from_db()
        return instance


def _link(source: Source, sub_agents: list[SubAgent]) -> None:
    source.links.exclude(sub_agent__in=sub_agents).delete()
    for sub_agent in sub_agents:
        SourceLink.objects.get_or_create(source=source, sub_agent=sub_agent)


class SourcePageSerializer(serializers.ModelSerializer[SourcePage]):
    """One page of a source, and why it couldn't be read."""

    class Meta:
        model = SourcePage
        fields = ("id", "address", "state", "error", "read_at")
        read_only_fields = fields


class OfSource(OfAgent):
    """A view below `agents/{agent_id}/sources/{source_id}`."""

    def source(self) -> Source:
        found = Source.objects.filter(agent=self.agent(), pk=self.kwargs["source_id"]).first()
        if found is None:
            raise NotFound("This agent has no such source.")
        return found


@extend_schema_view(
    get=extend_schema(operation_id="listSources", tags=["Knowledge"], summary="List an agent's sources"),
    post=extend_schema(
        operation_id="createSource",
        tags=["Knowledge"],
        summary="Create a source",
        description="Its articles are imported in the background; read it again to see how far that is.",
        responses={201: SourceSerializer, 409: ErrorSerializer},
        examples=[
            OpenApiExample(
                "A help centre, read again every day",
                {
                    "name": "Help centre",
                    "kind": "sitemap",
                    "address": "https://shop.example.com/sitemap.xml",
                    "include": ["/help/*"],
                    "every_hours": 24,
                },
                request_only=True,
            )
        ],
    ),
)
class Sources(OfAgent, ListCreateAPIView[Source]):
    needs = {"GET": "agents.view_source", "POST": "agents.add_source"}
    http_method_names = ["get", "post", "head"]
    queryset = Source.objects.all()
    serializer_class = SourceSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[Source]:
        return Source.objects.filter(agent=self.agent())

    def perform_create(self, serializer: Any) -> None:
        agent = self.agent()
        if Source.objects.filter(agent=agent, name=serializer.validated_data["name"]).exists():
            raise serializers.ValidationError({"name": "This agent has a source of this name already."})
        serializer.save(agent=agent)


@extend_schema_view(
    get=extend_schema(operation_id="getSource", tags=["Knowledge"], summary="Read a source"),
    patch=extend_schema(
        operation_id="updateSource",
        tags=["Knowledge"],
        summary="Change a source",
        description="Send only what changes. Another address, pattern or file is imported at once.",
        responses={200: SourceSerializer, 409: ErrorSerializer},
    ),
    delete=extend_schema(
        operation_id="deleteSource",
        tags=["Knowledge"],
        summary="Delete a source",
        description="Its articles are deleted with it, but for those that people have edited.",
        responses={204: None},
    ),
)
class SourceDetail(OfSource, RetrieveUpdateDestroyAPIView[Source]):
    needs = {"GET": "agents.view_source", "PATCH": "agents.change_source", "DELETE": "agents.delete_source"}
    http_method_names = ["get", "patch", "delete", "head"]
    queryset = Source.objects.all()
    serializer_class = SourceSerializer

    def get_object(self) -> Source:
        return self.source()

    def perform_destroy(self, instance: Source) -> None:
        remove(instance)


class SourceImport(OfSource):
    needs = {"POST": "agents.change_source", "DELETE": "agents.change_source"}
    http_method_names = ["post", "delete"]

    @extend_schema(
        operation_id="importSource",
        tags=["Knowledge"],
        summary="Import a source now",
        request=None,
        responses={202: SourceSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, agent_id: int, source_id: int) -> Response:
        source = self.source()
        with transaction.atomic():
            if not order.import_now(source):
                raise Conflict("It is being imported already.")
        return self._answer(source)

    @extend_schema(
        operation_id="cancelImport",
        tags=["Knowledge"],
        summary="Stop a source's import",
        description="It stops at the next page, and the articles stay as they are.",
        request=None,
        responses={202: SourceSerializer, 409: ErrorSerializer},
    )
    def delete(self, request: Request, agent_id: int, source_id: int) -> Response:
        source = self.source()
        if not order.cancel(source):
            raise Conflict("There is no import to be stopped.")
        return self._answer(source)

    def _answer(self, source: Source) -> Response:
        source.refresh_from_db()
        shown = SourceSerializer(source, context={"view": self, "request": self.request})
        return Response(shown.data, status=status.HTTP_202_ACCEPTED)


@extend_schema_view(
    get=extend_schema(operation_id="listSourcePages", tags=["Knowledge"], summary="List a source's pages")
)
class SourcePages(OfSource, ListAPIView[SourcePage]):
    needs = {"GET": "agents.view_source"}
    http_method_names = ["get", "head"]
    queryset = SourcePage.objects.all()
    serializer_class = SourcePageSerializer
    pagination_class = Oldest

    def get_queryset(self) -> QuerySet[SourcePage]:
        return self.source().pages.defer("pieces")
