"""Files that go with what we say: kept once like those that come, and read again just before they are sent.

What a browser says about a file is not believed: its type follows from its name, and for types that platforms show it
has to begin as such files do.
"""

from collections.abc import Iterable, Sequence
from mimetypes import MimeTypes
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import Error

from conversations import attach
from conversations.files import Attachment
from conversations.models import Conversation, Delivery, Message
from gateways import messages, writing
from gateways.base import Capabilities, Files
from gateways.errors import DeliveryError, Failure
from gateways.idle import let_go
from gateways.registry import ADAPTERS

MOST_FILES = 10
MOST_TOTAL = 50_000_000  # bytes of all files of one message
# Programs: mail servers refuse them, and so do most platforms. https://support.google.com/mail/answer/6590
FORBIDDEN = frozenset((
    "ade", "adp", "apk", "app", "appx", "bat", "cab", "chm", "cmd", "com", "cpl", "dll", "dmg", "exe", "hta",
    "ins", "iso", "isp", "jar", "js", "jse", "lib", "lnk", "mde", "msc", "msi", "msp", "mst", "nsh", "pif",
    "ps1", "reg", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vhd", "vxd", "wsc", "wsf", "wsh",
))  # fmt: skip
PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")  # of three systems, and Java's
BEGINNINGS = {  # of files of a type, after so many bytes
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/gif": (0, b"GIF8"),
    "image/webp": (8, b"WEBP"),
    "application/pdf": (0, b"%PDF-"),
    "audio/ogg": (0, b"OggS"),
    "video/mp4": (4, b"ftyp"),
}
OFFICE = "application/vnd.openxmlformats-officedocument"
UNKNOWN = "application/octet-stream"
TYPES = MimeTypes(filenames=())  # not what this machine happens to know
for _ending, _type in {
    ".docx": f"{OFFICE}.wordprocessingml.document",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{OFFICE}.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".webp": "image/webp",
}.items():
    TYPES.add_type(_type, _ending)


class CantEnclose(Exception):
    """A file can't be sent; `public` says why and what to do."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def received(uploads: "Sequence[UploadedFile[Any]]") -> tuple[messages.Attachment, ...]:
    """The files of a form, read into memory once it is sure that they are few and small. Raises CantEnclose."""
    if len(uploads) > MOST_FILES:
        raise CantEnclose(f"{MOST_FILES} files are the most for one message; these are {len(uploads)}. Send fewer.")
    total = sum(upload.size or 0 for upload in uploads)
    if total > MOST_TOTAL:
        raise CantEnclose(f"The files have {total:,} bytes together; {MOST_TOTAL:,} are the most. Send fewer.")
    return tuple(_read(upload) for upload in uploads)


def _read(upload: "UploadedFile[Any]") -> messages.Attachment:
    name, content = upload.name or "file", upload.read()
    if not content:
        raise CantEnclose(f"“{name}” is empty. Choose another file.")
    if PurePath(name).suffix.lower().removeprefix(".") in FORBIDDEN or content.startswith(PROGRAMS):
        raise CantEnclose(f"“{name}” is a program, which most platforms refuse. Send a link to it instead.")
    return messages.Attachment(name, kind(name, content), len(content), content=content)


def kind(name: str, content: bytes) -> str:
    """The type of a file, in lower case."""
    named = TYPES.guess_type(PurePath(name).name)[0] or UNKNOWN
    begins = (each for each, (at, bytes_) in BEGINNINGS.items() if content[at : at + len(bytes_)] == bytes_)
    if named in BEGINNINGS or named == UNKNOWN:
        found = next(begins, UNKNOWN)
        return found if found == named or "." not in name else UNKNOWN
    return UNKNOWN if named.startswith("text/") and b"\0" in content else named


def check(conversation: Conversation, files: Sequence[messages.Attachment]) -> None:
    """Raises CantEnclose for files that the conversation's platform doesn't take."""
    if not files:
        return
    platform = ADAPTERS[conversation.gateway.platform]
    able, label = platform.capabilities, platform.label
    if able.files is Files.NONE:
        raise CantEnclose(f"{label} takes no files from us. Put a link to them into the text instead.")
    for file in files:
        if (file.size or 0) > largest(able):
            raise CantEnclose(f"“{file.name}” has {file.size:,} bytes; {label} takes up to {largest(able):,} from us.")
    total = sum(file.size or 0 for file in files)
    if able.files is Files.ALONG and total > largest(able):
        raise CantEnclose(f"The files have {total:,} bytes together; {label} takes up to {largest(able):,} at once.")


def largest(able: Capabilities) -> int:
    """How many bytes of one file go to a platform."""
    return min(able.max_file, attach.MOST_BYTES)


def fitting(conversation: Conversation, files: Iterable[Attachment]) -> list[Attachment]:
    """Of files that came with a message elsewhere, those that may go out together in this conversation."""
    able, total, fit = ADAPTERS[conversation.gateway.platform].capabilities, 0, list[Attachment]()
    for file in files:
        size = (file.size or 0) + (total if able.files is Files.ALONG else 0)
        if able.files is not Files.NONE and file.file_id and size <= largest(able) and len(fit) < MOST_FILES:
            fit.append(file)
            total += file.size or 0
    return fit


def keep(message: Message, files: Iterable[messages.Attachment | Attachment]) -> tuple[int, ...]:
    """Our ids of the files of a message that is to be sent: new ones, or what came with another message."""
    rows = [
        _again(message, file, number)
        if isinstance(file, Attachment)
        else attach.row(message, message.conversation.gateway_id, file, number)
        for number, file in enumerate(files)
    ]
    for row in rows:
        writing.insert(row)
    if rows:
        writing.flush()  # they have no ids before
    return tuple(row.pk for row in rows)


def _again(message: Message, file: Attachment, position: int) -> Attachment:
    return Attachment(
        message=message,
        gateway_id=message.conversation.gateway_id,
        position=position,
        file_id=file.file_id,
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        state=Attachment.State.KEPT,
    )


def read(delivery: Delivery) -> tuple[messages.Attachment, ...]:
    """The files of a delivery with their bytes, in order. Raises DeliveryError. No transaction is open meanwhile."""
    wanted = delivery.payload.get("files") or ()
    if not wanted:
        return ()
    try:
        rows = Attachment.objects.select_related("file").in_bulk(wanted)
    except Error:
        raise DeliveryError(Failure.UNREACHABLE, "The files couldn't be read from our database.") from None
    finally:
        let_go()
    found = [rows[pk] for pk in wanted if pk in rows and rows[pk].file is not None]
    if len(found) < len(wanted):
        raise DeliveryError(Failure.REJECTED, "A file that was to be sent isn't there any more.")
    return tuple(
        messages.Attachment(row.name, row.content_type, row.size, content=bytes(row.file.content))
        for row in found
        if row.file is not None
    )
