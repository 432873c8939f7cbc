from django.urls import path

from handover.api.configuration import Configuration
from handover.api.draft_views import DiscardDraft, Drafts, SendDraft, SubAgentMode, SubAgentModes
from handover.api.rule_views import HandoverRuleDetail, HandoverRules, HandoverSettingsDetail
from handover.api.views import Attachments, Close, ConversationMessages, Conversations, GiveBack, HandOver, Suspend
from handover.api.views_actions import ActionRequests, Approve, Decline
from handover.api.widget_views import WidgetLinks

urlpatterns = [
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/configuration", Configuration.as_view()),
    path("agents/<int:agent_id>/conversations", Conversations.as_view()),
    path("conversations/<int:conversation_id>/messages", ConversationMessages.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/sub-agents", SubAgentModes.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/sub-agents/<int:sub_agent_id>", SubAgentMode.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/handover-rules", HandoverRules.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/handover-rules/<int:rule_id>", HandoverRuleDetail.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/handover-settings", HandoverSettingsDetail.as_view()),
    path("conversations/<int:conversation_id>/drafts", Drafts.as_view()),
    path("conversations/<int:conversation_id>/drafts/send", SendDraft.as_view()),
    path("conversations/<int:conversation_id>/drafts/discard", DiscardDraft.as_view()),
    path("conversations/<int:conversation_id>/attachments/<int:number>", Attachments.as_view()),
    path("conversations/<int:conversation_id>/handover", HandOver.as_view()),
    path("conversations/<int:conversation_id>/give-back", GiveBack.as_view()),
    path("conversations/<int:conversation_id>/suspend", Suspend.as_view()),
    path("conversations/<int:conversation_id>/close", Close.as_view()),
    path("conversations/<int:conversation_id>/action-requests", ActionRequests.as_view()),
    path("conversations/<int:conversation_id>/action-requests/<int:request_id>/approve", Approve.as_view()),
    path("conversations/<int:conversation_id>/action-requests/<int:request_id>/decline", Decline.as_view()),
    path("conversations/<int:conversation_id>/widget-links", WidgetLinks.as_view()),
]
