"""A raw mail into a `Mail`: headers, one text, attachments. Nothing that arrives makes it raise.

MIME: https://www.rfc-editor.org/rfc/rfc2045 to rfc2049. Parsed by the standard library with its oldest policy, which
keeps headers as they are; the newer ones fail on some of what arrives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from typing import TypeAlias

from gateways.mail import headers, html
from gateways.mail.charsets import decode
from gateways.mail.headers import Party
from gateways.messages import Attachment

MOST_PARTS = 300  # parts that are looked at
DEEPEST = 20  # levels of multiparts
MOST_ATTACHMENTS = 50
MOST_BYTES = 30_000_000  # of all attachments of a mail together
LONGEST_TEXT = 100_000  # characters
CUT = "\n\n[The rest is left out: the text is too long.]"

ADDRESSES = ("from", "sender", "to", "cc", "reply-to")
IDS = ("message-id", "references", "in-reply-to")
REPORTS = frozenset(  # machine-readable parts of a multipart/report, RFC 3464, 8098, 6533, 5965
    (
        "message/delivery-status",
        "message/disposition-notification",
        "message/global-delivery-status",
        "message/feedback-report",
        "text/rfc822-headers",
    )
)

Part: TypeAlias = "Message[str, str]"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as far as anybody here needs to know it. Ids are with their angle brackets, addresses in lower case."""

    message_id: str
    sender: Party
    to: tuple[Party, ...]
    cc: tuple[Party, ...]
    reply_to: tuple[Party, ...]
    subject: str
    at: datetime | None
    references: tuple[str, ...]  # oldest first, with those of In-Reply-To at the end
    headers: tuple[tuple[str, str], ...]  # names in lower case, in the order in which they stand there
    text: str  # all of it: quotes, signature and all
    content_type: str
    report_type: str = ""
    reports: tuple[str, ...] = ()  # of a multipart/report: its machine-readable parts and the headers it returns
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[str, ...] = field(default=())

    def header(self, name: str) -> str:
        """The first header of this name as text, "" when there is none."""
        return headers.text(next(iter(self.all(name)), ""))

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for known, value in self.headers if known == name)


def read(raw: bytes) -> Mail:
    """The mail in `raw`; with empty fields where there is nothing in it to read."""
    try:
        message = message_from_bytes(raw.lstrip(b"\r\n"), policy=compat32)
        parts = list(_walk(message, DEEPEST))[:MOST_PARTS]
        problems: tuple[str, ...] = ()
    except RecursionError:
        message = message_from_bytes(raw.lstrip(b"\r\n").partition(b"\n\n")[0], policy=compat32)
        parts, problems = [], ("The mail is nested too deeply to be read.",)
    found = _Contents()
    for part in parts:
        found.take(part)
    return _mail(message, found, problems)


def _mail(message: Part, found: "_Contents", problems: tuple[str, ...]) -> Mail:
    known = tuple((name.lower(), str(value)) for name, value in message.raw_items())
    every = {name: [value for other, value in known if other == name] for name in ADDRESSES + IDS}
    ids = headers.message_ids(every["message-id"])
    senders = headers.parties(every["from"]) or headers.parties(every["sender"])
    return Mail(
        message_id=ids[0] if ids else "",
        sender=senders[0] if senders else Party(""),
        to=headers.parties(every["to"]),
        cc=headers.parties(every["cc"]),
        reply_to=headers.parties(every["reply-to"]),
        subject=headers.text(next((value for name, value in known if name == "subject"), "")),
        at=headers.moment(next((value for name, value in known if name == "date"), "")),
        references=headers.message_ids((*every["references"], *every["in-reply-to"])),
        headers=known,
        text=_limited(found.text()),
        content_type=message.get_content_type(),
        report_type=_parameter(message, "report-type").lower(),
        reports=tuple(found.reports),
        attachments=tuple(found.attachments),
        problems=(*problems, *found.problems),
    )


def _walk(part: Part, levels: int) -> Iterator[Part]:
    """The leaves. A mail within a mail is a leaf: it is an attachment, and its text isn't the customer's."""
    payload = part.get_payload()
    if part.get_content_maintype() != "multipart" or not isinstance(payload, list) or levels == 0:
        yield part
        return
    inner = [each for each in payload if isinstance(each, Message)]
    plain = _best(inner) if part.get_content_subtype() == "alternative" else None
    for each in inner:
        leaves = _walk(each, levels - 1)
        yield from leaves if plain is None or each is plain else (leaf for leaf in leaves if not _is_text(leaf))


def _best(alternatives: list[Part]) -> "Part | None":
    """Of the same content in several forms the plain one, if it says something. Of the others, only files count."""
    plain = (part for part in alternatives if part.get_content_type() == "text/plain" and body(part).strip())
    return next(plain, None)


