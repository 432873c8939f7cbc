"""What is made of a page or file before it becomes articles, and what is raised where nothing can be."""

import hashlib
from dataclasses import dataclass

LONGEST_TITLE = 200  # characters
LONGEST_KEY = 190
LONGEST_BODY = 200_000


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one article. `key` says which part of the page it is, from one import to the next."""

    key: str
    title: str
    body: str  # markdown

    @property
    def hash(self) -> str:
        return digest(self.title, self.body)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a body before it is read."""

    title: str  # for what has none of its own
    charset: str = ""  # as its server says
    address: str = ""  # that relative links in it count from


class Unreadable(Exception):
    """A page or file gives no article. `public` is one sentence for operators."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class Gone(Unreadable):
    """The page isn't there any more."""


def digest(*texts: str) -> str:
    """SHA-256 over the texts, told apart."""
    return hashlib.sha256("\x00".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
