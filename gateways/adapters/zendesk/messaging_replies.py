"""Send a reply, which may be several messages: its words, cut where they are too long, and each file by itself.

Every message carries our reference and its number in `metadata`. So one reply can be gone on with: what has arrived is
read back, and only the rest is sent. https://developer.zendesk.com/api-reference/conversations/#operation/PostMessage
"""

from collections.abc import Mapping
from typing import Any

from gateways.adapters.zendesk.messaging_calls import Calls
from gateways.adapters.zendesk.messaging_events import REF
from gateways.adapters.zendesk.messaging_tickets import conversation_of
from gateways.base import Unit, length
from gateways.errors import DeliveryError, Failure
from gateways.formatting.html import html
from gateways.formatting.render import plain
from gateways.formatting.split import split
from gateways.messages import Attachment, Outgoing, Purpose, Reply, Sent

PART = "part"
LONGEST = 4096  # characters of a text, as words and as HTML


def measure(text: str) -> int:
    """In either of the two forms in which it goes out."""
    return max(length(form, Unit.UTF16) for form in (plain(text), html(text)))


def send(calls: Calls, outgoing: Outgoing, reply: Reply) -> Sent:
    """Send what hasn't arrived of it. Raises DeliveryError."""
    parts = _parts(outgoing, reply)
    arrived = _arrived(calls, outgoing) if len(parts) > 1 else {}
    for number, part in enumerate(parts, start=1):
        if number not in arrived:
            content = _file(calls, part, outgoing.thread) if isinstance(part, Attachment) else _words(part)
            arrived[number] = _post(calls, outgoing, reply, {**content, **_buttons(number, parts, reply)}, number)
    return Sent(arrived[len(parts)])


def settle(calls: Calls, outgoing: Outgoing, reply: Reply) -> Sent | None:
    """Whether all of it arrived. Raises DeliveryError."""
    parts, arrived = _parts(outgoing, reply), _arrived(calls, outgoing)
    return Sent(arrived[len(parts)]) if set(arrived) >= set(range(1, len(parts) + 1)) else None


def _parts(outgoing: Outgoing, reply: Reply) -> list[str | Attachment]:
    parts: list[str | Attachment] = [*split(reply.text, LONGEST, measure=measure), *outgoing.files]
    if not parts:
        raise DeliveryError(Failure.REJECTED, "There is nothing in the message: neither words nor files.")
    return parts


def _arrived(calls: Calls, outgoing: Outgoing) -> dict[int, str]:
    """The platform's ids of those messages of a reply that are there, by their numbers, looking at the newest 100."""
    found = calls.call("GET", "conversations", conversation_of(outgoing.thread), "messages")
    messages = [each for each in found.get("messages") or () if isinstance(each, dict)]
    marked = [(each, each.get("metadata") or {}) for each in messages]
    return {int(mark.get(PART) or 1): str(each["id"]) for each, mark in marked if mark.get(REF) == outgoing.client_ref}


def _words(text: str) -> dict[str, Any]:
    """As words, and with marks where the channel can show them.

    https://support.zendesk.com/hc/en-us/articles/9017484189466
    """
    words = plain(text)
    return {"type": "text", "text": words, **({"htmlText": html(text)} if words != text else {})}


def _file(calls: Calls, file: Attachment, thread: str) -> dict[str, Any]:
    address, kind = calls.upload(file, conversation_of(thread))
    return {"type": "image" if kind.startswith("image/") else "file", "mediaUrl": address, "altText": file.name[:128]}


def _buttons(number: int, parts: list[str | Attachment], reply: Reply) -> dict[str, Any]:
    """Below the last words; the platform takes them away when the customer says something else."""
    words = sum(isinstance(part, str) for part in parts)
    if not reply.choices or number != words:
        return {}
    return {"actions": [{"type": "reply", "text": choice, "payload": choice} for choice in reply.choices]}


def _post(calls: Calls, outgoing: Outgoing, reply: Reply, content: Mapping[str, Any], number: int) -> str:
    author: dict[str, Any] = {"type": "business", "displayName": reply.author}
    if reply.purpose is not Purpose.HUMAN:
        author["subtypes"] = ["AI"]
    if reply.avatar:
        author["avatarUrl"] = reply.avatar
    body = {"author": author, "content": content, "metadata": {REF: outgoing.client_ref, PART: number}}
    answer = calls.call("POST", "conversations", conversation_of(outgoing.thread), "messages", body=body)
    made = [each for each in answer.get("messages") or () if isinstance(each, dict)]
    return str(made[0].get("id", "")) if made else ""
