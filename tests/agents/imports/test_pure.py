"""Patterns, kinds, sitemaps and headings: text in, value out."""

import gzip

import pytest

from agents.imports.divide import by_headings, whole
from agents.imports.kinds import charset, kind
from agents.imports.patterns import wanted
from agents.imports.pieces import LONGEST_BODY, Piece, Unreadable
from agents.imports.sitemap import Listing, parse

SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
HOME = "https://shop.example.com/sitemap.xml"


@pytest.mark.parametrize(
    ("address", "include", "exclude", "is_wanted"),
    [
        ("https://a.example/help/x", [], [], True),
        ("https://a.example/help/x", ["/help/*"], [], True),
        ("https://a.example/help/x", ["/help"], [], True),
        ("https://a.example/blog/x", ["/help/*"], [], False),
        ("https://a.example/help/x", ["/help/*"], ["*/x"], False),
        ("https://a.example/help/x.", ["/help/*"], ["*/x"], True),
        ("https://a.example/help/x", ["https://a.example/*"], [], True),
        ("https://a.example/help/x", ["https://b.example/"], [], False),
        ("https://a.example", ["/"], [], True),
        ("https://a.example/?q=1", [], ["/*?*"], False),
        ("https://a.example/a+b", ["/a.b"], [], False),
    ],
    ids=[
        "no pattern", "path", "beginning", "other path", "excluded", "nearly excluded", "whole address", "other host",
        "home", "query", "dots are dots",
    ],
)  # fmt: skip
def test_wanted(address: str, include: list[str], exclude: list[str], is_wanted: bool) -> None:
    assert wanted(address, include, exclude) is is_wanted


@pytest.mark.parametrize(
    ("body", "name", "content_type", "found"),
    [
        (b"", "https://a.example/help", "text/html; charset=utf-8", "html"),
        (b"", "https://a.example/help.pdf", "text/html", "html"),
        (b"%PDF-1.7", "https://a.example/help", "text/html", "pdf"),
        (b"", "https://a.example/readme.md", "text/plain", "markdown"),
        (b"", "https://a.example/manual.docx?x=1", "application/octet-stream", "docx"),
        (b"", "Manual%20v2.DOCX", "", "docx"),
        (b"", "faq.csv", "", "csv"),
    ],
    ids=["type", "type over ending", "magic over type", "text by ending", "bytes by ending", "file", "table"],
)
def test_kind(body: bytes, name: str, content_type: str, found: str) -> None:
    assert kind(body, name, content_type) == found


@pytest.mark.parametrize(("name", "content_type"), [("a.png", ""), ("a", "image/png"), ("noending", "")], ids=str)
def test_other_kinds_are_refused(name: str, content_type: str) -> None:
    with pytest.raises(Unreadable, match="which can't be read. What can: HTML, PDF"):
        kind(b"\x89PNG", name, content_type)


@pytest.mark.parametrize(
    ("content_type", "found"),
    [("text/html", ""), ("text/html; charset=UTF-8", "UTF-8"), ('text/html;x=y; Charset="latin-1"', "latin-1")],
    ids=str,
)
def test_charset(content_type: str, found: str) -> None:
    assert charset(content_type) == found


@pytest.mark.parametrize(
    ("body", "listing"),
    [
        (f"<urlset {SPACE}><url><loc> https://a.example/x </loc><lastmod>2026</lastmod></url></urlset>", Listing(("https://a.example/x",))),
        ("<urlset><url><loc>/y</loc></url><url><loc>/y</loc></url></urlset>", Listing(("https://shop.example.com/y",))),
        (f"<sitemapindex {SPACE}><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>", Listing((), ("https://a.example/s.xml",))),
        ("<urlset><url><loc>ftp://a.example/x</loc></url><url><loc/></url></urlset>", Listing((HOME,))),
        ("https://a.example/1\nhttps://a.example/2\n", Listing(("https://a.example/1", "https://a.example/2"))),
        ("\ufeff<urlset/>", Listing()),
    ],
    ids=["pages", "relative, twice", "index", "another scheme", "plain text", "empty"],
)  # fmt: skip
def test_a_sitemap_is_read(body: str, listing: Listing) -> None:
    assert parse(body.encode(), HOME) == listing
    assert parse(gzip.compress(body.encode()), HOME) == listing


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><body>Hello</body></html>", "It isn't a sitemap"),
        (b"<urlset><url>", "It isn't a sitemap"),
        (b"", "It isn't a sitemap"),
        (b"Hello there", "It isn't a sitemap"),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
            "declares",
        ),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset/>', "declares"),
        (gzip.compress(b" " * 60_000_000), "Unpacked, the sitemap has more than 50,000,000 bytes."),
        (b"\x1f\x8b and then nothing", "damaged"),
    ],
    ids=["a page", "cut off", "empty", "words", "entity bomb", "outside entity", "gzip bomb", "damaged gzip"],
)
def test_what_isnt_a_sitemap_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        parse(body, HOME)


def long(heading: str) -> str:
    return f"## {heading}\n" + "word " * 800


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Text.", ["File"]),
        ("# A\nText.\n## B\nMore.", ["A"]),
        (f"# A\nIntro.\n{long('B')}\n{long('C')}", ["A", "A: B", "A: C"]),
        (f"{long('B')}\n{long('C')}", ["File: B", "File: C"]),
        ("Intro.\n# A\nText.\n# B\nMore.\n# Empty\n", ["File", "A", "B"]),
        ("# *A* [link](x)\nText.", ["A link"]),
        ("```\n# code\n```\n# A\nText.", ["A"]),
        ("", []),
        ("# A\n---\n", []),
    ],
    ids=["no heading", "short", "long", "long without a title", "chapters", "marks", "code", "nothing", "no words"],
)
def test_a_document_is_divided(text: str, titles: list[str]) -> None:
    assert [piece.title for piece in by_headings(text, "File")] == titles


def test_a_page_is_one_piece_however_long() -> None:
    assert [piece.title for piece in whole(f"# A\n{long('B')}\n{long('C')}", "File")] == ["A"]


def test_a_giant_is_cut() -> None:
    pieces = whole("line of words\n" * 20_000, "Giant")
    assert [(piece.key, piece.title) for piece in pieces] == [("", "Giant"), (" (2)", "Giant (2)")]
    assert all(len(piece.body) <= LONGEST_BODY for piece in pieces)


def test_a_pieces_hash_tells_title_from_body() -> None:
    assert Piece("", "a", "bc").hash != Piece("", "ab", "c").hash
