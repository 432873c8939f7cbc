"""Read multipart/form-data, as a platform does."""

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP


@dataclass(frozen=True)
class Sent:
    """A file in a form."""

    name: str
    content_type: str
    content: bytes


def read_form(content_type: str, body: bytes) -> dict[str, str | Sent]:
    """Fields and files, by the names of their fields."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    assert message.is_multipart(), content_type
    return {name(part): value(part) for part in message.iter_parts()}


def name(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))


def value(part: Message) -> str | Sent:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    if (filename := part.get_filename()) is None:
        return content.decode()
    return Sent(filename, part.get_content_type(), content)
