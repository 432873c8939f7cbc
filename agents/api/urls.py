from django.urls import path

from agents.api.instructions import Instructions, RevokeInstruction
from agents.api.views import AgentDetail, Agents

urlpatterns = [
    path("agents", Agents.as_view()),
    path("agents/<int:agent_id>", AgentDetail.as_view()),
    path("agents/<int:agent_id>/instructions", Instructions.as_view()),
    path("agents/<int:agent_id>/instructions/<int:instruction_id>/revoke", RevokeInstruction.as_view()),
]
