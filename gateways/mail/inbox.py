"""Take what is new from a mailbox, and know where to go on. The cursor says for each folder:

    {"validity": its UIDVALIDITY, "uid": the last one taken, "began": ISO time, "at": ISO time of the last look}

The first look takes nothing: an old mailbox isn't to be answered. When a folder has another UIDVALIDITY, its UIDs mean
other mails; then everything that arrived since the last look is taken once more, and keys tell what is known.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateways.base import InboundRequest, Polled
from gateways.mail import headers
from gateways.mail.imap import BEGINNING, MOST_BYTES, Folder

MOST_MAILS = 20  # taken at once
MOST_AT_ONCE = 30_000_000  # bytes of them
MARGIN = timedelta(days=2)  # IMAP searches by day, in whatever zone
LATE = timedelta(minutes=10)  # that a mail may have been on its way when we began
RAW = "message/rfc822"
FOLDER, CUT = "x-folder", "x-cut"
INBOX, SENT = "inbox", "sent"


def look(folder: Folder, names: Mapping[str, str], cursor: Mapping[str, Any], mark_read: bool, wait: float) -> Polled:
    """What is new in the folders, by what they are for; it is waited at the last one. Raises what imaplib does."""
    until = time.monotonic() + wait
    found, after = _look(folder, names, cursor, mark_read)
    last = dict(list(names.items())[-1:])
    while not found and (left := until - time.monotonic()) > 0:
        if folder.wait(left):
            found, news = _look(folder, last, after, mark_read)
            after = {**after, **news}
    return Polled(tuple(found), after)


def _look(
    folder: Folder, names: Mapping[str, str], cursor: Mapping[str, Any], mark_read: bool
) -> tuple[list[InboundRequest], dict[str, Any]]:
    found: list[InboundRequest] = []
    after: dict[str, Any] = {}
    for role, name in names.items():
        validity = folder.choose(name, readonly=not mark_read or role != INBOX)
        requests, after[role] = _take(folder, role, validity, cursor.get(role), mark_read and role == INBOX)
        found += requests
    return found, after


def _take(
    folder: Folder, role: str, validity: int, known: Mapping[str, Any] | None, mark_read: bool
) -> tuple[list[InboundRequest], dict[str, Any]]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if known is None:
        uids = folder.uids("ALL")
        return [], {"validity": validity, "uid": max(uids, default=0), "began": now, "at": now}
    resynced = known["validity"] != validity
    after = {**known, "validity": validity, "at": now}
    if resynced:
        since = datetime.fromisoformat(known["at"]) - MARGIN
        uids = folder.uids(f"OR SINCE {_day(since)} SENTSINCE {_day(since)}")
        after |= {"uid": 0, "resync": max(folder.uids("ALL"), default=0)}
    else:
        uids = [uid for uid in folder.uids(f"UID {known['uid'] + 1}:*") if uid > known["uid"]]
    if not uids:
        return [], {**after, "uid": after["resync"]} if resynced else after
    return _fetch(folder, role, uids, after, mark_read)


def _fetch(
    folder: Folder, role: str, uids: list[int], after: dict[str, Any], mark_read: bool
) -> tuple[list[InboundRequest], dict[str, Any]]:
    """As many as are taken at once, in order; the cursor stands behind them."""
    requests: list[InboundRequest] = []
    taken, room = [], MOST_AT_ONCE
    sizes = folder.sizes(uids[:MOST_MAILS])
    for uid in uids[:MOST_MAILS]:
        size = sizes.get(uid, 0)
        if requests and size > room:
            break
        room -= min(size, MOST_BYTES)
        raw = folder.fetch_raw(uid, size) if uid in sizes else None
        taken.append(uid)
        if raw is not None and not (uid <= after.get("resync", 0) and _is_older(raw, after["began"])):
            requests.append(_request(role, raw, size))
    if mark_read and requests:
        folder.mark_read(taken)
    return requests, {**after, "uid": taken[-1]}


def _request(role: str, raw: bytes, size: int) -> InboundRequest:
    told = {"content-type": RAW, FOLDER: role}
    if size > MOST_BYTES:
        told[CUT] = str(size)
        raw = raw[:BEGINNING]
    return InboundRequest("POST", told, raw)


def _is_older(raw: bytes, began: str) -> bool:
    """Whether a mail was written well before we began: one that was put back into a folder by a restored backup."""
    head = raw[:65_536].partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    at = next((headers.moment(line[5:]) for line in _lines(head) if line[:5].lower() == "date:"), None)
    return at is not None and at < datetime.fromisoformat(began) - LATE


def _lines(head: str) -> Iterator[str]:
    yield from head.replace("\r\n\t", " ").replace("\r\n ", " ").split("\r\n")


def _day(at: datetime) -> str:
    """A date as IMAP writes it, whatever the locale."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{at.day:02d}-{months[at.month - 1]}-{at.year}"
