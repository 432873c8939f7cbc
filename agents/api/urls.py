from django.urls import path

from agents.api.sources import SourceDetail, SourceImport, SourcePages, Sources
from agents.api.views import AgentDetail, Agents

urlpatterns = [
    path("agents", Agents.as_view()),
    path("agents/<int:agent_id>", AgentDetail.as_view()),
    path("agents/<int:agent_id>/sources", Sources.as_view()),
    path("agents/<int:agent_id>/sources/<int:source_id>", SourceDetail.as_view()),
    path("agents/<int:agent_id>/sources/<int:source_id>/import", SourceImport.as_view()),
    path("agents/<int:agent_id>/sources/<int:source_id>/pages", SourcePages.as_view()),
]
