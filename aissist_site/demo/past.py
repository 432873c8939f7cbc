"""A conversation of the past, written row by row under its own clock."""

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import Model

from agents.engines.base import Decision
from conversations.models import Attempt, AuditEvent, Conversation, Delivery, Message, Turn
from conversations.outbox import KINDS, capabilities
from conversations.turns import outcome
from gateways.messages import Assign, Effect, Note, Purpose, Reply, pack

WIRE = timedelta(milliseconds=240)  # from a delivery's row to its arrival


class Past:
    """Writes what the walk would have written, except that nothing is sent, rung for, logged, or left due.

    The database dates new rows now; `finish` gives them the times at which they were written by this clock, `at`.
    """

    def __init__(self, conversation: Conversation, began: datetime) -> None:
        self.conversation = conversation
        self.began = self.at = began
        self.agent_name = conversation.gateway.agent.display_name
        self._dates: dict[tuple[type[Model], str], list[tuple[Model, datetime]]] = defaultdict(list)

    def hear(self, text: str) -> Message:
        """The customer says something."""
        name = self.conversation.identity.contact.name
        message = self._message(Message.Author.CUSTOMER, name, text, status=Message.Status.RECEIVED)
        self.conversation.customer_seq = message.seq
        return message

    def say(self, text: str, purpose: Purpose, *, turn: Turn | None = None, person: str = "") -> None:
        """The agent, or a person by name, says something to the customer, who gets it."""
        author = Message.Author.HUMAN if person else Message.Author.AGENT
        name = person or self.agent_name
        message = self._message(author, name, text, kind=KINDS[purpose], status=Message.Status.SENT, turn=turn)
        epoch = None if person else self.conversation.epoch
        self._delivered(Reply(text=text, purpose=purpose, author=name), message=message, turn=turn, epoch=epoch)

    def note(self, text: str, turn: Turn) -> None:
        """The agent leaves an internal note, on the platform too where it has such a thing."""
        on_platform = capabilities(self.conversation).notes
        status = Message.Status.SENT if on_platform else Message.Status.RECEIVED
        kind = Message.Kind.NOTE
        message = self._message(Message.Author.SYSTEM, self.agent_name, text, kind=kind, status=status, turn=turn)
        if on_platform:
            self._delivered(Note(text), message=message, turn=turn)

    def assign(self, name: str, reason: str, turn: Turn) -> None:
        """Pass the conversation on, where the platform can. Desks are our own, so it is to nobody in particular."""
        if capabilities(self.conversation).assign:
            self._delivered(Assign(destination="", name=name, reason=reason), turn=turn)

    def turn(self, decision: Decision, asked: list[tuple[Message, datetime]], milliseconds: int) -> Turn:
        """The turn in which the agent dealt with what was `asked`, settled now."""
        gateway = self.conversation.gateway
        turn = Turn.objects.create(
            conversation=self.conversation,
            epoch=self.conversation.epoch,
            state=Turn.State.DONE,
            outcome=outcome(decision),
            due_at=asked[-1][1] + timedelta(seconds=gateway.burst_window),
            answer_by=asked[0][1] + timedelta(seconds=gateway.longest_wait),
            claims=1,
            upto_seq=asked[-1][0].seq,
            decision={**asdict(decision), "milliseconds": milliseconds},
            done_at=self.at,
        )
        self._date(turn, asked[0][1])
        Message.objects.filter(pk__in=[message.pk for message, _ in asked]).update(turn=turn)
        return turn

    def event(self, kind: str, why: str, *, actor: str = "", turn: Turn | None = None) -> None:
        """Something happened, and the audit trail says why."""
        event = AuditEvent(conversation=self.conversation, turn=turn, kind=kind, why=why[:500], actor=actor)
        event.save()
        self._date(event, self.at, "at")

    def owned_by(self, owner: Conversation.Owner, status: Conversation.Status = Conversation.Status.OPEN) -> None:
        self.conversation.epoch += 1
        self.conversation.owner, self.conversation.status = owner, status

    def date(self, row: Model) -> None:
        """Let `row`, which somebody else has written, be created now by this clock."""
        self._date(row, self.at)

    def finish(self) -> None:
        """Save the conversation as it has become, and give every row its time."""
        conversation = self.conversation
        conversation.save()
        for begun in (conversation, conversation.identity, conversation.identity.contact):
            self._date(begun, self.began)
        self._date(conversation, self.at, "updated_at")
        for (model, field), dated in self._dates.items():
            for row, at in dated:
                setattr(row, field, at)
            model._default_manager.bulk_update([row for row, _ in dated], [field])

    def _message(
        self,
        author: Message.Author,
        name: str,
        text: str,
        *,
        status: Message.Status,
        kind: Message.Kind = Message.Kind.MESSAGE,
        turn: Turn | None = None,
    ) -> Message:
        conversation = self.conversation
        conversation.last_seq += 1
        conversation.last_message_at = self.at
        message = Message.objects.create(
            conversation=conversation,
            turn=turn,
            seq=conversation.last_seq,
            author=author,
            author_name=name,
            kind=kind,
            text=text,
            external_id=f"{conversation.external_id}-{conversation.last_seq}" if author == "customer" else "",
            status=status,
        )
        self._date(message, self.at)
        return message

    def _delivered(
        self, effect: Effect, *, turn: Turn | None, message: Message | None = None, epoch: int | None = None
    ) -> None:
        delivery = Delivery(
            conversation=self.conversation,
            message=message,
            turn=turn,
            kind=effect.kind,
            payload=pack(effect),
            epoch=epoch,
            status=Delivery.Status.SENT,
            due_at=self.at,
            done_at=self.at + WIRE,
        )
        delivery.external_id = str(delivery.client_ref)
        delivery.save()
        self._date(delivery, self.at)
        attempt = Attempt.objects.create(
            delivery=delivery, milliseconds=round(WIRE.total_seconds() * 1000), outcome="sent"
        )
        self._date(attempt, self.at, "at")

    def _date(self, row: Model, at: datetime, field: str = "created_at") -> None:
        self._dates[type(row), field].append((row, at))
