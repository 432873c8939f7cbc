"""The walk that every platform must stand: one customer, one agent, and people, with the whole product between them.

    customer asks → answered → asks for a person → people are told, and the customer too → a person answers
    → the agent is silent → given back → the customer asks → answered

A platform gives a `Customer`, and `Helpdesk` or `People` of its own where people work on it; where they don't, they
work in admin (`Desk`).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.processes.newcomer import Operator, eventually

QUESTION, ANSWER = "How long do I have to send something back?", "30 days"
WISH = "I want to talk to a human"
NEEDED = "need_human_help"  # the tag of a handover that the customer asked for
HANDBACK, TAKEN_BACK = "/handback", "The agent has this conversation again"
SILENCE = 3.0  # seconds without a word until silence counts as such


class People(Protocol):
    def are_asked(self) -> None:
        """Return once they are told that somebody waits, and what for. Fail if not all of it arrives."""

    def reply(self, text: str) -> None: ...

    def give_back(self) -> None:
        """Return once the agent has the conversation."""


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


@dataclass
class Helpdesk:
    """People on the platform. What they are to be told has to be there, once, whatever admin says.

    `notes`, `tags` and `place` look at the conversation there; `target` is the id of the group, team, inbox or queue
    that it is to be in, "" where the platform has none. `answer` writes to the customer, `note` to the staff.
    """

    notes: Callable[[], list[str]]
    tags: Callable[[], Iterable[str]]
    place: Callable[[], str]
    target: str
    answer: Callable[[str], Any]
    note: Callable[[str], Any]

    def are_asked(self) -> None:
        eventually(self._summaries, "The note with the summary")
        eventually(lambda: NEEDED in self.tags(), f"The tag {NEEDED}")
        eventually(lambda: self.place() == self.target, f"The assignment to {self.target}")
        [summary] = self._summaries()
        assert QUESTION in summary, summary

    def reply(self, text: str) -> None:
        self.answer(text)

    def give_back(self) -> None:
        before = self._told(TAKEN_BACK)
        self.note(HANDBACK)
        eventually(lambda: self._told(TAKEN_BACK) > before, "The note that the agent has it again")

    def _summaries(self) -> list[str]:
        return [note for note in self.notes() if WISH in note]

    def _told(self, words: str) -> int:
        return sum(words in note for note in self.notes())


def walk(customer: Customer, people: People) -> None:
    customer.say(QUESTION)
    customer.hears(ANSWER)
    hand_over(customer, people)
    people.reply("Hello, Grace here.")
    customer.hears("Hello, Grace here.")
    customer.say("How much does shipping cost?")
    customer.hears_nothing()
    people.give_back()
    customer.hears_nothing(1)
    customer.say(QUESTION)
    customer.hears(ANSWER)
    customer.hears_nothing()


def hand_over(customer: Customer, people: People) -> None:
    """The part of the walk in which the customer asks for a person, and people get to know all that they should."""
    customer.say(WISH)
    customer.hears()  # that people were asked, in the operator's words
    people.are_asked()
