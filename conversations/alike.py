"""How much two texts have in common, in words: whether people sent a draft as it was, or made it their own."""

import re
from collections import Counter

# Words; and for Chinese and Japanese, which put no spaces between them, characters.
WORDS = re.compile(r"[぀-ヿ㐀-鿿]|[^\W_぀-ヿ㐀-鿿]+")
LINKS = re.compile(r"https?://[^\s)\]>\"']+")
SIMILAR = 0.6  # from here on, one text was made from the other, or says the same
ECHO = 0.9  # from here on, a platform has only put it in another form


def words(text: str) -> list[str]:
    return WORDS.findall(text.casefold())


def same(one: str, other: str) -> bool:
    """Whether they differ in nothing but spaces, marks and capitals, which platforms change on the way."""
    return words(one) == words(other)


def alike(one: str, other: str) -> float:
    """From 0, nothing in common, to 1, the same words: twice what is common by what there is (Dice)."""
    first, second = Counter(words(one)), Counter(words(other))
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def is_echo(sent: str, heard: str) -> bool:
    """Whether what comes back from a platform is what was sent there. How it writes links out, it chooses itself."""
    return alike(LINKS.sub(" ", sent), LINKS.sub(" ", heard)) >= ECHO


def links(text: str) -> set[str]:
    """The addresses in a text, without what ends a sentence."""
    return {link.rstrip(".,;:!?") for link in LINKS.findall(text)}
