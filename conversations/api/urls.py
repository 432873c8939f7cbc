"""Listed in `handover.api.urls`, which adds to them: an agent's conversations, a conversation's messages."""

from django.urls import path

from conversations.api.views import ConversationDetail, Messages

urlpatterns = [
    path("agents/<int:agent_id>/messages", Messages.as_view()),
    path("conversations/<int:conversation_id>", ConversationDetail.as_view()),
]
