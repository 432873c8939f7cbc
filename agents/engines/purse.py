"""What a turn may take in tokens, and what it has taken."""

from dataclasses import replace

from agents.engines.base import Brief, EngineError, Usage


class Purse:
    """Raises EngineError where the conversation has nothing left."""

    def __init__(self, brief: Brief, turn_tokens: int) -> None:
        whole = brief.agent.options.get("conversation_tokens")
        if whole and brief.spent >= whole:
            raise EngineError(f"The conversation has taken its {whole:,} tokens.")
        self.turn_tokens = turn_tokens
        self.left = whole - brief.spent if whole else None  # of the conversation's; None without a limit
        self.usage = Usage()

    def add(self, used: Usage) -> None:
        costs = [each for each in (self.usage.cost, used.cost) if each is not None]
        self.usage = replace(
            used,
            input_tokens=self.usage.input_tokens + used.input_tokens,
            output_tokens=self.usage.output_tokens + used.output_tokens,
            cost=sum(costs) if costs else None,
        )

    @property
    def over(self) -> str:
        """Why nothing more may be asked, as a sentence; "" while it may."""
        taken = self.usage.input_tokens + self.usage.output_tokens
        if taken >= self.turn_tokens:
            return f"The turn has taken its {self.turn_tokens:,} tokens."
        if self.left is not None and taken >= self.left:
            return "The conversation has taken all its tokens."
        return ""
