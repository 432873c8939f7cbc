"""Sitemaps and their indexes as lists of addresses. https://www.sitemaps.org/protocol.html"""

import zlib
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from agents.imports.pieces import Unreadable
from agents.imports.text import decoded

MOST_BYTES = 50_000_000  # unpacked; the protocol's own limit
MOST_ADDRESSES = 50_000  # likewise
NOT_ONE = "It isn't a sitemap. Give the address of sitemap.xml, or import it as a page."


@dataclass(frozen=True, slots=True)
class Listing:
    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()  # of an index


def parse(body: bytes, address: str) -> Listing:
    """The addresses that the sitemap at `address` names, each once, in its order. Raises Unreadable."""
    text = _unpacked(body)
    if not text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _plain(decoded(text))
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable("The sitemap declares entities or a document type, which sitemaps don't.") from None
    except (ParseError, ValueError, LookupError):
        raise Unreadable(NOT_ONE) from None
    kind = root.tag.rpartition("}")[2]
    if kind not in ("urlset", "sitemapindex"):
        raise Unreadable(NOT_ONE)
    found = [urljoin(address, (where.text or "").strip()) for entry in root for where in entry if _is_place(where)]
    addresses = tuple(dict.fromkeys(each for each in found if each.startswith(("http://", "https://"))))
    addresses = addresses[:MOST_ADDRESSES]
    return Listing(pages=addresses) if kind == "urlset" else Listing(sitemaps=addresses)


def _is_place(element: object) -> bool:
    return str(getattr(element, "tag", "")).rpartition("}")[2] == "loc"


def _plain(text: str) -> Listing:
    """A sitemap may also be a text with one address on each line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or not all(line.startswith(("http://", "https://")) and " " not in line for line in lines):
        raise Unreadable(NOT_ONE)
    return Listing(pages=tuple(dict.fromkeys(lines))[:MOST_ADDRESSES])


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = unpacker.decompress(body, MOST_BYTES)
    except zlib.error:
        raise Unreadable("The sitemap is packed with gzip, and damaged.") from None
    if unpacker.unconsumed_tail:
        raise Unreadable(f"Unpacked, the sitemap has more than {MOST_BYTES:,} bytes.")
    return text
