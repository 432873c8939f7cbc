"""What Zendesk tells when it is asked: a ticket's past and its requester, groups, tags and agents."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gateways.adapters.zendesk.calls import Calls
from gateways.adapters.zendesk.said import GROUP, objects, read_body, read_who
from gateways.adapters.zendesk.tickets import path_of
from gateways.bodies import Data, read_line, read_mapping, read_time
from gateways.errors import DeliveryError, Failure, Malformed
from gateways.messages import Background, Past, Place, Speaker, Teammate

MOST_COMMENTS = 100  # that are told of a ticket's past, the newest: as many as come at once
MOST_TAGS = 1_000  # that are offered to choose from; Zendesk lists the most used ones first
END_USER = "end-user"
TAG = "tag"
PLAIN = ("name", "email", "phone", "locale", "time_zone", "details", "notes")  # of a user


@dataclass(frozen=True, slots=True)
class Reading:
    calls: Calls

    def read(self, thread: str) -> Background:
        """https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#list-comments"""
        try:
            answer = self.calls.get(path_of(thread), {"include": "users,organizations"})
            ticket = read_mapping(answer, "ticket")
            requester = read_who(ticket, "requester_id")
            user = _by_id(answer.get("users")).get(requester, {})
            organization = _by_id(answer.get("organizations")).get(read_who(ticket, "organization_id"), {})
            said = tuple(islice(self._said(thread, requester), MOST_COMMENTS))[::-1]
        except Malformed as error:
            raise DeliveryError(Failure.REJECTED, f"Zendesk tells of the ticket in another way. {error}") from error
        return Background(said, _attributes(user, organization))

    def _said(self, thread: str, requester: str) -> Iterator[Past]:
        """Newest first."""
        query = {"include": "users", "sort": "-created_at"}
        for page in self.calls.whole_pages(f"{path_of(thread)}/comments", query):
            users = _by_id(page.get("users"))
            for comment in objects(page.get("comments")):
                yield _past(comment, users.get(read_who(comment, "author_id"), {}), requester)

    def places(self) -> Iterable[Place]:
        for group in self.calls.pages("/api/v2/groups", "groups", {"exclude_deleted": "true"}):
            if group.get("deleted") is not True:
                yield Place(GROUP, read_who(group, "id"), read_line(group, "name"))
        for tag in islice(self.calls.pages("/api/v2/tags", "tags"), MOST_TAGS):
            name = read_line(tag, "name")
            yield Place(TAG, name, name)

    def people(self) -> Iterable[Teammate]:
        """https://developer.zendesk.com/api-reference/ticketing/users/users/#list-users"""
        for user in self.calls.pages("/api/v2/users", "users", {"role[]": ["agent", "admin"]}):
            if user.get("active") is not False and user.get("suspended") is not True:
                photo = read_body(read_mapping(user, "photo"), "content_url")
                yield Teammate(read_who(user, "id"), read_line(user, "name"), read_line(user, "email"), photo)


def _past(comment: Data, author: Data, requester: str) -> Past:
    by = read_who(comment, "author_id")
    customer = by == requester or read_line(author, "role") == END_USER
    speaker = Speaker.NOTE if comment.get("public") is False else Speaker.CUSTOMER if customer else Speaker.STAFF
    return Past(
        who=speaker,
        text=read_body(comment, "body"),
        message_id=read_who(comment, "id"),
        author=read_line(author, "name"),
        at=read_time(comment, "created_at"),
    )


def _attributes(user: Data, organization: Data) -> dict[str, str]:
    """What is known of the requester: plan and the like stand in fields of the account's own."""
    found: dict[str, Any] = {name: user.get(name) for name in PLAIN}
    found["organization"] = organization.get("name")
    found["tags"] = ", ".join(map(str, user.get("tags") or ()))
    found |= read_mapping(user, "user_fields")
    fields = read_mapping(organization, "organization_fields")
    found |= {f"organization {name}": value for name, value in fields.items()}
    return {name: _as_text(value) for name, value in found.items() if value not in (None, "", [])}


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _by_id(rows: Any) -> Mapping[str, Data]:
    return {read_who(row, "id"): row for row in objects(rows)}
