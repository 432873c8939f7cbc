"""Contacts, and what is remembered about them. Who has written to one of an agent's gateways is its contact."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import scope
from agents.api.errors import Conflict
from agents.api.lists import Newest
from agents.api.views import OfAgent
from contacts import remember
from contacts.api.serializers import (
    KnownContactSerializer,
    MemoryCreationSerializer,
    MemoryDecisionSerializer,
    MemorySerializer,
)
from contacts.models import Contact, Memory


@extend_schema_view(
    get=extend_schema(
        operation_id="listContacts",
        tags=["Contacts"],
        summary="List an agent's contacts",
        description="Those who wrote first to any of the agent's gateways last come first.",
    )
)
class Contacts(OfAgent, ListAPIView[Contact]):
    needs = {"GET": "contacts.view_contact"}
    http_method_names = ["get", "head"]
    queryset = Contact.objects.all()
    serializer_class = KnownContactSerializer
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.filter(identities__gateway__agent=self.agent()).distinct()


class OfContact(APIView):
    """A view below `contacts/{contact_id}`."""

    def contact(self) -> Contact:
        seen = Contact.objects.filter(identities__gateway__agent__in=scope.agents(self.request))
        found = seen.filter(pk=self.kwargs["contact_id"]).distinct().first()
        if found is None:
            raise NotFound("There is no such contact.")
        return found


@extend_schema_view(
    get=extend_schema(operation_id="getContact", tags=["Contacts"], summary="Read a contact"),
    patch=extend_schema(
        operation_id="updateContact",
        tags=["Contacts"],
        summary="Change a contact",
        description="Send only what changes. With a `language`, that is what they are spoken to in.",
        examples=[OpenApiExample("Speak German to them", {"language": "de"}, request_only=True)],
    ),
)
class ContactDetail(OfContact, RetrieveUpdateAPIView[Contact]):
    needs = {"GET": "contacts.view_contact", "PATCH": "contacts.change_contact"}
    http_method_names = ["get", "patch", "head"]
    queryset = Contact.objects.all()
    serializer_class = KnownContactSerializer

    def get_object(self) -> Contact:
        return self.contact()


@extend_schema_view(
    get=extend_schema(
        operation_id="listMemories",
        tags=["Contacts"],
        summary="List what is remembered about a contact",
        description="The latest first. Engines are told what was offered and what is kept.",
    ),
    post=extend_schema(
        operation_id="createMemory",
        tags=["Contacts"],
        summary="Have something remembered about a contact",
        request=MemoryCreationSerializer,
        responses={201: MemorySerializer},
        examples=[OpenApiExample("A fact", {"text": "Wears size 43."}, request_only=True)],
    ),
)
class Memories(OfContact, ListAPIView[Memory]):
    needs = {"GET": "contacts.view_memory", "POST": "contacts.add_memory"}
    http_method_names = ["get", "post", "head"]
    queryset = Memory.objects.all()
    serializer_class = MemorySerializer
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Memory]:
        return self.contact().memories.all()

    def post(self, request: Request, contact_id: int) -> Response:
        contact = self.contact()
        serializer = MemoryCreationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = remember.write(contact, serializer.validated_data["text"], _user(request))
        return Response(MemorySerializer(row).data, status=status.HTTP_201_CREATED)


class MemoryDetail(OfContact):
    """One fact: keep it, reject it, or forget that there was one."""

    needs = {"PATCH": "contacts.change_memory", "DELETE": "contacts.delete_memory"}
    http_method_names = ["patch", "delete"]

    def memory(self) -> Memory:
        found = self.contact().memories.filter(pk=self.kwargs["memory_id"]).first()
        if found is None:
            raise NotFound("This contact has no such memory.")
        return found

    @extend_schema(
        operation_id="decideMemory",
        tags=["Contacts"],
        summary="Keep or reject a fact",
        request=MemoryDecisionSerializer,
        responses={200: MemorySerializer},
    )
    def patch(self, request: Request, contact_id: int, memory_id: int) -> Response:
        memory = self.memory()
        serializer = MemoryDecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not memory.text:
            raise Conflict("It was rejected, and its text is gone. Write it down again instead.")
        remember.decide(memory, serializer.validated_data["state"], _user(request))
        return Response(MemorySerializer(memory).data)

    @extend_schema(
        operation_id="deleteMemory",
        tags=["Contacts"],
        summary="Forget a fact",
        description="As if it had never been known: an engine may offer it again. To prevent that, reject it.",
        responses={204: None},
    )
    def delete(self, request: Request, contact_id: int, memory_id: int) -> Response:
        remember.forget(self.memory())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _user(request: Request) -> Any:
    return request.user if request.user.is_authenticated else None
