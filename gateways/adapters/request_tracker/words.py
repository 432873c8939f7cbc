"""The words in a transaction, and the files that came with them.

Request Tracker keeps a mail in parts: https://docs.bestpractical.com/rt/5.0.3/RT/Attachment.html
"""

import re
from collections.abc import Iterable, Iterator

from gateways.bodies import LONGEST_TEXT, Data, read_line, read_needed_id
from gateways.errors import Malformed
from gateways.mail import automated, html, quotes
from gateways.mail.read import Mail, read
from gateways.messages import Attachment

MARK = re.compile(r"\s*<!-- aissist:([0-9a-f-]{36}) -->")  # how a message of ours begins
MAIL = "email"  # how it came, by the header X-RT-Interface
TEXTS = ("text/plain", "text/html")


def mark(client_ref: str) -> str:
    """What our messages begin with. Request Tracker keeps it, and shows it to nobody."""
    return f"<!-- aissist:{client_ref} -->"


class Written:
    """What a transaction's parts say. They stand as in a mail: a head, and in it texts and files."""

    def __init__(self, data: Data) -> None:
        parts = data.get("parts")
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise Malformed("“parts” must be a list of objects.")
        self.head = _text(parts[0], "headers") if parts else ""
        self.channel = _header(self.head, "X-RT-Interface").lower()
        self.texts = {kind: "\n".join(_contents(parts, kind)) for kind in TEXTS}
        self.files = tuple(file for part in parts if (file := _file(part)) is not None)
        raw = self.texts["text/plain"] or html.to_text(self.texts["text/html"])
        self._raw = raw[:LONGEST_TEXT]

    @property
    def client_ref(self) -> str:
        """Our reference, where it is a message of ours; behind anything else it is a quotation."""
        found = MARK.match(self.texts["text/html"])
        return found[1] if found else ""

    @property
    def whole(self) -> str:
        return "\n".join(line for line in self._raw.split("\n") if line != html.QUOTE).strip()

    @property
    def new(self) -> str:
        """Without what is quoted, and without a signature."""
        return quotes.strip(self._raw).text.strip()

    def automated(self, ticket: Data, sender: str) -> str:
        """Why no person wrote it, as far as the mail's headers and its words tell."""
        addresses = ticket.get("addresses")
        ours = [each for each in addresses if isinstance(each, str)] if isinstance(addresses, list) else []
        return automated.reason(self._mail(sender), ours)

    def _mail(self, sender: str) -> Mail:
        """The mail as it came, as far as Request Tracker has kept it."""
        head = re.sub(r"\n{2,}", "\n", self.head.replace("\r", "").strip())
        sender_line = "" if _header(head, "From") else f"From: <{sender}>\n"
        return read(f"{sender_line}{head}\n\n{self._raw}".encode())


def _contents(parts: Iterable[Data], kind: str) -> Iterator[str]:
    for part in parts:
        content = _text(part, "content")
        found = is_text(read_line(part, "type", "parts.type"), read_line(part, "file", "parts.file"))
        if found == kind and content.strip():
            yield content


def is_text(kind: str, file: str) -> str:
    """Which of TEXTS a part is, "" for a file or a frame around others."""
    return kind.lower() if kind.lower() in TEXTS and not file else ""


def _file(part: Data) -> Attachment | None:
    kind, name = read_line(part, "type", "parts.type").lower(), read_line(part, "file", "parts.file")
    if kind.startswith("multipart/") or is_text(kind, name):
        return None
    length = part.get("length")
    headers = _text(part, "headers")
    return Attachment(
        name=name or "file",
        content_type=kind or "application/octet-stream",
        size=length if isinstance(length, int) and not isinstance(length, bool) and length >= 0 else None,
        reference=read_needed_id(part, "id", "parts.id"),
        inline=bool(_header(headers, "Content-ID")) and kind.startswith("image/"),
    )


def _header(head: str, name: str) -> str:
    found = re.search(rf"^{name}:[ \t]*(.*)$", head, re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else ""


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"“parts.{name}” must be text.")
    return value or ""
