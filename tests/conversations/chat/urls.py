"""The chat where the site puts it, for tests that need no other address."""

from django.urls import include, path

urlpatterns = [path("chat/", include("conversations.chat.urls"))]
