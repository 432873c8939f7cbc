"""The files that go with a mail of ours: which of them are shown within its text, and what they are called.

MIME: https://www.rfc-editor.org/rfc/rfc2045  Pictures within the text: https://www.rfc-editor.org/rfc/rfc2387
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateways.errors import DeliveryError, Failure
from gateways.mail import markup
from gateways.messages import Attachment

KIND = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
UNKNOWN_KIND = "application/octet-stream"
NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff/\\\\\"<>|:*?]+")
MOST_BYTES = 27_000_000  # of a whole mail: what Gmail sends, https://support.google.com/mail/answer/6584
GROWTH = 4 / 3 * 78 / 76  # base64 in lines


@dataclass(frozen=True, slots=True)
class File:
    """A file as it goes into a mail. `content_id` is "" for one that isn't shown within the text."""

    name: str
    kind: str
    content: bytes = field(repr=False)
    content_id: str = ""


def enclosed(files: Iterable[Attachment], text: str, message_id: str) -> tuple[File, ...]:
    """The files for a mail with this text. Raises DeliveryError where they are too large, or one isn't there."""
    names, inside = markup.pictures(text), message_id.strip("<>")
    made = tuple(_file(each, names, f"file{number}.{inside}") for number, each in enumerate(files, start=1))
    size = sum(len(file.content) for file in made) * GROWTH
    if size > MOST_BYTES:
        raise too_large(size, MOST_BYTES)
    return made


def shown(files: Iterable[File]) -> dict[str, str]:
    """The Content-IDs of those that are shown within the text, by name."""
    return {file.name: file.content_id for file in files if file.content_id}


def too_large(size: float, most: float) -> DeliveryError:
    public = (
        f"With its files the mail has {size / 1e6:.1f} MB; {most / 1e6:.1f} MB can be sent. "
        "Send fewer or smaller files, or a link to them."
    )
    return DeliveryError(Failure.REJECTED, public)


def _file(attachment: Attachment, names: frozenset[str], content_id: str) -> File:
    name = NOT_IN_A_NAME.sub("_", attachment.name).strip(". ")[:150] or "file"
    if attachment.content is None:
        raise DeliveryError(Failure.REJECTED, f"The file “{name}” isn't there any more, so the mail wasn't sent.")
    kind = attachment.content_type.partition(";")[0].strip().lower()
    # A mail or a multipart mustn't be encoded; as a file without a kind it may.
    kind = kind if KIND.fullmatch(kind) and not kind.startswith(("message/", "multipart/")) else UNKNOWN_KIND
    within = kind.startswith("image/") and name in names
    return File(name, kind, attachment.content, content_id if within else "")
