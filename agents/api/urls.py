from django.urls import path

from agents.api.views import AgentDetail, Agents
from agents.api.views_actions import ActionDetail, Actions

urlpatterns = [
    path("agents", Agents.as_view()),
    path("agents/<int:agent_id>", AgentDetail.as_view()),
    path("agents/<int:agent_id>/actions", Actions.as_view()),
    path("agents/<int:agent_id>/actions/<int:action_id>", ActionDetail.as_view()),
]
