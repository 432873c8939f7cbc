"""What a webhook of Sunshine Conversations says: a table from its triggers to events.

https://developer.zendesk.com/api-reference/conversations/#tag/Webhooks

A body holds several events, of several conversations. Who a conversation belongs to just now says the switchboard: one
integration is in control, all others stand by and only listen.
https://developer.zendesk.com/documentation/conversations/messaging-platform/programmable-conversations/switchboard
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from gateways.adapters.zendesk import messaging_words as words
from gateways.adapters.zendesk.messaging_tickets import OURS, thread_of
from gateways.bodies import Data, read_id, read_line, read_mapping, read_needed_id, read_time
from gateways.errors import Malformed
from gateways.messages import (
    Assigned,
    Closed,
    CustomerSaid,
    DeliveryReported,
    Event,
    GivenBack,
    Gone,
    Ignored,
    Person,
    Progress,
    StaffSaid,
    Unreachable,
)

REF = "client_ref"  # in the metadata of what we send
PROGRAMS = ("zd:answerBot",)  # sources of messages that no person writes
SUBTYPES = {"AI", "bot", "activity"}  # of authors who are no persons
ENDED = {  # what the system does in a conversation, as far as that is its end
    "ticket:closed": "The ticket was closed.",
    "conversation:endedByUser": "The customer ended the conversation.",
}


def events(body: Data, us: str) -> Iterator[Event]:
    """The events in a body, in its order. `us`: our name or id on the switchboard. Raises Malformed."""
    found = body.get("events")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Malformed("“events” must be a list of objects.")
    for each in found:
        yield event(each, us)


def event(data: Data, us: str) -> Event:
    """Raises Malformed for what is no event."""
    key, kind = f"sc:{read_needed_id(data, 'id')}", read_line(data, "type")
    if kind in READERS:
        return READERS[kind](key, read_mapping(data, "payload"), us)
    return Ignored(key, f"Events of this kind aren't acted on: {kind[:80] or 'none that we know'}.")


# --- Whose conversation it is -----------------------------------------------------------------------------------------


def active(payload: Data) -> dict[str, str]:
    """What is in control, by the names under which operators may know it; {} where nothing is."""
    found = read_mapping(read_mapping(payload, "conversation"), "activeSwitchboardIntegration")
    return {name: read_id(found, name) for name in ("id", "name", "integrationId", "integrationType") if name in found}


def is_ours(control: Mapping[str, str], us: str) -> bool:
    """What nobody is in control of is ours, too: there is no switchboard then, or it is about to choose."""
    return not control or us in (control.get("id"), control.get("name"), control.get("integrationId"))


def _shown(control: Mapping[str, str]) -> str:
    return control.get("name") or control.get("integrationType") or control.get("id") or "another integration"


def _thread(payload: Data, name: str = "conversation") -> str:
    return thread_of(read_needed_id(read_mapping(payload, name), "id", f"{name}.id"))


# --- Messages ---------------------------------------------------------------------------------------------------------


def _message(key: str, payload: Data, us: str) -> Event:
    message = read_mapping(payload, "message")
    author = read_mapping(message, "author")
    if message.get("deleted") is True:
        return Ignored(key, "The message was deleted.")
    if activity := read_line(read_mapping(message, "activity"), "type"):
        return Closed(key, _thread(payload)) if activity in ENDED else Ignored(key, "The system tells what it did.")
    said = words.text(read_mapping(message, "content"))
    if not said:
        return Ignored(key, "It holds nothing that anyone wrote.")
    match author.get("type"):
        case "user":
            return _customer(key, payload, said, us)
        case "business":
            return _staff(key, payload, said)
    raise Malformed("“author.type” must be “user” or “business”.")


def _customer(key: str, payload: Data, said: str, us: str) -> Event:
    if not is_ours(control := active(payload), us):
        return Ignored(key, f"“{_shown(control)}” is in control of the conversation, so the customer writes to it.")
    message, conversation = read_mapping(payload, "message"), read_mapping(payload, "conversation")
    content = read_mapping(message, "content")
    return CustomerSaid(
        key=key,
        thread=_thread(payload),
        sender=_person(read_mapping(message, "author")),
        text=said,
        message_id=read_needed_id(message, "id", "message.id"),
        at=read_time(message, "received"),
        metadata=_metadata(content, conversation),
        attachments=words.attachments(content),
        channel=read_line(read_mapping(message, "source"), "type"),
        brand=read_id(conversation, "brandId"),
    )


def _metadata(content: Data, conversation: Data) -> dict[str, str]:
    found = {"button": read_line(content, "payload"), "conversation_type": read_line(conversation, "type")}
    return {name: value for name, value in found.items() if value and value != "personal"}


def _staff(key: str, payload: Data, said: str) -> Event:
    """Somebody on the business's side: we ourselves, people in the Agent Workspace, or another program."""
    message = read_mapping(payload, "message")
    author, source = read_mapping(message, "author"), read_line(read_mapping(message, "source"), "type")
    subtypes = author.get("subtypes")
    known = {each for each in subtypes if isinstance(each, str)} if isinstance(subtypes, list) else set()
    return StaffSaid(
        key=key,
        thread=_thread(payload),
        text=said,
        author=read_line(author, "displayName") or source,
        message_id=read_needed_id(message, "id", "message.id"),
        client_ref=read_id(read_mapping(message, "metadata"), REF),
        at=read_time(message, "received"),
        automated=source in PROGRAMS or bool(known & SUBTYPES),
    )


