"""Random texts of all that messages are made of, the same for the same seed."""

import random
import re
from dataclasses import dataclass, field

import regex

ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "äöüßéèñçøåłžşğ",
    "абвгдежзиклмнопрст",
    "אבגדהוזחטיכל",
    "ابتثجحخدذرزسش",
    "的一是不了人我在有他这中大来上国",
    "あいうえおかきくけこアイウエオ",
    "กขคงจฉชซญดตถทธนบปผ",
    "कखगघचछजझटठडढतथदध",
    "가나다라마바사아자차",
)
CLUSTERS = (
    "👨‍👩‍👧‍👦",  # a family: four people and three joiners
    "🇩🇪",
    "👍🏽",
    "❤️",
    "e\u0301",
    "q\u0307\u0323",
    "ท\u0e34\u0e48",
    "क्षि",
    "각",
    "1️⃣",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
)
SIGNS = ("…", "—", "“so”", "¿", "!", "?", ",", "(", ")", "$", "%", "&amp;", "<b>", "€", "#", "@me", "\u202ex", "\ufeff")
SPACES = (" ", " ", " ", " ", "\n", "\n\n", "\u00a0", "\u3000", "\t", "  ")
CODES = (
    "x = 1",
    "if a < b:",
    "    return {}",
    "print('👍🏽')",
    "# **not strong**",
    "\tb`c",
    "[no](link)",
    "日本語 = 1",
    "",
)


@dataclass
class Made:
    """A text, and what has to be whole in its parts."""

    text: str
    links: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)  # the lines within fences


def word(rng: random.Random) -> str:
    letters = rng.choice(ALPHABETS)
    pieces = [rng.choice(letters) for _ in range(rng.randint(1, 10))]
    while rng.random() < 0.15:
        pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(CLUSTERS))
    if rng.random() < 0.1:
        pieces.append(rng.choice(SIGNS))
    if rng.random() < 0.1:
        pieces.append(rng.choice([".", "!", "?", "。"]))
    return "".join(pieces)


def link(rng: random.Random) -> str:
    label = " ".join(word(rng).strip("()[]<>`*_") or "x" for _ in range(rng.randint(1, 3)))
    label = re.sub(r"[()\[\]<>`*_&\n]", "", label)
    return f"[{label or 'x'}](https://example.com/{rng.randint(1, 999)}?a=(b)&c={rng.randint(1, 9)})"


def fence(rng: random.Random, made: Made) -> str:
    mark = rng.choice(["```", "````", "~~~"])
    lines = [rng.choice(CODES) for _ in range(rng.randint(1, 12))]
    if rng.random() < 0.1:
        lines.append("".join(word(rng) for _ in range(20)).translate({ord(sign): None for sign in "`~。"}))
    made.code += lines
    body = "\n".join(lines)
    return f"\n\n{mark}{rng.choice(['', 'python', 'c++'])}\n{body}\n{mark}\n\n"


def make(seed: int) -> Made:
    """Words in many scripts, links, emphasis, lists, quotes and code, with all kinds of space between them."""
    rng = random.Random(seed)
    made, pieces = Made(""), []
    for _ in range(rng.randint(1, 60)):
        kind = rng.random()
        if kind < 0.08:
            made.links.append(link(rng))
            pieces.append(f" {made.links[-1]} ")
        elif kind < 0.12:
            pieces.append(fence(rng, made))
        elif kind < 0.16:
            pieces.append(rng.choice([" **{}** ", " *{}* ", " `{}` ", " ~~{}~~ "]).format(word(rng) + " " + word(rng)))
        elif kind < 0.20:
            pieces.append(rng.choice(["\n- ", "\n1. ", "\n> ", "\n\n## ", "\n\n---\n\n"]))
        else:
            pieces += [word(rng), rng.choice(SPACES)]
    made.text = "".join(pieces)
    return made


def noise(seed: int) -> str:
    """Any characters at all, those that mean something in markdown more often than others."""
    rng = random.Random(seed)
    special = "`*_~[]()<>#-+|\\!\n \t:&;.\r\"'"
    points = [*range(0x20, 0x7F), *range(0xA0, 0x600), *range(0x0E00, 0x0E7F), *range(0x300, 0x36F)]
    points += [*range(0x1F1E6, 0x1F200), *range(0x1F3FB, 0x1F400), 0x200D, 0xFE0F, 0x0600, 0x1100, 0x1161, 0x11A8]
    return "".join(
        rng.choice(special) if rng.random() < 0.4 else chr(rng.choice(points)) for _ in range(rng.randint(0, 250))
    )


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)
