"""The words and files of a message, https://core.telegram.org/bots/api#message."""

from collections.abc import Callable, Iterator
from typing import Any

from gateways.bodies import Data, read_id, read_line, read_mapping
from gateways.messages import Attachment

# Kinds of files: the name of one that has none, its type if it isn't told, and what is said of it.
FILES = {
    "document": ("file", "application/octet-stream", "Document"),
    "photo": ("photo.jpg", "image/jpeg", "Photo"),
    "voice": ("voice.ogg", "audio/ogg", "Voice message"),
    "audio": ("audio.mp3", "audio/mpeg", "Audio"),
    "video": ("video.mp4", "video/mp4", "Video"),
    "video_note": ("video.mp4", "video/mp4", "Video message"),
    "animation": ("animation.mp4", "video/mp4", "Animation"),
    "sticker": ("sticker.webp", "image/webp", "Sticker"),
}


def text(message: Data) -> str:
    """The words, with the addresses behind linked ones."""
    words, pieces, done = _words(message), list[str](), 0
    raw = words.encode("utf-16-le", "surrogatepass")
    for kind, _, entity in entities(message):
        url = entity.get("url")
        if kind == "text_link" and isinstance(url, str):
            end = (entity["offset"] + entity["length"]) * 2
            pieces += [raw[done:end].decode("utf-16-le", "replace"), f" ({url})"]
            done = end
    return "".join([*pieces, raw[done:].decode("utf-16-le", "replace")])


def entities(message: Data) -> Iterator[tuple[str, str, Data]]:
    """Each marked stretch of the words: its kind, itself and all about it. Offsets count UTF-16 units."""
    raw = _words(message).encode("utf-16-le", "surrogatepass")
    found = message.get("entities") or message.get("caption_entities")
    last = 0
    for entity in found if isinstance(found, list) else []:
        offset, count = (entity.get("offset"), entity.get("length")) if isinstance(entity, dict) else (None, None)
        if isinstance(offset, int) and isinstance(count, int) and last <= offset <= offset + count <= len(raw) // 2:
            yield str(entity.get("type")), raw[offset * 2 : (offset + count) * 2].decode("utf-16-le", "replace"), entity
            last = offset if entity.get("type") != "text_link" else offset + count


def _words(message: Data) -> str:
    words = message.get("text") or message.get("caption")
    return words if isinstance(words, str) else ""


def told(message: Data) -> str:
    """What can't be shown as words, in brackets."""
    return "\n".join(f"[{line}]" for line in _told(message))


def _told(message: Data) -> Iterator[str]:
    for kind, file in _files(message):
        about = (read_line(file, "file_name"), read_line(file, "title"), read_line(file, "emoji"), _duration(file))
        detail = ", ".join(filter(None, about))
        yield f"{FILES[kind][2]}: {detail}" if detail else FILES[kind][2]
    for kind, tell in OTHERS.items():
        if kind == "location" and "venue" in message:  # a venue comes with its location
            continue
        if thing := read_mapping(message, kind):
            yield tell(thing)


def attachments(message: Data) -> tuple[Attachment, ...]:
    """The files, whose bytes `fetch` gets by their reference."""
    return tuple(
        Attachment(
            name=read_line(file, "file_name") or FILES[kind][0],
            content_type=read_line(file, "mime_type") or FILES[kind][1],
            size=file["file_size"] if isinstance(file.get("file_size"), int) else None,
            reference=read_id(file, "file_id"),
        )
        for kind, file in _files(message)
        if read_id(file, "file_id")
    )


def _files(message: Data) -> Iterator[tuple[str, Data]]:
    for kind in FILES:
        if kind == "document" and "animation" in message:  # comes twice, for old programs
            continue
        if kind == "photo":
            sizes = message.get(kind)
            known = [size for size in sizes if isinstance(size, dict)] if isinstance(sizes, list) else []
            if known:
                yield kind, max(known, key=_area)
        elif file := read_mapping(message, kind):
            yield kind, file


def _area(size: Data) -> int:
    width, height = size.get("width"), size.get("height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0


def _duration(file: Data) -> str:
    seconds = file.get("duration")
    return f"{seconds} s" if isinstance(seconds, int) and seconds else ""


def _place(location: Data) -> str:
    return f"{location.get('latitude')}, {location.get('longitude')}"


OTHERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "location": lambda it: f"Location: {_place(it)}",
    "venue": lambda it: f"Venue: {read_line(it, 'title')}, {read_line(it, 'address')}",
    "contact": lambda it: (
        f"Contact: {read_line(it, 'first_name')} {read_line(it, 'last_name')}".rstrip()
        + f", {read_line(it, 'phone_number')}"
    ),
    "poll": lambda it: f"Poll: {read_line(it, 'question')}",
    "dice": lambda it: f"Dice: {read_line(it, 'emoji')} {it.get('value')}",
    "story": lambda it: "Story",
    "game": lambda it: f"Game: {read_line(it, 'title')}",
    "invoice": lambda it: f"Invoice: {read_line(it, 'title')}",
    "checklist": lambda it: f"Checklist: {read_line(it, 'title')}",
}
