"""The walk that every platform must stand: one customer, one agent, and people, with the whole product between them.

    customer asks → answered → asks for a person → people are told, and the customer too → a person answers
    → the agent is silent → given back → the customer asks → answered

A platform gives a `Customer`, and `People` where people work on it; where they don't, they work in admin (`Desk`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.processes.newcomer import Operator, eventually

QUESTION, ANSWER = "How long do I have to send something back?", "30 days"
SILENCE = 3.0  # seconds without a word until silence counts as such


class People(Protocol):
    def are_asked(self) -> None:
        """Return once they are told that somebody waits, and what for. Fail if not all of it arrives."""

    def reply(self, text: str) -> None: ...

    def give_back(self) -> None: ...


@dataclass
class Customer:
    """`say` writes on the platform, `heard` is all that the customer was sent there, in order."""

    say: Callable[[str], Any]
    heard: Callable[[], list[str]]
    known: int = field(default=0)  # how much of it was looked at

    def hears(self, words: str = "") -> str:
        """The next message, which has to have these words."""
        text = eventually(lambda: self.heard()[self.known :], f"“{words}”")[0]
        self.known += 1
        assert words in text, text
        return str(text)

    def hears_nothing(self, seconds: float = SILENCE) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.heard()[self.known :] == []
            time.sleep(0.1)


@dataclass
class Desk:
    """People in admin. `thread` is the platform's id of the conversation."""

    operator: Operator
    thread: str
    conversation: int = 0

    def are_asked(self) -> None:
        waiting = self.operator.awaits(self.thread)
        assert waiting["owner"] == "human"
        self.conversation = waiting["id"]

    def reply(self, text: str) -> None:
        self.operator.reply(self.conversation, text)

    def give_back(self) -> None:
        self.operator.give_back(self.conversation)


def walk(customer: Customer, people: People) -> None:
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.say("I want to talk to a human")
    customer.hears()  # that people were asked, in the operator's words
    people.are_asked()
    people.reply("Hello, Grace here.")
    customer.hears("Hello, Grace here.")
    customer.say("How much does shipping cost?")
    customer.hears_nothing()
    people.give_back()
    customer.hears_nothing(1)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.hears_nothing()