def _is_text(leaf: Part) -> bool:
    attached = leaf.get_content_disposition() == "attachment" or bool(_filename(leaf))
    return leaf.get_content_maintype() == "text" and not attached


class _Contents:
    """What is gathered from the leaves of one mail."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.reports: list[str] = []
        self.attachments: list[Attachment] = []
        self.problems: list[str] = []
        self.bytes = 0

    def take(self, part: Part) -> None:
        kind, name = part.get_content_type(), _filename(part)
        attached = part.get_content_disposition() == "attachment" or (bool(name) and kind != "text/html")
        if kind in REPORTS:
            self.reports.append(_flat(part))
        elif kind in ("text/plain", "text/html", "text/enriched") and not attached:
            written = body(part)
            self.texts.append(html.to_text(written) if _is_html(kind, written) else written)
        elif part.get_content_maintype() != "multipart" or attached:
            self._attach(part, kind, name)

    def _attach(self, part: Part, kind: str, name: str) -> None:
        content = part.as_bytes() if part.is_multipart() else _bytes(part)
        if kind == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            subject = headers.text(str(inner.get("subject", ""))) if isinstance(inner, Message) else ""
            content, name = _nested(inner, content), name or f"{subject[:80] or 'mail'}.eml"
        self.bytes += len(content)
        if len(self.attachments) >= MOST_ATTACHMENTS or self.bytes > MOST_BYTES:
            self.problems.append(f"“{name or 'An attachment'}” is left out: there is too much attached.")
            return
        inline = part.get_content_disposition() == "inline" or bool(part.get("content-id"))
        reference = headers.text(str(part.get("content-id", ""))).strip("<>")
        self.attachments.append(
            Attachment(name or _made_name(kind), kind, len(content), reference[:200], inline, content)
        )

    def text(self) -> str:
        return "\n\n".join(text for text in self.texts if text.strip())


def body(part: Part) -> str:
    """The text of a leaf, with line ends as they are here."""
    content = decode(_bytes(part), _parameter(part, "charset"))
    if _parameter(part, "format").lower() == "flowed":
        content = _unflowed(content, _parameter(part, "delsp").lower() == "yes")
    return content.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\xa0", " ")


def _unflowed(content: str, delete_space: bool) -> str:
    """Lines that end in a space go on in the next one, RFC 3676; but not the “-- ” above a signature."""
    lines: list[str] = []
    goes_on = False
    for line in content.replace("\r\n", "\n").split("\n"):
        plain = line[1:] if line.startswith(" ") else line  # stuffed
        if goes_on and not line.startswith(">") and plain != "-- ":
            lines[-1] = (lines[-1][:-1] if delete_space else lines[-1]) + plain
        else:
            lines.append(plain)
        goes_on = plain.endswith(" ") and not line.startswith(">") and plain != "-- "
    return "\n".join(lines)


def _bytes(part: Part) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    if isinstance(payload, bytes):
        return payload
    return str(part.get_payload() or "").encode("utf-8", "replace") if not part.is_multipart() else b""


def _flat(part: Part) -> str:
    """A report as it stands there. The parser makes a list of messages of a delivery status, one for each block."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n\n".join(str(block) for block in payload if isinstance(block, Message))[:LONGEST_TEXT]
    return body(part)[:LONGEST_TEXT]


def _nested(inner: object, content: bytes) -> bytes:
    return inner.as_bytes() if isinstance(inner, Message) else content


def _filename(part: Part) -> str:
    """As the sender called it, without folders or characters that file systems stumble over."""
    raw = part.get_param("filename", None, "content-disposition") or part.get_param("name")
    if not raw:
        return ""
    given = headers.text(collapse_rfc2231_value(raw)) if not isinstance(raw, str) else headers.text(raw)
    return re.sub(r'[\\/:*?"<>|]+', "_", given.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")[:150]


def _made_name(kind: str) -> str:
    main, _, sub = kind.partition("/")
    return f"{main}.{re.sub(r'[^a-z0-9]', '', sub.split('+')[0])[:10] or 'bin'}"


def _parameter(part: Part, name: str) -> str:
    try:
        value = part.get_param(name)
    except (ValueError, TypeError):
        return ""
    if isinstance(value, tuple):
        return headers.text(collapse_rfc2231_value(value))
    return headers.text(str(value)) if value else ""


def _is_html(kind: str, written: str) -> bool:
    return kind == "text/html" or (
        kind == "text/plain" and bool(re.match(r"\s*<(!doctype html|html)\b", written, re.I))
    )


def _limited(content: str) -> str:
    clean = content.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return clean if len(clean) <= LONGEST_TEXT else clean[: LONGEST_TEXT - len(CUT)] + CUT
