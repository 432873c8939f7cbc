"""What a body is, by what it says, what it is called, and what it begins with."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from agents.imports.pieces import Unreadable

HTML, PDF, DOCX, CSV, MARKDOWN = "html", "pdf", "docx", "csv", "markdown"
BY_TYPE = {
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "application/pdf": PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": DOCX,
    "text/csv": CSV,
    "text/tab-separated-values": CSV,
    "text/markdown": MARKDOWN,
    "text/x-markdown": MARKDOWN,
    "text/plain": MARKDOWN,
}
BY_ENDING = {
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
    ".docx": DOCX,
    ".csv": CSV,
    ".tsv": CSV,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": MARKDOWN,
}
KNOWN = "HTML, PDF, Word (.docx), CSV, markdown and plain text"


def kind(body: bytes, name: str = "", content_type: str = "") -> str:
    """One of the five. `name` is a file's name or an address. Raises Unreadable for anything else."""
    if body.startswith(b"%PDF-"):
        return PDF
    said = content_type.partition(";")[0].strip().lower()
    ending = PurePosixPath(unquote(urlsplit(name).path if "://" in name else name)).suffix.lower()
    guess = BY_ENDING.get(ending) if said in ("", "text/plain", "application/octet-stream") else None
    found = guess or BY_TYPE.get(said) or (BY_ENDING.get(ending) if not said else None)
    if found is None:
        what = said or ending or "something unknown"
        raise Unreadable(f"It is {what}, which can't be read. What can: {KNOWN}.")
    return found


def charset(content_type: str) -> str:
    """The character set that a Content-Type names, else ""."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")
    return ""
