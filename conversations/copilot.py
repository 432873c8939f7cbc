"""Co-Pilot: people ask the agent for a draft, in any mode and whoever owns the conversation."""

from django.contrib.auth.models import AbstractBaseUser

from conversations import turns
from conversations.models import Conversation, Turn

LONGEST = 2_000  # characters of an instruction


class CantDraft(Exception):
    """There will be no draft; `public` says why and what to do."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def ask_for_draft(
    conversation: Conversation, user: AbstractBaseUser | None, instruction: str = "", *, author: str = ""
) -> Turn:
    """A turn that ends in a draft. Raises CantDraft. Wants a locked conversation (`conversations.lock`).

    The owner and the epoch stay what they are, and nothing reaches the customer. Asked twice, done once. Who asks is
    the user, or `author` where people have no account here; engines that can follow an instruction do.
    """
    if conversation.status == Conversation.Status.CLOSED:
        raise CantDraft("The conversation is closed. Reply to it, and it is open again.")
    if not conversation.customer_seq:
        raise CantDraft("The customer hasn't written anything yet that could be answered.")
    if len(instruction) > LONGEST:
        raise CantDraft(f"The instruction has {len(instruction):,} characters; {LONGEST:,} is the most. Shorten it.")
    live = conversation.live_turn
    if live is None:
        who = author or (user.get_username() if user else "") or "A person"
        return turns.ask(conversation, who, instruction.strip())
    if live.asked_by:
        return live
    raise CantDraft("The agent is dealing with the customer's message just now. Wait for it, or take over first.")
