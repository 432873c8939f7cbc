from django.urls import path

from handover.api.views import Attachments, Close, ConversationMessages, Conversations, GiveBack, HandOver, Suspend

urlpatterns = [
    path("agents/<int:agent_id>/conversations", Conversations.as_view()),
    path("conversations/<int:conversation_id>/messages", ConversationMessages.as_view()),
    path("conversations/<int:conversation_id>/attachments/<int:number>", Attachments.as_view()),
    path("conversations/<int:conversation_id>/handover", HandOver.as_view()),
    path("conversations/<int:conversation_id>/give-back", GiveBack.as_view()),
    path("conversations/<int:conversation_id>/suspend", Suspend.as_view()),
    path("conversations/<int:conversation_id>/close", Close.as_view()),
]
