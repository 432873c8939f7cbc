from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import rest_framework as filters

from conversations.api import filters as conversations
from conversations.models import Conversation
from handover.models import Handover


class ConversationFilter(conversations.ConversationFilter):
    waiting = filters.BooleanFilter(
        method="filter_waiting",
        help_text="true: only those handed over and not yet accepted by anybody; false: the rest.",
    )

    def filter_waiting(self, queryset: QuerySet[Conversation], name: str, value: bool) -> QuerySet[Conversation]:
        waiting: Any = Exists(Handover.objects.filter(conversation=OuterRef("pk"), state=Handover.State.WAITING))
        return queryset.filter(waiting if value else ~waiting)
