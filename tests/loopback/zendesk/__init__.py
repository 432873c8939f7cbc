"""A Zendesk account with tickets, people and webhooks, as strict as the real one where we know it."""

from typing import Any

from tests.loopback.server import Reply, Request
from tests.loopback.zendesk.hooks import Hooks

__all__ = ["API_TOKEN", "BOT_EMAIL", "Zendesk"]

API_TOKEN, BOT_EMAIL = "an-api-token-of-the-account", "assistant@shop.example"
API = r"/api/v2"
ID = r"(?P<id>[0-9]+)"
HOOK = r"(?P<id>[0-9A-Z]+)"


class Zendesk(Hooks):
    """`bot` is the user whose credentials we have; Grace works here, in Support and in Billing."""

    routes = {
        ("GET", r"/oauth/authorizations/new"): "authorize",
        ("POST", r"/oauth/tokens"): "token",
        ("GET", rf"{API}/users/me"): "me",
        ("GET", rf"{API}/users"): "all_users",
        ("GET", rf"{API}/users/{ID}"): "one_user",
        ("GET", rf"{API}/users/show_many"): "many_users",
        ("GET", rf"{API}/users/search"): "search_users",
        ("POST", rf"{API}/users/create_or_update"): "create_or_update_user",
        ("GET", rf"{API}/groups(/assignable)?"): "all_groups",
        ("GET", rf"{API}/groups/{ID}"): "one_group",
        ("GET", rf"{API}/group_memberships(/assignable)?"): "all_memberships",
        ("GET", rf"{API}/users/(?P<user>[0-9]+)/group_memberships"): "all_memberships",
        ("GET", rf"{API}/groups/(?P<group>[0-9]+)/memberships"): "all_memberships",
        ("GET", rf"{API}/brands"): "all_brands",
        ("GET", rf"{API}/account/settings"): "settings",
        ("GET", rf"{API}/(views|queues|custom_statuses)"): "empty",
        ("GET", rf"{API}/tickets"): "all_tickets",
        ("POST", rf"{API}/tickets"): "create_ticket",
        ("GET", rf"{API}/tickets/show_many"): "many_tickets",
        ("GET", rf"{API}/tickets/{ID}"): "one_ticket",
        ("PUT", rf"{API}/tickets/{ID}"): "update_ticket",
        ("DELETE", rf"{API}/tickets/{ID}"): "delete_ticket",
        ("PUT", rf"{API}/deleted_tickets/{ID}/restore"): "restore_ticket",
        ("POST", rf"{API}/tickets/{ID}/merge"): "merge_tickets",
        ("GET", rf"{API}/job_statuses/(?P<id>[-\w]+)"): "job",
        ("GET", rf"{API}/tickets/{ID}/comments"): "ticket_comments",
        ("GET", rf"{API}/tickets/{ID}/audits"): "ticket_audits",
        **{(method, rf"{API}/tickets/{ID}/tags"): "ticket_tags" for method in ("GET", "PUT", "POST", "DELETE")},
        ("GET", rf"{API}/tags"): "all_tags",
        ("GET", rf"{API}/autocomplete/tags"): "complete_tags",
        ("POST", rf"{API}/uploads"): "upload",
        ("GET", r"/attachments/token/t(?P<number>[0-9]+)/"): "download",
        ("GET", r"/elsewhere/attachment/(?P<number>[0-9]+)"): "elsewhere",
        ("GET", rf"{API}/search"): "search",
        ("GET", rf"{API}/search/count"): "count_search",
        ("GET", rf"{API}/search/export"): "search",
        ("GET", rf"{API}/incremental/tickets/cursor"): "export_tickets",
        ("GET", rf"{API}/incremental/ticket_events"): "export_events",
        ("GET", rf"{API}/webhooks"): "all_webhooks",
        ("POST", rf"{API}/webhooks"): "create_webhook",
        ("POST", rf"{API}/webhooks/test"): "test_webhook",
        **{(method, rf"{API}/webhooks/{HOOK}"): "one_webhook" for method in ("GET", "PUT", "PATCH", "DELETE")},
        **{(method, rf"{API}/webhooks/{HOOK}/signing_secret"): "signing_secret" for method in ("GET", "POST")},
        ("GET", rf"{API}/webhooks/{HOOK}/invocations"): "webhook_invocations",
        ("GET", rf"{API}/triggers(/active|/search)?"): "all_triggers",
        ("POST", rf"{API}/triggers"): "create_trigger",
        **{(method, rf"{API}/triggers/{ID}"): "one_trigger" for method in ("GET", "PUT", "DELETE")},
    }

    def __init__(self) -> None:
        super().__init__()
        self.bot = self.person("Assistant", BOT_EMAIL, "admin")
        self.grace = self.person("Grace Hopper", "grace@shop.example", "agent")
        self.support = self.group("Support", self.bot, self.grace)
        self.billing = self.group("Billing", self.grace)
        self.authorizes = self.bot["id"]

    def customer(self, name: str, email: str) -> dict[str, Any]:
        return self.person(name, email)

    # --- What people do in their Zendesk ------------------------------------------------------------------------------

    def writes(self, user: dict[str, Any], text: str, ticket: int = 0, **given: Any) -> dict[str, Any]:
        """A customer writes by mail: a ticket, a reply to one, or, where that is closed, one that follows it up."""
        with self.lock:
            comment = {"body": text, "author_id": user["id"], "uploads": given.pop("uploads", [])}
            known = self.tickets.get(ticket)
            if known is not None and known["status"] != "closed":
                self.change(known, {"comment": comment, **given}, user, "email")
                return known
            made = self.create({"requester_id": user["id"], "comment": comment, **given}, user, "email")
            if known is not None:
                known["followup_ids"].append(made["id"])
                made["via"]["source"] = {"from": {"ticket_id": ticket}, "to": {}, "rel": "follow_up"}
            return made

    def attach(self, name: str, kind: str, content: bytes) -> str:
        """A file for one of `uploads`."""
        with self.lock:
            token = f"token{self.next()}"
            self.uploads[token] = [self.keep_file(name, kind, content)]
            return token

    def replies(self, ticket: int, text: str, public: bool = True, by: dict[str, Any] | None = None) -> None:
        """A person of the staff answers, or leaves an internal note."""
        with self.lock:
            who = by or self.grace
            self.change(self.tickets[ticket], {"comment": {"body": text, "public": public}}, who, "web")

    def takes(self, ticket: int, text: str) -> None:
        """Somebody takes the ticket and answers, as most do."""
        self.sets(ticket, assignee_id=self.grace["id"])
        self.replies(ticket, text)

    def sets(self, ticket: int, **given: Any) -> None:
        """A person of the staff changes fields: status, group_id, assignee_id, additional_tags …"""
        with self.lock:
            self.change(self.tickets[ticket], given, self.grace, "web")

    def closes(self, ticket: int) -> None:
        """What an automation does some days after a ticket was solved."""
        with self.lock:
            self.change(self.tickets[ticket], {"status": "closed"}, {**self.grace, "system": True}, "web")

    def merges(self, source: int, target: int) -> None:
        with self.lock:
            self.merge([self.tickets[source]], self.tickets[target], self.grace, {})

    def deletes(self, ticket: int) -> None:
        with self.lock:
            self.remove(self.tickets[ticket], self.grace)

    # --- What there is to see -----------------------------------------------------------------------------------------

    def heard(self, user: dict[str, Any]) -> list[str]:
        """What the customer was mailed: the staff's public comments on their tickets, oldest first."""
        with self.lock:
            theirs = [each for each in self.tickets.values() if each["requester_id"] == user["id"]]
            said = [comment for ticket in theirs for comment in self.comments[ticket["id"]]]
            public = [each for each in said if each["public"] and self.is_staff(each["author_id"])]
            return [each["plain_body"] for each in sorted(public, key=lambda each: each["id"])]

    def notes(self, ticket: int) -> list[str]:
        with self.lock:
            return [each["plain_body"] for each in self.comments[ticket] if not each["public"]]

    def hung_up(self, request: Request) -> Reply:
        """A fault for `fail`: the answer to what was done never arrives."""
        self.handle(request)
        raise ConnectionAbortedError
