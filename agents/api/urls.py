from django.urls import path

from agents.api.engines import EngineDetail, Engines
from agents.api.sources import SourceDetail, SourceImport, SourcePages, Sources
from agents.api.sub_agents import SubAgentDetail, SubAgents
from agents.api.views import AgentDetail, Agents
from agents.api.views_actions import ActionDetail, Actions

urlpatterns = [
    path("agents", Agents.as_view()),
    path("agents/<int:agent_id>", AgentDetail.as_view()),
    path("agents/<int:agent_id>/sub-agents", SubAgents.as_view()),
    path("agents/<int:agent_id>/sub-agents/<int:sub_agent_id>", SubAgentDetail.as_view()),
    path("agents/<int:agent_id>/engines", Engines.as_view()),
    path("agents/<int:agent_id>/engines/<int:engine_id>", EngineDetail.as_view()),
    path("agents/<int:agent_id>/actions", Actions.as_view()),
    path("agents/<int:agent_id>/actions/<int:action_id>", ActionDetail.as_view()),
    path("agents/<int:agent_id>/sources", Sources.as_view()),
    path("agents/<int:agent_id>/sources/<int:source_id>", SourceDetail.as_view()),
    path("agents/<int:agent_id>/sources/<int:source_id>/import", SourceImport.as_view()),
    path("agents/<int:agent_id>/sources/<int:source_id>/pages", SourcePages.as_view()),
]
