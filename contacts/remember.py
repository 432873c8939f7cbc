"""What is remembered about contacts: facts that engines offer, each once, as many as fit, as long as the agent says.

Engines are told what was offered and what a person kept. Of what a person rejected only a digest stays, so that it
isn't offered again. `Contact.remembered` counts what engines are told: where it is 0, a turn costs no query for it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agents.engines.facts import same, without_secrets
from contacts.models import Contact, Memory

MOST = 30  # facts of one contact; of those that no person kept, the oldest makes room
State = Memory.State


class Unfit(ValueError):
    """This can't be remembered. The text says why."""


def fit(text: str) -> str:
    """The fact as it may be kept. Raises Unfit."""
    found = without_secrets([text])
    if not found:
        raise Unfit("This can't be kept: it is empty, or has a number or a password in it that isn't for remembering.")
    return found[0][:200]


def told(contacts: Iterable[Contact]) -> dict[int, tuple[str, ...]]:
    """What engines may know, by the contact's id, oldest first. No query for contacts of whom nothing is known."""
    ids = {contact.pk for contact in contacts if contact.remembered}
    if not ids:
        return {}
    found: defaultdict[int, list[str]] = defaultdict(list)
    for contact_id, text in _live().filter(contact__in=ids).order_by("pk").values_list("contact_id", "text"):
        found[contact_id].append(text)
    return {contact_id: tuple(texts) for contact_id, texts in found.items()}


def offer(contact: Contact, facts: Iterable[str], *, days: int, language: str, conversation: int, seq: int) -> int:
    """Remember what an engine found worth it, for so many days. Returns how many facts are new."""
    new = {key(fact): fact for fact in without_secrets(facts)} if days else {}
    known = set(contact.memories.filter(same__in=new).values_list("same", flat=True)) if new else set()
    rows = [
        Memory(
            contact=contact,
            text=text[:200],
            same=digest,
            language=language,
            conversation=conversation,
            seq=seq,
            expires_at=timezone.now() + timedelta(days=days),
        )
        for digest, text in new.items()
        if digest not in known
    ]
    if rows:
        Memory.objects.bulk_create(rows, ignore_conflicts=True)  # the same contact on another gateway, just now
        _make_room(contact)
        count(contact)
    return len(rows)


def write(contact: Contact, text: str, user: Any) -> Memory:
    """A person writes a fact down. Raises Unfit."""
    text = fit(text)
    with transaction.atomic():
        row, _ = Memory.objects.update_or_create(
            contact=contact,
            same=key(text),
            defaults={"text": text, "state": State.KEPT, "decided_by": user, "expires_at": None},
        )
        count(contact)
    return row


def decide(memory: Memory, state: Memory.State, user: Any) -> None:
    """A person keeps a fact, for good, or rejects it. `user` is whoever is signed in, if anybody is."""
    with transaction.atomic():
        memory.state, memory.decided_by, memory.expires_at = state, user, None
        memory.text = "" if state == State.REJECTED else memory.text
        memory.save()
        count(memory.contact)


def forget(memory: Memory) -> None:
    """As if it had never been known; an engine may offer it again."""
    with transaction.atomic():
        contact = memory.contact
        memory.delete()
        count(contact)


def forget_expired() -> int:
    """Delete what has been remembered for long enough. Returns how many facts."""
    expired = Memory.objects.filter(expires_at__lt=timezone.now())
    ids = set(expired.values_list("contact_id", flat=True))
    gone = expired.delete()[0]
    for contact in Contact.objects.filter(pk__in=ids):
        count(contact)
    return gone


def count(contact: Contact) -> None:
    contact.remembered = min(_live().filter(contact=contact).count(), MOST)
    Contact.objects.filter(pk=contact.pk).update(remembered=contact.remembered)


def key(fact: str) -> str:
    """What facts that say the same have in common, and what can't be read back."""
    return hashlib.sha256(same(fact).encode()).hexdigest()


def _live() -> Any:
    fresh = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return Memory.objects.filter(fresh, state__in=(State.OFFERED, State.KEPT))


def _make_room(contact: Contact) -> None:
    too_many = max(0, _live().filter(contact=contact).count() - MOST)
    oldest = contact.memories.filter(state=State.OFFERED).order_by("pk").values_list("pk", flat=True)[:too_many]
    contact.memories.filter(pk__in=list(oldest)).delete()
