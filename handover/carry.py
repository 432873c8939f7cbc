"""Carry over what was said and done in one of two linked conversations to the other. Rung by the sweep."""

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from conversations import enclose, events, outbox, ownership
from conversations.files import Attachment
from conversations.lock import locked
from conversations.models import Conversation, Delivery
from conversations.quiet import quiet
from handover import notices, relay
from handover.hand_over import accepted, assign, current, follow
from handover.models import Handover, HandoverSettings, Relay, Relayed

log = structlog.get_logger(__name__)

WAITING = Attachment.State.WAITING

MOST = 100  # in one sweep
STUCK = "The conversation couldn't be opened on {gateway}: {why} It waits for people here."
LOST = "The people on {gateway} can't be reached: {why} It waits for people here."


def carry() -> int:
    """Carry what is there, in order. Returns how much. What can't be carried now keeps back only its own relay."""
    stuck: set[int] = set()
    count = 0
    ready = Relayed.objects.exclude(kind=Relayed.Kind.FILES, message__attachments__state=WAITING)
    for row in ready.select_related("relay")[:MOST]:
        if row.relay_id in stuck:
            continue
        try:
            count += _carry(row)
        except Exception:
            log.exception("not_carried", relayed=row.pk)
            stuck.add(row.relay_id)
    return count


def _carry(row: Relayed) -> int:
    """Whoever deletes the row carries it, in one transaction."""
    target = row.relay.here_id if row.back else row.relay.there_id
    if row.back:
        quiet(target)  # here, because it has to be outside of the transaction
    with transaction.atomic(), locked(target) as conversation:
        if not Relayed.objects.filter(pk=row.pk).delete()[0]:
            return 0
        files = _files(row)
        if row.text or files or row.kind == Relayed.Kind.ENDED:
            (_to_here if row.back else _to_there)(conversation, row, files)
    return 1


def _files(row: Relayed) -> list[Attachment]:
    """The files that go along. Those that aren't all there yet follow the words, for as long as the two are linked."""
    files = list(Attachment.objects.filter(message=row.message_id)) if row.message_id else []
    if row.kind == Relayed.Kind.FILES:
        return files if row.relay.state == Relay.State.OPEN else []
    if any(file.state == WAITING for file in files):
        later = {"kind": Relayed.Kind.FILES, "author": row.author, "message_id": row.message_id}
        Relayed.objects.create(relay=row.relay, back=row.back, **later)
        return []
    return files


def _to_here(conversation: Conversation, row: Relayed, files: Sequence[Attachment]) -> None:
    where = str(row.relay.there.gateway)
    if row.kind == Relayed.Kind.ENDED:
        _ended_there(conversation, row, where)
        return
    ownership.take_over(conversation, None, row.author, f"A person replied on {where}.")
    fit, others = _divided(conversation, files)
    outbox.say_as_person(conversation, _lines(row.text, _named(others)), None, row.author, fit)
    if others:
        why = f"{_named(others)}: {conversation.gateway} couldn't take this. The customer has been told the name only."
        Relayed.objects.create(relay=row.relay, kind=Relayed.Kind.SAID, back=False, author=row.author, text=why)
    conversation.answered_seq = conversation.last_seq
    accepted(conversation, None)


def _divided(conversation: Conversation, files: Sequence[Attachment]) -> tuple[list[Attachment], list[Attachment]]:
    """The files that the conversation's platform takes, and the others."""
    fit = enclose.fitting(conversation, files)
    return fit, [file for file in files if file not in fit]


def _named(files: Sequence[Attachment]) -> str:
    return "📎 " + ", ".join(file.name for file in files) if files else ""


def _lines(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))


def _ended_there(conversation: Conversation, row: Relayed, where: str) -> None:
    """It is given back, or waits here if nobody is there; unless its people are by now somewhere else."""
    newest = Relay.objects.filter(here=conversation).latest("pk")
    if newest.pk != row.relay_id or conversation.relay != Conversation.Relay.AWAY:
        return
    conversation.relay = Conversation.Relay.NONE
    if row.text:
        _wait_here(conversation, LOST.format(gateway=where, why=row.text))
    elif conversation.owner == Conversation.Owner.HUMAN:
        ownership.give_back(conversation, where)
        follow(conversation)


def _to_there(conversation: Conversation, row: Relayed, files: Sequence[Attachment]) -> None:
    where = str(row.relay.here.gateway)
    if row.kind == Relayed.Kind.ENDED:
        if not conversation.external_id.startswith(relay.UNOPENED):
            _say_there(conversation, f"It is over on {where}: nothing is relayed any more.", where)
        ownership.close(conversation, where)
    elif outbox.capabilities(conversation).notes:
        text = f"**{row.author}:** {row.text}".strip()
        outbox.note(conversation, _lines(text, _where_to_find(row, files)), row.author)
    else:
        fit, others = _divided(conversation, files)
        outbox.say_as_person(conversation, _lines(row.text, _where_to_find(row, others)), None, row.author, fit)


def _where_to_find(row: Relayed, files: Sequence[Attachment]) -> str:
    """Files that don't get there by themselves are in the customer's conversation, in admin."""
    page = reverse("admin:conversations_conversation_change", args=[row.relay.here_id])
    return f"{_named(files)}: {settings.PUBLIC_URL}{page}" if files else ""


def _say_there(conversation: Conversation, text: str, author: str) -> None:
    """To the people there: a note, where there is such a thing."""
    if outbox.capabilities(conversation).notes:
        outbox.note(conversation, text, author)
    else:
        outbox.say_as_person(conversation, text, None, author)


def not_opened(delivery: Delivery, why: str) -> None:
    """The people there will never know: the customer's conversation waits for people here."""
    found = Relay.objects.filter(there=delivery.conversation_id, state=Relay.State.OPEN).first()
    if found is None:
        return
    with locked(found.here_id) as conversation:
        relay.end(conversation)
        _wait_here(conversation, STUCK.format(gateway=delivery.conversation.gateway, why=why))


def _wait_here(conversation: Conversation, says: str) -> None:
    events.passed_on(conversation, says)
    outbox.note(conversation, says, conversation.gateway.agent.display_name)
    handover = current(conversation)
    if handover is not None:
        handover.destination, handover.conversation = None, conversation
        handover.state, handover.accepted_at = Handover.State.WAITING, None
        handover.why = f"{handover.why} {says}"[:500]
        handover.save(update_fields=["destination", "state", "accepted_at", "why"])
        assign(conversation, None, says, None)
        notices.announce(handover, HandoverSettings.of(conversation.gateway))
