"""Word documents as pieces. https://learn.microsoft.com/openspecs/office_standards/ms-docx/"""

import io
import zipfile

import mammoth

from agents.imports.pieces import About, Piece, Unreadable
from agents.imports.read_html import read_document

MOST_BYTES = 100_000_000  # of all that is packed into the file
MOST_PARTS = 5_000
TEXT_PARTS = (".xml", ".rels")


def read(body: bytes, about: About) -> list[Piece]:
    _check(body)
    try:
        made = mammoth.convert_to_html(io.BytesIO(body), convert_image=mammoth.images.img_element(lambda image: {}))
    except Exception as error:  # whatever is broken in the file, it comes up as anything
        raise Unreadable(f"It can't be read as a Word document ({type(error).__name__}).") from None
    return read_document(made.value, about.title)


def _check(body: bytes) -> None:
    """What a Word document never has, and a bomb may."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
                raise Unreadable("Unpacked, the document would be too large.")
            for part in parts:
                if part.filename.endswith(TEXT_PARTS) and _declares(packed, part):
                    raise Unreadable("The document declares entities, which Word documents don't.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise Unreadable("It isn't a Word document (.docx), or it is damaged.") from None


def _declares(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with packed.open(part) as content:
        begin = content.read(4096)
    return b"<!DOCTYPE" in begin or b"<!ENTITY" in begin
