"""The conversations that a transaction deals with, by the platform's thread: each locked once, written at the end."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from django.db.models import QuerySet

from contacts.models import Identity
from conversations.lock import locking, written
from conversations.models import Conversation, Message, Turn
from gateways import writing
from gateways.asking import asked
from gateways.messages import CustomerSaid
from gateways.models import Gateway

OTHERS = "others"  # in a message's metadata: who else has a part in the conversation from then on


class Threads:
    """Those of one gateway. Wants a transaction."""

    def __init__(self, gateway: Gateway, stack: ExitStack) -> None:
        self.gateway = gateway
        self._stack = stack
        self.why_apart: dict[str, str] = {}  # by event key: why it isn't in the conversation that it names
        self._found: dict[str, Conversation | None] = {}

    def read(self, threads: Iterable[str]) -> None:
        """Lock those of the threads that there are, with their live turns: two queries, however many they are."""
        missing = sorted(set(threads) - set(self._found))
        if not missing:
            return
        self._found |= dict.fromkeys(missing)
        by_id = {row.pk: self._keep(row) for row in _locked(self.gateway.pk, missing)}
        for turn in _live_turns(by_id) if by_id else ():
            by_id[turn.conversation_id].live_turn = turn

    def find(self, thread: str) -> Conversation | None:
        """The conversation of this thread, None when there is none."""
        self.read([thread])
        return self._found[thread]

    def rightful(self, event: CustomerSaid, identity: Identity) -> CustomerSaid:
        """The event in the conversation where it belongs: not in one in which its sender has no part."""
        if not event.apart or (found := self.find(event.thread)) is None or found.identity_id == identity.pk:
            return event
        if identity.external_id in _others(found):
            return event
        why = f"It names conversation {found.pk}, in which {identity.external_id} has no part."
        self.why_apart[event.key] = why
        return replace(event, thread=event.apart)

    def open(self, event: CustomerSaid, identity: Identity) -> Conversation:
        """The conversation of this event, made when there is none."""
        found = self.find(event.thread)
        if found is None:
            subject = event.subject[:300]
            made = Conversation(gateway=self.gateway, external_id=event.thread, identity=identity, subject=subject)
            made.save(force_insert=True)
            return self._keep(made)
        if found.identity_id == identity.pk:
            found.identity = identity
        return found

    def open_new(self, said: Iterable[tuple[CustomerSaid, Identity]]) -> None:
        """Make all that are missing, in one statement."""
        new = {event.thread: (event, person) for event, person in reversed(list(said)) if not self.find(event.thread)}
        made = [
            Conversation(gateway=self.gateway, external_id=thread, identity=person, subject=event.subject[:300])
            for thread, (event, person) in new.items()
        ]
        writing.insert_all(made)
        for conversation in made:
            self._keep(conversation)

    def _keep(self, conversation: Conversation) -> Conversation:
        conversation.gateway = self.gateway
        conversation.live_turn = None
        self._stack.enter_context(written(conversation))
        self._found[conversation.external_id] = conversation
        return conversation


@asked
def _locked(gateway_id: int, threads: Collection[str]) -> QuerySet[Conversation]:
    return locking().filter(gateway=gateway_id, external_id__any_of=threads).order_by("pk")


@asked
def _live_turns(conversations: Collection[int]) -> QuerySet[Turn]:
    return Turn.objects.filter(conversation__any_of=conversations).exclude(state=Turn.State.DONE)


def _others(conversation: Conversation) -> set[str]:
    """Those whom the customer has drawn in, by the platform's ids of them."""
    told = conversation.messages.exclude(author=Message.Author.SYSTEM).values_list("metadata", flat=True)
    return {str(other) for metadata in told for other in metadata.get(OTHERS, ())}


@contextmanager
def threads_of(gateway: Gateway) -> Iterator[Threads]:
    with ExitStack() as stack:
        yield Threads(gateway, stack)
