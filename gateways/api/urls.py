from django.urls import path

from gateways.api.places import Destinations, DestinationsRead, Events, Teammates
from gateways.api.views import (
    GatewayAuthorize,
    GatewayCheck,
    GatewayConnect,
    GatewayDetail,
    GatewayDisconnect,
    Gateways,
)

urlpatterns = [
    path("agents/<int:agent_id>/gateways", Gateways.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>", GatewayDetail.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/check", GatewayCheck.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/destinations", Destinations.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/destinations/read", DestinationsRead.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/teammates", Teammates.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/events", Events.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/authorize", GatewayAuthorize.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/connect", GatewayConnect.as_view()),
    path("agents/<int:agent_id>/gateways/<int:gateway_id>/disconnect", GatewayDisconnect.as_view()),
]
