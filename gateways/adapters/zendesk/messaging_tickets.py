"""One conversation of messaging and its tickets: which belong together is told by a tag that we have Zendesk put there.

A ticket is made when control passes to the Agent Workspace, with the tags that come along. From then on what happens
to the ticket happened to the conversation, and notes, tags, groups and statuses of the conversation are the ticket's.
Once that is closed, a later handover makes another one with the same tag: then the newest counts.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateways.errors import DeliveryError, Failure
from gateways.messages import (
    Assigned,
    Closed,
    CustomerSaid,
    Edited,
    Event,
    GivenBack,
    Gone,
    Ignored,
    StaffSaid,
    Tagged,
    Unreachable,
)

OURS = "aissist"  # in the metadata of what we pass on
THREAD = "sc:"
PLAIN, HEX = "aissist_sc_", "aissist_scx_"  # before an id as it is, or where a tag can't hold that, in hexadecimal
Get = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]  # what the Support API answers at a path, with a query


class NoTicket(DeliveryError):
    """There is no ticket, or none that we can find yet: what is for it waits."""

    def __init__(self) -> None:
        sentence = "Zendesk has made no ticket of this conversation yet. It does so once its people get it."
        super().__init__(Failure.UNREACHABLE, sentence)


def thread_of(conversation: str) -> str:
    return f"{THREAD}{conversation}"


def conversation_of(thread: str) -> str:
    return thread.removeprefix(THREAD)


def tag_of(thread: str) -> str:
    """Tags have only small letters, so an id with others is spelled out."""
    conversation = conversation_of(thread)
    if re.fullmatch(r"[0-9a-z]+", conversation):
        return f"{PLAIN}{conversation}"
    return f"{HEX}{conversation.encode().hex()}"


def thread_in(tags: Iterable[str]) -> str:
    """The conversation that a ticket with these tags was made of; "" for one that wasn't made of any."""
    for tag in tags:
        if found := re.fullmatch(rf"{PLAIN}([0-9a-z]+)", tag):
            return thread_of(found[1])
        if found := re.fullmatch(rf"{HEX}((?:[0-9a-f]{{2}})+)", tag):
            return thread_of(bytes.fromhex(found[1]).decode("utf-8", "replace"))
    return ""


def as_messaging(event: Event, tags: Iterable[str]) -> Event:
    """An event of a ticket with these tags, as one of the conversation that it belongs to."""
    if not (thread := thread_in(tags)):
        return event
    match event:
        case CustomerSaid(channel="email"):
            return event  # by mail they are answered on the ticket
        case CustomerSaid() | StaffSaid(internal=False):
            return Ignored(event.key, "It was said in messaging, which tells us by itself.")
        case Tagged():
            return replace(event, thread=thread, tags=without_ours(event.tags))
        case StaffSaid() | Assigned() | Closed() | GivenBack() | Edited() | Gone() | Unreachable():
            return replace(event, thread=thread)
    return event


def without_ours(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(tag for tag in tags if not thread_in([tag]))


def find(get: Get, thread: str, zendesk_id: str, closed: bool = False) -> str:
    """The newest ticket of the conversation. Raises DeliveryError: NoTicket while there is none.

    One that is closed can't be changed any more, so it counts only where `closed`.

    Of a customer who is known to Zendesk by this id, all tickets are told at once. The search, which knows all, takes
    some minutes to learn of a new one. https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/
    """
    tag = tag_of(thread)
    newest = {"sort_by": "created_at", "sort_order": "desc"}
    places = [("/api/v2/search", {"query": f"type:ticket tags:{tag}", **newest})]
    if zendesk_id:
        places.insert(0, (f"/api/v2/users/{zendesk_id}/tickets/requested", newest))
    for path, query in places:
        answer = get(path, query)
        found = answer.get("tickets") or answer.get("results") or []
        tickets = [ticket for ticket in found if isinstance(ticket, dict) and tag in (ticket.get("tags") or ())]
        if ids := [int(ticket["id"]) for ticket in tickets if closed or ticket.get("status") != "closed"]:
            return str(max(ids))
    raise NoTicket


def passing(thread: str, client_ref: str, tags: Iterable[str] = ()) -> dict[str, str]:
    """What goes with control: the tags of the ticket that Zendesk makes, and by which we know our own doing."""
    return {OURS: client_ref, "dataCapture.systemField.tags": ",".join((tag_of(thread), *tags))}
