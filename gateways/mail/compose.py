"""One of our messages as a mail that threads in the customer's mailbox and that no autoresponder answers.

Headers: https://www.rfc-editor.org/rfc/rfc5322  Auto-Submitted: https://www.rfc-editor.org/rfc/rfc3834
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gateways.mail import enclosed, headers, markup
from gateways.mail.enclosed import File
from gateways.mail.headers import Party

REPLIED, GENERATED = "auto-replied", "auto-generated"

MOST_REFERENCES = 20  # the first and the newest ones, as RFC 5322, 3.6.4, allows
LONGEST_SUBJECT = 250
REPLY_PREFIX = re.compile(
    r"(?:re|aw|sv|vs|antw|odp|ynt|res|rif|ref|回复|答复|回覆)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail of ours says, and to whom. Ids are with their angle brackets."""

    sender: Party
    to: Party
    cc: tuple[Party, ...]
    reply_to: str  # "" for the sender's own address
    subject: str
    text: str  # markdown
    message_id: str
    answers: str  # the Message-ID that it answers, "" for none
    references: tuple[str, ...]
    automatic: str  # "" for a person's; else how no person wrote it, as RFC 3834, 5, has it
    files: tuple[File, ...] = ()
    begins: bool = False  # a conversation: its subject is no answer's


def compose(letter: Letter, now: datetime | None = None) -> bytes:
    """The mail. Whatever stands in the letter, it becomes neither another header nor another line.

    The standard library makes the bodies. Its way with headers isn't used: it writes ids that don't fit into 78
    characters as encoded words, which no mail program threads by.
    """
    told = {
        "From": _mailbox(letter.sender),
        "To": _mailbox(letter.to),
        "Cc": ",\r\n ".join(_mailbox(party) for party in letter.cc),
        "Reply-To": _mailbox(Party(letter.reply_to, letter.sender.name)) if letter.reply_to else "",
        "Subject": _encoded(subject(letter), "Subject"),
        "Date": format_datetime(now or datetime.now(UTC)),
        **thread_headers(letter),
        **automatic_headers(letter.automatic),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return head.encode() + _content(letter).as_bytes()


def bodies(letter: Letter) -> tuple[str, str]:
    """The text as it is and as HTML, with the pictures where they are."""
    shown = enclosed.shown(letter.files)
    return one_text(markup.plain(letter.text, shown)), one_text(markup.html(letter.text, shown))


def _content(letter: Letter) -> EmailMessage:
    """multipart/alternative; within multipart/mixed where there are files, and with multipart/related for pictures."""
    plain, html = bodies(letter)
    content = EmailMessage(policy=SMTP)
    content.set_content(plain, cte="quoted-printable")
    content.add_alternative(html, subtype="html", cte="quoted-printable")
    rich = content.get_body(("html",))
    for file in letter.files:
        main, _, sub = file.kind.partition("/")
        if file.content_id and rich is not None:
            cid = f"<{file.content_id}>"
            rich.add_related(file.content, main, sub, filename=file.name, cid=cid, disposition="inline")
    for file in letter.files:
        main, _, sub = file.kind.partition("/")
        if not file.content_id:
            content.add_attachment(file.content, main, sub, filename=file.name)
    return content


def thread_headers(letter: Letter) -> dict[str, str]:
    """Message-ID, In-Reply-To and References, with nothing in them that isn't an id."""
    answered = headers.message_ids([letter.answers])
    known = tuple(dict.fromkeys(headers.message_ids([*letter.references, *answered])))
    kept = known if len(known) <= MOST_REFERENCES else (known[0], *known[1 - MOST_REFERENCES :])
    told = {"Message-ID": letter.message_id, "In-Reply-To": "".join(answered), "References": "\r\n ".join(kept)}
    return {name: value for name, value in told.items() if value}


def automatic_headers(automatic: str) -> dict[str, str]:
    """What keeps autoresponders from answering. On people's mail there is none: that an absence be told is right."""
    return {"Auto-Submitted": automatic, "X-Auto-Response-Suppress": "All"} if automatic else {}


def subject(letter: Letter) -> str:
    clean = one_line(letter.subject)[:LONGEST_SUBJECT]
    return clean if letter.begins or REPLY_PREFIX.match(clean) else f"Re: {clean}".strip()


def one_line(value: str) -> str:
    return " ".join(NOT_IN_A_LINE.sub(" ", value).split())


def one_text(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def mailbox(party: Party) -> str:
    """Name and address as text: the name in quotes, the domain in ASCII."""
    local, _, domain = party.address.rpartition("@")
    address = f"{local}@{_idna(domain)}"
    name = one_line(party.name).replace("\\", "").replace('"', "'")
    return f'"{name}" <{address}>' if name else address


def _mailbox(party: Party) -> str:
    name = one_line(party.name)
    if name.isascii():
        return mailbox(party)
    return f"{_encoded(name, 'Reply-To')}\r\n <{mailbox(Party(party.address))}>"


def _encoded(value: str, name: str) -> str:
    """As encoded words where it isn't ASCII, folded."""
    return Header(value, None if value.isascii() else "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n")


def _idna(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
