"""A Zendesk account whose tickets come from messaging, too: Sunshine Conversations and tickets on one server.

When control passes to the Agent Workspace, a ticket is made with the tags that came along, or the conversation's open
one goes on. People answer in messaging, note on the ticket, and solve it: then control goes back.
"""

from typing import Any

from tests.loopback.server import Reply, Request
from tests.loopback.sunshine import Sunshine
from tests.loopback.zendesk import Zendesk
from tests.loopback.zendesk.tickets import CHANNELS

CHANNEL = "native_messaging"
CHANNELS.setdefault(CHANNEL, "Messaging")


class ZendeskMessaging(Sunshine, Zendesk):
    routes = {
        **Zendesk.routes,
        **Sunshine.routes,
        ("GET", r"/api/v2/users/(?P<user>[0-9]+)/tickets/requested"): "requested_tickets",
    }

    def __init__(self) -> None:
        super().__init__()
        self.ticket_of: dict[str, int] = {}  # by conversation: its newest ticket

    def handed(self, talk: dict[str, Any], metadata: dict[str, Any]) -> None:
        user = self.talkers[talk["user"]]
        if "zendeskId" not in user:
            user["zendeskId"] = str(self.person(user["profile"]["givenName"], user["profile"].get("email", ""))["id"])
        known = self.tickets.get(self.ticket_of.get(talk["id"], 0))
        if known is not None and known["status"] != "closed":
            return
        requester, tags = self.users[int(user["zendeskId"])], metadata.get("dataCapture.systemField.tags", "")
        words = "\n".join(each["content"].get("text", "") for each in talk["said"]) or "Conversation"
        given = {"requester_id": requester["id"], "comment": {"body": words}, "tags": tags.split(",")}
        self.ticket_of[talk["id"]] = self.create(given, requester, CHANNEL)["id"]

    def requested_tickets(self, request: Request, user: str) -> Reply:
        self.who(request, staff=True)
        theirs = [each for each in self.tickets.values() if str(each["requester_id"]) == user]
        return self.page(request, "tickets", sorted(theirs, key=lambda each: -each["id"]))

    def solves(self, talk: str) -> None:
        """The people are done: the ticket is Grace's and solved, and control goes back to the agent."""
        ticket = self.ticket_of[talk]
        self.sets(ticket, group_id=self.billing["id"], assignee_id=self.grace["id"], status="solved")
        self.ends(talk)
