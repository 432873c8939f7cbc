"""Files of every kind become pieces, in a process of their own; hostile ones become one sentence."""

import json
import os
import signal
import subprocess
import sys

import pytest

from agents.imports import read as reader
from agents.imports.pieces import About, Piece, Unreadable
from agents.imports.read import read
from tests.agents.imports.files import docx, pdf

PAGE = """<html><head><title>Refunds | Shop</title></head><body><header>Top</header>
<div class="cookie-bar">We use cookies</div>
<main><nav>Home</nav><h1>Refunds</h1>
<p>We refund <b>within 5 days</b>, see <a href="/orders">your orders</a>. Enough words.</p>
<h2>Late ones</h2><ul><li>Wait.</li><li>Write.</li></ul><form>Was this helpful?</form></main>
<footer>Imprint</footer></body></html>"""
REFUNDS = Piece(
    "",
    "Refunds",
    "We refund **within 5 days**, see [your orders](https://shop.example/orders). Enough words.\n\n"
    "## Late ones\n\n- Wait.\n- Write.",
)


TEXT = "Lay it flat and raise the poles, then pull."
MANUAL = pdf([(20, "Tent manual"), (10, TEXT), (14, "Water inside"), (10, "Open the vents: it is condensation.")])
TWO = docx(("Heading1", "One"), ("Normal", "Text."), ("Heading1", "One"), ("Normal", "More."))
ONE = docx(("Heading1", "Refunds"), ("Normal", "In 5 days."), ("Heading2", "Late"), ("Normal", "Wait."))
FAQ = b'Question,Answer\nHow?,So.\nEmpty?,\nHow?,"Or so,\nlike this."\n'


def named(body: str, title: str = "My file") -> list[Piece]:
    return [Piece("", title, body)]


TABLE = {
    "a page": ("html", PAGE.encode(), [REFUNDS]),
    "a page without a main part": ("html", b"<title>A title</title><p>And text.", named("And text.", "A title")),
    "a page that says its charset": ("html", "<meta charset=iso-8859-1><p>Größe".encode("latin-1"), named("Größe")),
    "a page that says a wrong one": (
        "html",
        "<meta charset=utf-8><p>Größe: äöü".encode("latin-1"),
        named("Größe: äöü"),
    ),
    "chapters": (
        "markdown",
        b"# One\nText.\n# Two\nMore.",
        [Piece("one", "One", "Text."), Piece("two", "Two", "More.")],
    ),
    "underlined": (
        "markdown",
        b"---\ntags: x\n---\nRefunds\n=======\nText.\n\n## Late\nWait.",
        named("Text.\n\n## Late\nWait.", "Refunds"),
    ),
    "text with a mark": ("markdown", "\ufeffJust words: ü".encode(), named("Just words: ü")),
    "UTF-16": ("markdown", "Words: ü".encode("utf-16"), named("Words: ü")),
    "questions and answers": ("csv", FAQ, [Piece("how?", "How?", "So.\n\nOr so,\nlike this.")]),
    "in German, with semicolons": (
        "csv",
        "Frage;Antwort;Ort\nWie groß?;So groß.;hier\n".encode("cp1252"),
        [Piece("wie gross?", "Wie groß?", "So groß.")],
    ),
    "a table": (
        "csv",
        b"Size,Waist\nS,70\nM|L,80\n",
        named("| Size | Waist |\n| --- | --- |\n| S | 70 |\n| M\\|L | 80 |"),
    ),
    "Word": ("docx", ONE, named("In 5 days.\n\n## Late\n\nWait.", "Refunds")),
    "Word, two of one name": ("docx", TWO, [Piece("one", "One", "Text."), Piece("one #2", "One #2", "More.")]),
    "PDF": ("pdf", MANUAL, named(f"{TEXT}\n\n## Water inside\n\nOpen the vents: it is condensation.", "Tent manual")),
}


@pytest.mark.parametrize(("kind", "body", "pieces"), TABLE.values(), ids=TABLE)
def test_what_becomes_of(kind: str, body: bytes, pieces: list[Piece]) -> None:
    assert read(kind, body, About("My file", "", "https://shop.example/help/refunds")) == pieces


BOMB = docx(("Normal", "x"), bomb=b"<a/>" + b" " * 120_000_000)
MANY = pdf([(10, "x")], shared=1_001)
LAUGHS = docx(("Normal", "&b;"), head='<?xml version="1.0"?><!DOCTYPE x [<!ENTITY b "lol">]>')


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("html", b"", "There is no text on it."),
        ("html", b"<nav>Menu</nav><script>x()</script>", "There is no text on it."),
        ("html", b"<div>" * 20_000 + b"text", "Its elements are nested too deeply to be read."),
        ("markdown", b" \n\n", "There is no text on it."),
        ("csv", b"a,b\n" * 6_000, "The table has more than 5,000 rows. Split it into several files."),
        ("docx", BOMB, "Unpacked, the document would be too large."),
        ("docx", LAUGHS, "The document declares entities, which Word documents don't."),
        ("docx", b"PK\x03\x04 and then nothing", "It isn't a Word document (.docx), or it is damaged."),
        ("pdf", b"%PDF-1.4 and then nothing", "The PDF is damaged, or can't be read by us (PdfStreamError)."),
        ("pdf", MANY, "The PDF has 1,001 pages; 1,000 can be read. Split it into several files."),
        ("pdf", pdf([]), "The PDF has no text in it, only pictures of it. Run it through text recognition first."),
    ],
    ids=[
        "nothing", "only a menu", "nested without end", "blank", "too many rows", "zip bomb", "entities", "not a zip",
        "not a PDF", "too many pages", "a scan",
    ],
)  # fmt: skip
def test_what_cant_be_read_says_why(kind: str, body: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as problem:
        read(kind, body, About("T"))
    assert problem.value.public == says


def test_a_reader_that_is_too_slow_is_ended() -> None:
    with pytest.raises(Unreadable, match="takes too long or too much memory"):
        read("markdown", b"text", About("T"), seconds=0.001)


def test_the_process_is_bounded_and_has_none_of_our_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(words: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        seen.update(options)
        return subprocess.CompletedProcess(words, -signal.SIGXCPU, b"", b"")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Unreadable, match="takes too long or too much memory"):
        read("html", b"x", About("T"))
    assert seen["env"] == {"PYTHONPATH": str(reader.ROOT)}


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux keeps to a bound of address space")
def test_a_reader_that_takes_too_much_memory_ends_by_itself() -> None:
    eats = "from agents.imports import child; child.bound(); x = bytearray(2_000_000_000)"
    done = subprocess.run(
        [sys.executable, "-c", eats], capture_output=True, cwd=reader.ROOT, env=os.environ, check=False
    )
    assert b"MemoryError" in done.stderr


def test_what_databases_dont_take_is_left_out() -> None:
    assert (
        read("pdf", pdf([(10, r"Before\000 after, in one line.")]), About("T"))[0].body == "Before after, in one line."
    )


def test_a_title_may_hold_anything() -> None:
    assert (
        read("markdown", b"x", About("Gr\u00f6\u00dfe \x00\ud800 'quoted' --flag"))[0].title == "Größe 'quoted' --flag"
    )


def test_pieces_survive_json() -> None:
    piece = Piece("k", "t", "b \u2028 ü")
    assert Piece(**json.loads(json.dumps({"key": piece.key, "title": piece.title, "body": piece.body}))) == piece
