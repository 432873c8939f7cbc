"""Links to the side panel: signed, for one conversation, for one person, for a while.

Whoever has the link may do what it says until it expires; nothing is stored about it. A new SECRET_KEY ends them all.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "handover.widget"
USUAL = 12 * 3600  # seconds for which a link opens
SHORTEST, LONGEST = 60, 7 * 24 * 3600
LONGEST_ACTOR = 100  # characters


class BadLink(Exception):
    """The link doesn't open; `public` says why and what to do."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


@dataclass(frozen=True, slots=True)
class Pass:
    """What a link opens, and for whom."""

    conversation: int  # its number
    actor: str  # the name that stands in the audit trail
    may_act: bool
    until: int  # Unix time


def make(conversation_id: int, actor: str, *, may_act: bool, seconds: int = USUAL) -> tuple[str, Pass]:
    """The whole address, and what it opens."""
    actor = " ".join(actor.split())[:LONGEST_ACTOR] or "A person"
    made = Pass(conversation_id, actor, may_act, int(time.time()) + min(max(seconds, SHORTEST), LONGEST))
    token = signing.dumps([made.conversation, made.actor, made.may_act, made.until], salt=SALT)
    return f"{settings.PUBLIC_URL}{reverse('widget:page', args=[token])}", made


def read(token: str) -> Pass:
    """What the link opens. Raises BadLink."""
    try:
        conversation, actor, may_act, until = signing.loads(token, salt=SALT, max_age=LONGEST)
        opened = Pass(int(conversation), str(actor), may_act is True, int(until))
    except signing.SignatureExpired:
        raise BadLink("This link has expired. Open the ticket anew.") from None
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink("This link isn't right. Open the ticket anew.") from None
    if opened.until <= time.time():
        raise BadLink("This link has expired. Open the ticket anew.")
    return opened
