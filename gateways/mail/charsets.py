"""Bytes of mails into text, whatever they claim to be written in. Nothing in here raises.

Names that mailers use and Python doesn't know: https://www.iana.org/assignments/character-sets/ and what is seen.
"""

import codecs
import re

# Supersets, so that a mail that uses a little more than it says is read all the same, as browsers do:
# https://encoding.spec.whatwg.org/#names-and-labels
NAMES = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "iso-2022-jp": "iso-2022-jp-3",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-unknown": "",
    "unknown-8bit": "",
    "default": "",
}
# Codecs that Python has and that are no charsets.
NOT_CHARSETS = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"))
EMBEDDED = re.compile(r"utf-?8|windows-?125\d|iso-?8859-?\d{1,2}|koi8-[ru]|big5|gb\w+", re.IGNORECASE)
LAST_RESORT = "cp1252"


def decode(data: bytes, charset: str = "") -> str:
    """The text in `data`. Valid UTF-8 that says it is something else with one byte a character is UTF-8."""
    claimed = known(charset)
    if claimed in ("", "utf-8", LAST_RESORT) and (text := _strictly(data, "utf-8")) is not None:
        return text.removeprefix("\ufeff")
    if claimed and (text := _strictly(data, claimed)) is not None:
        return text.removeprefix("\ufeff")
    if claimed == "utf-8" and _mostly(data):
        return data.decode("utf-8", "replace")
    if (text := _strictly(data, "utf-8")) is not None:
        return text
    return data.decode(claimed if claimed not in ("", "utf-8") else LAST_RESORT, "replace")


def known(charset: str) -> str:
    """Python's name of a charset; "" for what isn't any."""
    name = charset.strip().strip("'\"").lower().replace(" ", "")
    name = NAMES.get(name, name)
    for candidate in (name, *(found.group() for found in EMBEDDED.finditer(name))):
        try:
            found = codecs.lookup(candidate).name.replace("-", "_") if candidate else ""
            b"".decode(candidate or "ascii")
        except (LookupError, ValueError, UnicodeError):
            continue
        if found not in NOT_CHARSETS:
            return candidate
    return ""


def _strictly(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        return None


def _mostly(data: bytes) -> bool:
    """Whether it is UTF-8 with some damage, as opposed to something else: one character in twenty at most is bad."""
    text = data.decode("utf-8", "replace")
    beyond = sum(1 for character in text if character > "\x7f")
    return text.count("\ufffd") * 2 <= max(beyond, 2)
