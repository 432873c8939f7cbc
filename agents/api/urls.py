from django.urls import path

from agents.api.views import AgentDetail, Agents

urlpatterns = [
    path("agents", Agents.as_view()),
    path("agents/<int:agent_id>", AgentDetail.as_view()),
]
