from django.urls import path

from gateways.api.views import GatewayCheck, GatewayConnect, GatewayDetail, GatewayDisconnect, Gateways

urlpatterns = [
    path("agents/<int:agent_id>/gateways", Gateways.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>", GatewayDetail.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/check", GatewayCheck.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/connect", GatewayConnect.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/disconnect", GatewayDisconnect.as_view()),
]
