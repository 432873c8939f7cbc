"""Which conversation a mail belongs to, by marks of ours that nobody else can make.

Every mail that we send has a Message-ID and, where the server knows plus addresses, a Reply-To that hold the
conversation's id with a signature. In-Reply-To, References and To are headers that anybody can write; so they count
only with such a mark in them, which only those know who got a mail of ours. Subjects never count.

    <{our reference, 32 hex digits}.{thread, 16}.{signature, 16}@example.com>
    support+c.{thread, 16}.{signature, 16}@example.com
"""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

BYTES = 10  # of a thread's id and of a signature: 80 bits, 16 characters
LENGTH, OPENED = 16, 11  # characters of a thread's id; and where we began, how many of them aren't a proof of that
LONGEST_LOCAL = 64  # characters before the @, RFC 5321, 4.5.3.1.1

_ID = re.compile(r"<([0-9a-f]{32})\.([a-z2-7]{16})\.([a-z2-7]{16})@[^<>\s@]+>")
_REPLY = re.compile(r".*\+c\.([a-z2-7]{16})\.([a-z2-7]{16})@.*")


@dataclass(frozen=True, slots=True)
class Ours:
    """What a Message-ID of ours holds."""

    client_ref: str
    thread: str


class Tokens:
    """Makes and recognises the marks of one gateway. `secret` is its own; `address` the one that mail is sent from."""

    def __init__(self, secret: str, address: str) -> None:
        self._key = hashlib.sha256(secret.encode()).digest()
        self._local, _, self._domain = address.lower().partition("@")

    def message_id(self, thread: str, client_ref: str) -> str:
        """The same for every attempt at a message, so that it is known when it comes back."""
        ref = uuid.UUID(client_ref).hex
        return f"<{ref}.{thread}.{self._sign('id', ref, thread)}@{self._domain}>"

    def reply_address(self, thread: str) -> str:
        """The address that answers come to; "" where it would be longer than addresses may be."""
        local = f"{self._local}+c.{thread}.{self._sign('to', thread)}"
        return f"{local}@{self._domain}" if len(local) <= LONGEST_LOCAL else ""

    def read_id(self, message_id: str) -> Ours | None:
        """What a Message-ID of ours holds; None for any other."""
        found = _ID.fullmatch(message_id.lower())
        if found is None or not hmac.compare_digest(found[3], self._sign("id", found[1], found[2])):
            return None
        return Ours(str(uuid.UUID(found[1])), found[2])

    def thread(self, addresses: Iterable[str], message_ids: Iterable[str]) -> str:
        """The conversation that one of our marks among these names, the newest reference first; "" if none does."""
        for address in addresses:
            found = _REPLY.fullmatch(address.lower())
            if found and hmac.compare_digest(found[2], self._sign("to", found[1])):
                return found[1]
        known = (self.read_id(each) for each in reversed(tuple(message_ids)))
        return next((ours.thread for ours in known if ours), "")

    def new_thread(self, sender: str, root: str) -> str:
        """The id of the conversation that this sender began with the mail `root`. Nobody else's begins there."""
        return self._sign("thread", sender.lower(), root)

    def opened_thread(self, client_ref: str) -> str:
        """The id of a conversation that we begin ourselves, with this message."""
        made = self._sign("begun", client_ref)[:OPENED]
        return made + self._sign("opened", made)[: LENGTH - OPENED]

    def is_opened(self, thread: str) -> bool:
        """Whether we have begun the conversation."""
        made = thread[:OPENED]
        return hmac.compare_digest(thread[OPENED:], self._sign("opened", made)[: LENGTH - OPENED])

    def root(self, thread: str) -> str:
        """An id by which mail programs keep together the mails of a conversation that we have begun."""
        return f"<{thread}.{self._sign('root', thread)}@{self._domain}>"

    def _sign(self, *parts: str) -> str:
        digest = hmac.digest(self._key, "\n".join(parts).encode(), hashlib.sha256)
        return base64.b32encode(digest[:BYTES]).decode().lower()
