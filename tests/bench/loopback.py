"""What the site is given for a bench: an engine that echoes, and a platform that drops no repeats but can be asked."""

import time
from dataclasses import replace

from agents.engines.base import Brief, Decision, Engine, Escalation, Reason
from agents.http import HttpError
from gateways.adapters.webhook import Webhook
from gateways.answers import unanswered
from gateways.errors import DeliveryError, Failure
from gateways.messages import Outgoing, Sent


class Echo(Engine):
    """Says back all that is new, after the agent's delay, so that every marker returns to where it came from."""

    label = "Echo"

    def decide(self, brief: Brief) -> Decision:
        time.sleep(float(brief.agent.options.get("delay", 0)))
        return Decision(
            reply=f"re: {brief.question}",
            escalation=Escalation.NONE,
            reason=Reason.ANSWERED,
            why="An echo.",
            confidence=1.0,
        )


class Loopback(Webhook):
    """The webhook platform's harder sister: sending twice arrives twice, texts are short, and what arrived can be read.

    Settling asks GET <url>/refs/<client_ref>: 200 if it arrived, 404 if not.
    """

    label = "Loopback"
    capabilities = replace(Webhook.capabilities, idempotent=False, history=True, max_length=120)

    def settle(self, outgoing: Outgoing) -> Sent | None:
        try:
            answer = self.http.request("GET", f"{self.config.url}/refs/{outgoing.client_ref}")
        except HttpError as error:
            raise unanswered(error) from error
        if answer.status not in (200, 404):
            raise DeliveryError(Failure.UNKNOWN, f"Asked what arrived, the platform answered {answer.status}.")
        return Sent(external_id=outgoing.client_ref) if answer.status == 200 else None
