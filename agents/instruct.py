"""Tell an agent what holds from now on, and take it back. Every change is seen by the next turn."""

from django.utils import timezone

from agents.models import Agent, Instruction, SubAgent

LONGEST = 2_000  # characters of one instruction
MOST = 50  # that hold for an agent at a time: all of them stand in every prompt


class CantInstruct(Exception):
    """It isn't kept; `public` says why and what to do."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def instruct(
    agent: Agent,
    text: str,
    by: str,
    *,
    sub_agent: SubAgent | None = None,
    gateway: int | None = None,
    conversation: int | None = None,
) -> Instruction:
    """Keep an instruction. Told twice, kept once. Raises CantInstruct."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise CantInstruct("Say what the agent is to do from now on, like “/instruct Offer a replacement first.”")
    if len(text) > LONGEST:
        raise CantInstruct(f"The instruction has {len(text):,} characters; {LONGEST:,} is the most. Shorten it.")
    holding = agent.told.filter(revoked_at=None)
    if same := holding.filter(text=text, sub_agent=sub_agent, gateway=gateway).first():
        return same
    if holding.count() >= MOST:
        raise CantInstruct(f"{MOST} instructions hold already. Revoke some that are no longer needed first.")
    return Instruction.objects.create(
        agent=agent, text=text, by=by[:200], sub_agent=sub_agent, gateway=gateway, conversation=conversation
    )


def revoke(instruction: Instruction, by: str) -> bool:
    """It doesn't hold any more. False if it didn't before."""
    now = timezone.now()
    held = Instruction.objects.filter(pk=instruction.pk, revoked_at=None)
    return bool(held.update(revoked_at=now, revoked_by=by[:200], updated_at=now))
