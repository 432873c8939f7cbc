"""Delivery reports: which mail of ours didn't arrive at whom, and why. RFC 3464, and what servers write besides.

https://www.rfc-editor.org/rfc/rfc3464  https://www.rfc-editor.org/rfc/rfc3463 (status codes)
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_string
from email.policy import compat32

from gateways.mail import automated, headers
from gateways.mail.read import Mail

MOST = 100_000  # characters that are looked at

FAILED = frozenset(("failed", "expired"))
# What servers that don't follow RFC 3464 write: qmail, Exim, Domino, providers' own.
BOUNCE_WORDS = re.compile(
    r"wasn't able to deliver|could not be delivered|couldn't be delivered|"
    r"delivery (?:to the following|has failed|failed)|undeliver(?:able|ed)|permanent(?:ly)? (?:fatal )?error|"
    r"failed permanently|returned to sender|user unknown|"
    r"mailbox (?:unavailable|full|not found)|unzustellbar|nicht zugestellt|n'a pas pu être remis|no se pudo entregar",
    re.IGNORECASE,
)
STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
CODE = re.compile(r"(?:^|\s)(5\d\d)[\s-]")
# Nobody is there, or the mailbox is switched off: https://www.iana.org/assignments/smtp-enhanced-status-codes
NOBODY = re.compile(r"5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)$")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one of our mails for one recipient."""

    message_ids: tuple[str, ...]  # all that the report returns or names; ours is among them, if it is about ours
    recipient: str  # in lower case, "" where it isn't told
    failed: bool  # for good; otherwise it is only late, or arrived
    gone: bool  # there is no such mailbox
    detail: str  # one line, in the server's words


def read(mail: Mail) -> Report | None:
    """The report in a mail that is one, else None."""
    returned = _returned(mail)
    for fields in _recipients(mail) if mail.content_type == "multipart/report" else ():
        status = (STATUS.search(fields.get("status", "")) or [""])[0]
        detail = fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("diagnostic-code", status)
        who = fields.get("original-recipient") or fields.get("final-recipient", "")
        return Report(
            message_ids=returned,
            recipient=headers.clean_address(who.rpartition(";")[2].strip()),
            failed=fields.get("action", "").lower() in FAILED and not status.startswith("4"),
            gone=bool(NOBODY.match(status)),
            detail=" ".join(f"{status} {detail if detail != status else ''}".split())[:300],
        )
    return _unstructured(mail, returned)


def _recipients(mail: Mail) -> Iterator[dict[str, str]]:
    """The fields of each recipient in the report, the failed ones first."""
    blocks = [block for report in mail.reports for block in re.split(r"\n\s*\n", report[:MOST])]
    found = [
        {
            name.lower(): headers.text(value)
            for name, value in message_from_string(block.strip(), policy=compat32).items()
        }
        for block in blocks
    ]
    told = [fields for fields in found if "action" in fields and "final-recipient" in fields]
    yield from sorted(told, key=lambda fields: fields["action"].lower() not in FAILED)


def _unstructured(mail: Mail, returned: tuple[str, ...]) -> Report | None:
    """A bounce in prose: it returns a mail of ours, and speaks of failure."""
    text = mail.text[:MOST]
    to_nobody = mail.header("x-failed-recipients")
    if not to_nobody and not automated.from_nobody(mail):
        return None  # people write about what could not be delivered, too
    if not to_nobody and not (BOUNCE_WORDS.search(text) or BOUNCE_WORDS.search(mail.subject)):
        return None
    first = next((line.strip() for line in text.split("\n") if CODE.search(line) or STATUS.search(line)), "")
    status = (STATUS.search(first) or [""])[0]
    addresses = headers.parties([to_nobody]) if to_nobody else ()
    return Report(
        message_ids=returned,
        recipient=addresses[0].address if addresses else "",
        failed=not status.startswith("4"),
        gone=bool(NOBODY.match(status)) or "user unknown" in text.lower(),
        detail=(first or mail.subject)[:300],
    )


def _returned(mail: Mail) -> tuple[str, ...]:
    """Every message id in what is returned: attached mails, their headers, or a copy in the text."""
    attached = [
        (part.content or b"")[:MOST].decode("utf-8", "replace")
        for part in mail.attachments
        if part.content_type in ("message/rfc822", "message/rfc822-headers", "text/rfc822-headers")
    ]
    return headers.message_ids((*mail.references, *_chunks(attached), *_chunks(mail.reports), *_chunks([mail.text])))


def _chunks(texts: Iterable[str]) -> Iterator[str]:
    """The lines that may hold an id: `headers.message_ids` looks at so many characters of each value only."""
    for text in texts:
        for line in text[:MOST].split("\n"):
            if "<" in line and "@" in line:
                yield line
