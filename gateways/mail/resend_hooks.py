"""What Resend's webhooks tell of the mails that we sent: https://resend.com/docs/dashboard/webhooks/event-types"""

from collections.abc import Callable, Iterable, Iterator

from gateways.bodies import Data, read_id, read_line, read_mapping
from gateways.errors import Malformed
from gateways.mail.headers import message_ids
from gateways.messages import DeliveryReported, Event, Ignored, Progress, Unreachable

PROGRESS = {
    "email.sent": Progress.SENT,
    "email.delivered": Progress.DELIVERED,
    "email.bounced": Progress.FAILED,
    "email.failed": Progress.FAILED,
    "email.suppressed": Progress.FAILED,
}
LEFT_ALONE = {
    "email.complained": "It is about none of our conversations.",
    "email.received": "The mail itself is fetched by polling.",
    "email.delivery_delayed": "The mail is late; Resend goes on trying.",
    "email.scheduled": "Nothing is sent yet.",
    "email.opened": "A program may have opened it: that tells nothing.",
    "email.clicked": "A program may have followed the link: that tells nothing.",
}
GONE = ("email.bounced", "email.suppressed")


def reported(
    body: Data, delivery_id: str, about_ours: Callable[[Iterable[str]], tuple[str, str] | None]
) -> Iterator[Event]:
    """The events in one webhook. `about_ours`: the mark and the conversation among message ids. Raises Malformed."""
    kind, data = read_line(body, "type"), read_mapping(body, "data")
    if not kind:
        raise Malformed("“type” is needed: the name of an event.")
    key = f"resend:{delivery_id or read_id(data, 'email_id')}"[:240]
    about = about_ours(_ids_in(data))
    if kind in PROGRESS:
        why = _why(data)
        # A conversation that we have begun goes by its own name, not by that of its first mail.
        begun = about is not None and about[0] == about[1]
        yield DeliveryReported(key, about[0] if about and begun else read_id(data, "email_id"), PROGRESS[kind], why)
        if about and kind in GONE and _is_permanent(data):
            yield Unreachable(f"{key}:gone", about[1], f"Mail to the customer comes back: {why}"[:300])
    elif kind == "email.complained" and about:
        yield Unreachable(key, about[1], "The customer marked our mail as spam. Don't write again.")
    else:
        yield Ignored(key, LEFT_ALONE.get(kind, f"The type “{kind[:60]}” is not one that we act on."))


def _why(data: Data) -> str:
    """What Resend says of a failure, on one line."""
    for name, word in (("bounce", "message"), ("failed", "reason"), ("suppressed", "message")):
        found = data.get(name)
        if isinstance(found, dict) and isinstance(found.get(word), str):
            return " ".join(found[word].split())[:300]
    return ""


def _is_permanent(data: Data) -> bool:
    bounce = data.get("bounce")
    return not isinstance(bounce, dict) or bounce.get("type") == "Permanent"


def _ids_in(data: Data) -> tuple[str, ...]:
    """The ids in the headers that we gave the mail, which Resend tells again."""
    rows = data.get("headers")
    values = [str(row.get("value", "")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return message_ids(values)
