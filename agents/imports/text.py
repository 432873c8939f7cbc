"""Bytes as text, whatever their character set is said to be."""

import codecs
import re

from charset_normalizer import from_bytes

SAMPLE = 100_000  # bytes that are looked at to guess
LIKELY = ["cp1252", "cp1250", "shift_jis", "euc_jp", "gb18030", "big5"]  # in the ten languages, where it isn't UTF-8

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{1,40})", re.IGNORECASE)


def decoded(body: bytes, charset: str = "") -> str:
    """The text: by its byte order mark, by `charset`, as UTF-8, or by what it looks like. Without NUL."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace").replace("\x00", "")
    text = next((text for name in (charset, "utf-8") if (text := _strictly(body, name)) is not None), None)
    return (_guessed(body) if text is None else text).replace("\x00", "")


def decoded_html(body: bytes, charset: str = "") -> str:
    """Likewise; what a page says about itself counts after what its server says."""
    said = _META.search(body[:4096])
    return decoded(body, charset or (said[1].decode("ascii") if said else ""))


def _strictly(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset) if charset else None
    except (LookupError, ValueError):
        return None


def _guessed(body: bytes) -> str:
    best = from_bytes(body[:SAMPLE], cp_isolation=LIKELY).best()
    return body.decode(best.encoding if best else "cp1252", "replace")