def _pressed(key: str, payload: Data, us: str) -> Event:
    """A button was pressed; what it stands for counts as said. Its label isn't told."""
    if not is_ours(control := active(payload), us):
        return Ignored(key, f"“{_shown(control)}” is in control of the conversation; the button is its business.")
    said = read_line(read_mapping(payload, "postback"), "payload")
    if not said:
        return Ignored(key, "The button stands for nothing.")
    return CustomerSaid(
        key=key,
        thread=_thread(payload),
        sender=_person({"user": read_mapping(payload, "user")}),
        text=said,
        metadata={"button": said},
        channel=read_line(read_mapping(payload, "source"), "type"),
        brand=read_id(read_mapping(payload, "conversation"), "brandId"),
    )


def _person(author: Data) -> Person:
    user = read_mapping(author, "user")
    profile = read_mapping(user, "profile")
    names = (read_line(profile, "givenName"), read_line(profile, "surname"))
    return Person(
        id=read_id(author, "userId") or read_needed_id(user, "id", "user.id"),
        name=read_line(author, "displayName") or " ".join(filter(None, names)),
        email=read_line(profile, "email"),
    )


# --- What becomes of our messages -------------------------------------------------------------------------------------


def _reported(progress: Progress, key: str, payload: Data, us: str) -> Event:
    error = read_mapping(payload, "error")
    detail = read_line(error, "message") or read_line(error, "code")
    return DeliveryReported(key, read_needed_id(read_mapping(payload, "message"), "id", "message.id"), progress, detail)


# --- Who is in control ------------------------------------------------------------------------------------------------


def _passed(key: str, payload: Data, us: str) -> Event:
    if OURS in read_mapping(payload, "metadata"):
        return Ignored(key, "We passed it on ourselves.")
    control, thread = active(payload), _thread(payload)
    if not control:
        return Ignored(key, "It doesn't tell who is in control now.")
    if is_ours(control, us):
        return GivenBack(key, thread)
    return Assigned(key, thread, assignee=f"switchboard:{_shown(control)}", assignee_name=_shown(control))


def _released(key: str, payload: Data, us: str) -> Event:
    """Nobody is in control: the customer's next message goes to whoever the switchboard has begin."""
    thread = _thread(payload)
    return Closed(key, thread) if payload.get("reason") == "ticketClosed" else GivenBack(key, thread)


