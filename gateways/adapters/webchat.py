"""Placeholder, being written."""

from collections.abc import Iterable
from dataclasses import dataclass
from gateways.base import Adapter, Capabilities, Health, InboundRequest
from gateways.config import option
from gateways.messages import Event, Outgoing, Sent


@dataclass(frozen=True, slots=True)
class Config:
    signing_secret: str = option("Signing secret", secret=True)


class WebChat(Adapter):
    label = "Web chat"
    docs = "https://www.standardwebhooks.com/"
    capabilities = Capabilities()
    Config = Config

    def verify(self, request: InboundRequest) -> None: ...
    def parse(self, request: InboundRequest) -> Iterable[Event]:
        return ()

    def send(self, outgoing: Outgoing) -> Sent:
        return Sent()

    def check(self) -> Health:
        return Health(True, "")
