"""What lists of conversations and messages can be narrowed to."""

from django import forms
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from conversations.models import Conversation, Message


@extend_schema_field(OpenApiTypes.INT)
class Number(filters.NumberFilter):  # type: ignore[misc]  # the library is untyped
    """A whole number that every database can compare."""

    field_class = forms.IntegerField

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, min_value=0, max_value=2**63 - 1, **kwargs)


class ConversationFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    status = filters.ChoiceFilter(choices=Conversation.Status.choices)
    owner = filters.ChoiceFilter(choices=Conversation.Owner.choices, help_text="Whose move it is.")
    has_draft = filters.BooleanFilter(help_text="true: only those in which a draft waits for people; false: the rest.")
    gateway = Number(field_name="gateway_id", help_text="The id of a gateway.")
    contact = filters.CharFilter(field_name="identity__external_id", help_text="The platform's id of the customer.")
    since = filters.IsoDateTimeFilter(
        field_name="last_message_at", lookup_expr="gte", help_text="Something was said at or after this time."
    )

    class Meta:
        model = Conversation
        fields = ("status", "owner", "has_draft", "gateway", "contact", "since")


class MessageFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    author = filters.ChoiceFilter(choices=Message.Author.choices)
    kind = filters.ChoiceFilter(choices=Message.Kind.choices)
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", help_text="At or after this time.")

    class Meta:
        model = Message
        fields = ("author", "kind", "since")


class MessageInConversationFilter(MessageFilter):
    after_seq = Number(field_name="seq", lookup_expr="gt", help_text="Only those after the message of this number.")


class MessageOfAgentFilter(MessageFilter):
    gateway = Number(field_name="conversation__gateway_id", help_text="The id of a gateway.")
    conversation = Number(field_name="conversation_id", help_text="The id of a conversation.")
