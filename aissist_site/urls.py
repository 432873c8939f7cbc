"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from agents.views import avatar
from aissist_site import api, health
from aissist_site.answers import answer
from gateways.callback import callback
from gateways.views import webhook

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("hooks/<str:public_id>", webhook, name="webhook"),
    path("avatars/<int:agent_id>/<slug:digest>", avatar, name="avatar"),
    path("hooks/answers/<str:token>", answer, name="answer"),
    path("oauth/callback", callback, name="oauth-callback"),
    path("chat/", include("conversations.chat.urls")),
    path("widget/", include("handover.widget.urls")),
    path("api", RedirectView.as_view(pattern_name="api-docs")),
    path("api/", include(api)),
    path("", include(health)),
    path("admin/", admin.site.urls),
]
