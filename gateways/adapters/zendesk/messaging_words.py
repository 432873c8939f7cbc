"""The words and files of a message, https://developer.zendesk.com/api-reference/conversations/#operation/PostMessage."""

from collections.abc import Callable, Iterator, Mapping
from posixpath import basename
from urllib.parse import unquote, urlsplit

from gateways.adapters.zendesk.messaging_tickets import THREAD
from gateways.bodies import LONGEST_TEXT, Data, read_line, read_mapping
from gateways.errors import Malformed
from gateways.messages import Attachment

LONGEST_ADDRESS = 490  # characters of an address by which a file is fetched later
MEDIA = {"image": "Image", "audio": "Voice message", "video": "Video"}  # the rest are files


def text(content: Data) -> str:
    """What it says, with what can't be shown as words told in brackets."""
    tell = TELLERS.get(read_line(content, "type"))
    words = tell(content) if tell else _written(content, "text") or "[A message of a kind that we don't know]"
    return words.strip()


def attachments(content: Data) -> tuple[Attachment, ...]:
    """The file of an image or file message, which `fetch` gets by its address."""
    address = _address(content)
    if read_line(content, "type") not in ("image", "file") or not 0 < len(address) <= LONGEST_ADDRESS:
        return ()
    size = content.get("mediaSize")
    return (
        Attachment(
            name=_name(content),
            content_type=read_line(content, "mediaType") or "application/octet-stream",
            size=int(size) if isinstance(size, int | float) and not isinstance(size, bool) and size >= 0 else None,
            reference=f"{THREAD}{address}",
        ),
    )


def _written(content: Data, name: str) -> str:
    """A text of any number of lines; "" where there is none."""
    words = content.get(name)
    if words is not None and not isinstance(words, str):
        raise Malformed(f"“{name}” must be text.")
    return (words or "")[:LONGEST_TEXT]


def _file(content: Data) -> str:
    kind = MEDIA.get(read_line(content, "mediaType").partition("/")[0], "File")
    if kind == "File" and read_line(content, "type") == "image":
        kind = "Image"
    return f"{_written(content, 'text')}\n[{kind}: {_name(content)}]"


def _name(content: Data) -> str:
    """The platform puts the file's name where a description can stand; else the address ends with it."""
    return read_line(content, "altText") or unquote(basename(urlsplit(_address(content)).path)) or "file"


def _address(content: Data) -> str:
    address = content.get("mediaUrl")
    try:
        urlsplit(address if isinstance(address, str) else "")
    except ValueError:
        return ""
    return address if isinstance(address, str) else ""


def _location(content: Data) -> str:
    at, place = read_mapping(content, "coordinates"), read_mapping(content, "location")
    told = (read_line(place, "name"), read_line(place, "address"), f"{at.get('lat')}, {at.get('long')}")
    return f"[Location: {', '.join(filter(None, told))}]"


def _form_response(content: Data) -> str:
    """The answers one below the other, each behind its question."""
    lines = [f"{read_line(field, 'label')}: {_answer(field)}" for field in _all(content, "fields")]
    return "\n".join(lines) or _written(content, "textFallback") or "[Form]"


def _answer(field: Data) -> str:
    chosen = ", ".join(read_line(each, "label") for each in _all(field, "select"))
    return chosen or read_line(field, "text") or read_line(field, "email")


def _form(content: Data) -> str:
    labels = ", ".join(read_line(field, "label") for field in _all(content, "fields"))
    return f"{_written(content, 'text')}\n[Form: {labels}]"


def _items(content: Data) -> str:
    pairs = [(read_line(item, "title"), read_line(item, "description")) for item in _all(content, "items")]
    titles = [f"• {title} {description}".rstrip() for title, description in pairs]
    return "\n".join(filter(None, (_written(content, "text"), *titles))) or "[List]"


def _all(data: Data, name: str) -> Iterator[Data]:
    found = data.get(name)
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())


def _words(content: Data) -> str:
    """With the buttons below it, which a transcript would be hard to understand without."""
    buttons = " ".join(f"[{read_line(action, 'text')}]" for action in _all(content, "actions"))
    return "\n".join(filter(None, (_written(content, "text"), buttons)))


TELLERS: Mapping[str, Callable[[Data], str]] = {
    "text": _words,
    "image": _file,
    "file": _file,
    "location": _location,
    "form": _form,
    "formResponse": _form_response,
    "carousel": _items,
    "list": _items,
    "template": lambda content: "[Template]",
}
