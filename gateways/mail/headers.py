"""Headers of mails as text: encoded words (RFC 2047) as they are written, which is rarely as they are meant to be.

https://www.rfc-editor.org/rfc/rfc2047  https://www.rfc-editor.org/rfc/rfc5322
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

from gateways.mail.charsets import decode

LONGEST_HEADER = 20_000  # characters
MOST_ADDRESSES = 200
MOST_IDS = 100

# Mailers put spaces into Q words, though they mustn't; RFC 2231 allows a language after the charset.
ENCODED = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,30})?\?([bBqQ])\?([^?]*)\?=")
BETWEEN = re.compile(r"(\?=)[ \t]*\r?\n?[ \t]*(=\?)")  # white space between two encoded words is none
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
# Right-to-left overrides and the like make a name or a subject look like another one.
BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with an address; `address` is in lower case, "" where there is none that mail can be sent to."""

    address: str
    name: str = ""


def text(value: str) -> str:
    """A header's value on one line, with its encoded words read."""
    value = _bytes_as_text(value[:LONGEST_HEADER])
    return " ".join(BIDI.sub("", CONTROL.sub(" ", "".join(_words(BETWEEN.sub(r"\1\2", value))))).split())


def parties(values: Iterable[str]) -> tuple[Party, ...]:
    """The addresses in headers like To and Cc. Names are read after the addresses are taken apart: they may hold any
    character, commas and angle brackets included.
    """
    found = getaddresses([_bytes_as_text(value[:LONGEST_HEADER]) for value in values])[:MOST_ADDRESSES]
    return tuple(Party(address, text(name)[:200]) for name, given in found if (address := clean_address(given)))


def clean_address(given: str) -> str:
    """The address in lower case, or "" for what isn't one."""
    given = text(given).strip("<>'\" ").removeprefix("mailto:")
    return given.lower() if ADDRESS.fullmatch(given) else ""


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """The ids in Message-ID, In-Reply-To and References, in order, each once."""
    read = (text(value) if "=?" in value else value[:LONGEST_HEADER] for value in values)  # Python's own do that to ids
    found = (match for value in read for match in MESSAGE_ID.findall(value))
    return tuple(dict.fromkeys(found))[-MOST_IDS:]


def moment(value: str) -> datetime | None:
    """A Date header in UTC; None for none and for nonsense."""
    try:
        at = parsedate_to_datetime(text(value))
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _bytes_as_text(value: str) -> str:
    """Bytes above 127 that stand in a header though they mustn't; the parser keeps them as surrogates."""
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"))


def _words(value: str) -> Iterator[str]:
    """The value in pieces. Neighbours in one charset are joined before decoding: mailers cut characters in two."""
    end, held, charset = 0, b"", ""
    for match in ENCODED.finditer(value):
        if held and (match.start() > end or match[1].lower() != charset):
            yield decode(held, charset)
            held = b""
        yield value[end : match.start()]
        held, charset, end = held + _payload(match[2].lower(), match[3]), match[1].lower(), match.end()
    yield decode(held, charset) if held else ""
    yield value[end:]


def _payload(kind: str, encoded: str) -> bytes:
    if kind == "q":
        return binascii.a2b_qp(encoded.replace("_", " ").encode("utf-8", "replace"), header=False)
    clean = re.sub(r"[^A-Za-z0-9+/]", "", encoded)
    try:
        return base64.b64decode(clean + "=" * (-len(clean) % 4))
    except ValueError:
        return base64.b64decode(clean[: len(clean) // 4 * 4])
