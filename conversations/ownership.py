"""Whose move it is. Every change raises the epoch, which withdraws whatever the agent hasn't sent yet.

All functions want a locked conversation (`conversations.lock`), whose end writes what they change of it.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils import timezone

from conversations import drafts, events, offers
from conversations.models import Conversation, Delivery, Timer, Turn
from conversations.outbox import reclaim, withdraw
from gateways import doorbell, writing
from gateways.messages import Typing
from gateways.reasons import LeftAlone


def to_people(conversation: Conversation) -> None:
    """The agent passes the conversation on. What it has said before may still be sent; what it is doing now is over."""
    _pass_on(conversation)
    conversation.owner = Conversation.Owner.HUMAN
    conversation.status = Conversation.Status.OPEN


def _pass_on(conversation: Conversation) -> None:
    """Raise the epoch and end the live turn, but take what the agent has said along."""
    conversation.epoch += 1
    conversation.held_until = None
    conversation.assignee = None
    offers.withdraw(conversation, "People get the conversation.")
    _end_turns(conversation)
    _pending_of_agent(conversation).update(epoch=conversation.epoch)


def withdraw_unsent(conversation: Conversation) -> None:
    """What the agent hasn't begun to send isn't sent any more: something before it didn't arrive."""
    if count := withdraw(_pending_of_agent(conversation).filter(maybe_sent=False)):
        events.withdrawn(conversation, count, "something before it didn't arrive")


def take_over(conversation: Conversation, user: AbstractBaseUser | None, actor: str, why: str) -> None:
    """A person acts: nothing of the agent's leaves any more, not even what it says on handing over."""
    mine = user is not None and conversation.assignee_id == user.pk
    if conversation.owner == Conversation.Owner.HUMAN and (mine or user is None):
        writing.flush()
        if _pending_of_agent(conversation).exists():
            _stop_agent(conversation)
        return
    _stop_agent(conversation)
    conversation.owner = Conversation.Owner.HUMAN
    conversation.status = Conversation.Status.OPEN
    conversation.assignee = user  # type: ignore[assignment]  # the user model is a setting
    events.taken_over(conversation, why, actor)


def hold(conversation: Conversation, by: str) -> None:
    """Another automation has answered the customer: what the agent was about to say isn't said. Nobody takes over.

    The turn that is due or running ends, and what it hasn't begun to send is withdrawn. The agent stays the owner and
    answers the customer's next message.
    """
    if conversation.owner != Conversation.Owner.AGENT:
        return
    writing.flush()
    turn = conversation.turns.exclude(state=Turn.State.DONE).first()
    unsent = _pending_of_agent(conversation).filter(maybe_sent=False, kind="reply")
    said = set(unsent.values_list("turn_id", flat=True))
    if turn is None and not said:
        return
    withdraw(unsent)
    _end_turns(conversation)
    ended = [pk for pk in (*said, turn.pk if turn else None) if pk is not None]
    conversation.turns.filter(pk__in=ended).update(outcome=Turn.Outcome.HELD)
    conversation.answered_seq = conversation.last_seq
    events.held(conversation, turn, by)


def give_back(conversation: Conversation, actor: str) -> None:
    """The agent answers the customer's next message, and none before it. Does nothing if it has it already."""
    if conversation.owner == Conversation.Owner.AGENT:
        return
    _stop_agent(conversation)
    drafts.outdate(conversation, "The conversation was given back to the agent.")
    conversation.owner = Conversation.Owner.AGENT
    conversation.status = Conversation.Status.OPEN
    conversation.assignee = None
    conversation.answered_seq = conversation.last_seq
    reclaim(conversation)
    events.given_back(conversation, actor)


def approve(conversation: Conversation) -> None:
    """A person sent what the agent had drafted: it stays the agent's, but what it is doing about it is over."""
    _stop_agent(conversation)
    conversation.answered_seq = conversation.last_seq


def step_aside(conversation: Conversation, left: LeftAlone, actor: str) -> None:
    """The conversation isn't the gateway's business any more: nothing of the agent's leaves. Nobody takes over for it.

    If it comes back, the agent answers the customer's next message, and none before it.
    """
    if conversation.owner != Conversation.Owner.AGENT:
        return
    _stop_agent(conversation)
    drafts.outdate(conversation, left.why)
    conversation.answered_seq = conversation.last_seq
    events.stepped_aside(conversation, left.why, left.reason, actor)


def suspend(conversation: Conversation, actor: str) -> None:
    """Nobody's move, until somebody gives it back or takes it over."""
    _stop_agent(conversation)
    drafts.outdate(conversation, "The agent was suspended.")
    conversation.owner = Conversation.Owner.NOBODY
    conversation.status = Conversation.Status.SUSPENDED
    events.suspended(conversation, actor)


def close(conversation: Conversation, actor: str) -> None:
    """The end, until the customer writes again. Does nothing if it is closed already."""
    if conversation.status == Conversation.Status.CLOSED:
        return
    _stop_agent(conversation)
    drafts.outdate(conversation, "The conversation was closed.")
    conversation.owner = Conversation.Owner.NOBODY
    conversation.status = Conversation.Status.CLOSED
    conversation.assignee = None
    conversation.answered_seq = conversation.last_seq
    events.closed(conversation, actor)


def suspend_after(conversation: Conversation, actor: str, turn: Turn) -> None:
    """The agent has said its last words, which may still be sent, and falls silent until somebody gives it back."""
    _rest(conversation, Conversation.Status.SUSPENDED)
    events.suspended(conversation, actor, turn)


def close_after(conversation: Conversation, actor: str, turn: Turn) -> None:
    """The agent has said its last words, which may still be sent: the end, until the customer writes again."""
    _rest(conversation, Conversation.Status.CLOSED)
    conversation.answered_seq = conversation.last_seq
    events.closed(conversation, actor, turn)


def _rest(conversation: Conversation, status: Conversation.Status) -> None:
    """Nobody's move any more."""
    _pass_on(conversation)
    conversation.owner = Conversation.Owner.NOBODY
    conversation.status = status


def reopen(conversation: Conversation) -> None:
    """The customer wrote to a closed conversation: it is the agent's again."""
    conversation.epoch += 1
    conversation.owner = Conversation.Owner.AGENT
    conversation.status = Conversation.Status.OPEN
    events.reopened(conversation)


def _stop_agent(conversation: Conversation) -> None:
    """Raise the epoch, end the live turn, cancel its timers, withdraw what is unsent."""
    conversation.epoch += 1
    conversation.held_until = None
    offers.withdraw(conversation, "The owner changed.")
    _end_turns(conversation)
    if count := withdraw(_pending_of_agent(conversation).filter(maybe_sent=False)):
        events.withdrawn(conversation, count, "the owner changed")
    if _pending_of_agent(conversation).update(due_at=timezone.now()):  # what may have arrived is to be found out
        doorbell.ring(doorbell.Step.DELIVER, conversation.gateway_id)


def _end_turns(conversation: Conversation) -> None:
    writing.flush()
    conversation.live_turn = None
    live = conversation.turns.exclude(state=Turn.State.DONE)
    Timer.objects.filter(turn__in=live).delete()
    live.update(state=Turn.State.DONE, outcome=Turn.Outcome.OVERTAKEN, done_at=timezone.now(), lease_until=None)


def _pending_of_agent(conversation: Conversation) -> QuerySet[Delivery]:
    pending = conversation.deliveries.filter(status=Delivery.Status.PENDING, epoch__isnull=False)
    return pending.exclude(kind=Typing.kind)  # which is nothing said; the epoch stops it