def _offered(key: str, payload: Data, us: str) -> Event:
    return Ignored(key, "Control is offered and not passed yet. Have it passed: we don't take what is offered.")


def _not_passed(key: str, payload: Data, us: str) -> Event:
    """People wouldn't learn that somebody waits for them, so it is noted where they can find it."""
    error = read_mapping(payload, "error")
    why = read_line(error, "message") or read_line(error, "code") or "It doesn't say why."
    if not is_ours(active(payload), us):
        return Ignored(key, f"Another integration couldn't pass it on: {why}"[:300])
    said = f"Zendesk couldn't pass this conversation to its people: {why}"[:500]
    return StaffSaid(key, _thread(payload), said, author="Zendesk", internal=True, automated=True)


# --- All else ---------------------------------------------------------------------------------------------------------


def _removed(key: str, payload: Data, us: str) -> Event:
    return Gone(key, _thread(payload), "The conversation was deleted.")


def _merged(key: str, payload: Data, us: str) -> Event:
    merged = read_mapping(payload, "mergedConversations")
    if not merged:
        return Ignored(key, "Two records of one customer became one; their conversations stay.")
    into = _thread(merged, "surviving")
    return Gone(key, _thread(merged, "discarded"), "It was merged into another conversation.", into=into)


def _client(key: str, payload: Data, us: str) -> Event:
    client = read_mapping(payload, "client")
    if client.get("status") != "blocked" or not read_mapping(payload, "conversation"):
        return Ignored(key, "On which channels the customer can be reached isn't followed.")
    where = read_line(client, "type") or "a channel"
    return Unreachable(key, _thread(payload), f"The customer has blocked us on {where}.")


def _ignored(why: str, key: str, payload: Data, us: str) -> Event:
    return Ignored(key, why)


READERS: Mapping[str, Callable[[str, Data, str], Event]] = {
    "conversation:message": _message,
    "conversation:postback": _pressed,
    "conversation:message:delivery:channel": partial(_reported, Progress.SENT),
    "conversation:message:delivery:user": partial(_reported, Progress.DELIVERED),
    "conversation:message:delivery:failure": partial(_reported, Progress.FAILED),
    "conversation:remove": _removed,
    "switchboard:passControl": _passed,
    "switchboard:acceptControl": _passed,
    "switchboard:releaseControl": _released,
    "switchboard:offerControl": _offered,
    "switchboard:passControl:failure": _not_passed,
    "switchboard:acceptControl:failure": partial(_ignored, "Control stays where it is."),
    "switchboard:offerControl:failure": partial(_ignored, "Control stays where it is."),
    "user:merge": _merged,
    "client:add": _client,
    "client:update": _client,
    "client:remove": _client,
    "conversation:create": partial(_ignored, "Nobody has said anything yet."),
    "conversation:join": partial(_ignored, "Who takes part shows when they write."),
    "conversation:leave": partial(_ignored, "Who takes part shows when they write."),
    "conversation:read": partial(_ignored, "It doesn't tell which messages were read."),
    "conversation:typing": partial(_ignored, "Nobody has said anything yet."),
    "conversation:referral": partial(_ignored, "Where customers come from isn't followed."),
    "user:update": partial(_ignored, "What is known of customers comes with what they write."),
    "user:remove": partial(_ignored, "Its conversations are removed by events of their own."),
}
TRIGGERS = (  # that we subscribe to: those that may change anything
    "conversation:message",
    "conversation:message:delivery:channel",
    "conversation:message:delivery:failure",
    "conversation:message:delivery:user",
    "conversation:postback",
    "conversation:remove",
    "switchboard:acceptControl",
    "switchboard:offerControl",
    "switchboard:passControl",
    "switchboard:passControl:failure",
    "switchboard:releaseControl",
    "user:merge",
    "client:update",
)
