"""Carry over what was said and done in one of two linked conversations to the other. Rung by the sweep."""

import structlog
from django.db import transaction

from conversations import events, outbox, ownership
from conversations.lock import locked
from conversations.models import Conversation, Delivery
from conversations.quiet import quiet
from handover import notices, relay
from handover.hand_over import accepted, assign, current, follow
from handover.models import HandoverSettings, Relay, Relayed

log = structlog.get_logger(__name__)

MOST = 100  # in one sweep
STUCK = "The conversation couldn't be opened on {gateway}: {why} It waits for people here."


def carry() -> int:
    """Carry what is there, in order. Returns how much. What can't be carried now keeps back only its own relay."""
    stuck: set[int] = set()
    count = 0
    for row in Relayed.objects.select_related("relay")[:MOST]:
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
        (_to_here if row.back else _to_there)(conversation, row)
    return 1


def _to_here(conversation: Conversation, row: Relayed) -> None:
    where = str(row.relay.there.gateway)
    if row.kind == Relayed.Kind.ENDED:
        _ended_there(conversation, row.relay, where)
        return
    ownership.take_over(conversation, None, row.author, f"A person replied on {where}.")
    outbox.say_as_person(conversation, row.text, None, row.author)
    conversation.answered_seq = conversation.last_seq
    accepted(conversation, None)


def _ended_there(conversation: Conversation, ended: Relay, where: str) -> None:
    """It is given back, unless its people are by now somewhere else."""
    newest = Relay.objects.filter(here=conversation).latest("pk")
    if newest.pk != ended.pk or conversation.relay != Conversation.Relay.AWAY:
        return
    conversation.relay = Conversation.Relay.NONE
    if conversation.owner == Conversation.Owner.HUMAN:
        ownership.give_back(conversation, where)
        follow(conversation)


def _to_there(conversation: Conversation, row: Relayed) -> None:
    where = str(row.relay.here.gateway)
    if row.kind == Relayed.Kind.ENDED:
        outbox.note(conversation, f"It is over on {where}: nothing is relayed any more.", where)
        ownership.close(conversation, where)
    elif outbox.capabilities(conversation).notes:
        outbox.note(conversation, f"**{row.author}:** {row.text}", row.author)
    else:
        outbox.say_as_person(conversation, row.text, None, row.author)


def not_opened(delivery: Delivery, why: str) -> None:
    """The people there will never know: the customer's conversation waits for people here."""
    found = Relay.objects.filter(there=delivery.conversation_id, state=Relay.State.OPEN).first()
    if found is None:
        return
    with locked(found.here_id) as conversation:
        relay.end(conversation)
        says = STUCK.format(gateway=delivery.conversation.gateway, why=why)
        events.passed_on(conversation, says)
        outbox.note(conversation, says, conversation.gateway.agent.display_name)
        handover = current(conversation)
        if handover is not None:
            handover.destination, handover.conversation = None, conversation
            handover.why = f"{handover.why} {says}"[:500]
            handover.save(update_fields=["destination", "why"])
            assign(conversation, None, says, None)
            notices.announce(handover, HandoverSettings.of(conversation.gateway))
