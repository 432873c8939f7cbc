"""Which conversation a mail belongs to and who speaks in it, decided from the mail alone.

Where a mark of ours names the conversation, whoever wrote still has to have a part in it; that is the core's to know,
so the event also says where the mail belongs otherwise (`CustomerSaid.apart`).
"""

import hashlib
import re
from dataclasses import dataclass

from gateways.mail.headers import Party
from gateways.mail.read import Mail
from gateways.mail.tokens import Tokens

PASSED = re.compile(r"\b(dmarc|dkim)\s*=\s*pass\b([^;]*)", re.IGNORECASE)
SIGNER = re.compile(r"\bheader\.(?:d|i)\s*=\s*@?([\w.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail belongs. `apart`: instead of `thread`, if its sender has no part in that; "" if that can't be."""

    thread: str
    apart: str = ""


def place(mail: Mail, tokens: Tokens, authserv_id: str = "") -> Place:
    """By our marks; else by the sender's own first mail, where the sender is proven; else it begins a conversation."""
    own = tokens.new_thread(mail.sender.address, mail.message_id or key(mail))
    if marked := tokens.thread((party.address for party in (*mail.to, *mail.cc)), mail.references):
        return Place(marked, own)
    if mail.references and proven(mail, authserv_id):
        return Place(tokens.new_thread(mail.sender.address, mail.references[0]))
    return Place(own)


def place_of_answer(mail: Mail, tokens: Tokens) -> str:
    """The conversation that a mail in the Sent folder belongs to; "" for none. Only its owners write there."""
    if marked := tokens.thread((), mail.references):
        return marked
    return tokens.new_thread(mail.to[0].address, mail.references[0]) if mail.to and mail.references else ""


def proven(mail: Mail, authserv_id: str) -> bool:
    """Whether our own mail server has found that the sender is who they say, RFC 8601.

    Only the topmost header with the server's name counts: those below may have come with the mail.
    """
    found = next((value for value in mail.all("authentication-results")), "")
    server, _, results = " ".join(found.split()).partition(";")
    if not authserv_id or server.split(" ")[0].lower() != authserv_id.lower():
        return False
    return any(_aligned(match, mail.sender) for match in PASSED.finditer(results))


def _aligned(match: re.Match[str], sender: Party) -> bool:
    if match[1].lower() == "dmarc":
        return True
    signer = SIGNER.search(match[2])
    domain = sender.address.partition("@")[2]
    return bool(signer) and (domain == signer[1].lower() or domain.endswith("." + signer[1].lower()))  # type: ignore[index]


def key(mail: Mail) -> str:
    """The same for two copies of one mail, and for nothing else. Ids alone won't do: some senders use one twice."""
    at = mail.at.isoformat() if mail.at else ""
    parts = [mail.message_id, mail.sender.address, at, *(() if mail.message_id else (mail.subject, mail.text))]
    return f"mail:{hashlib.sha256(chr(10).join(parts).encode('utf-8', 'replace')).hexdigest()[:40]}"
