"""Commands in internal notes: what a person on the helpdesk's side wants of the agent. Pure.

A note is a command if it begins with a slash and a name. What quotes somebody else's words (“> /draft”) isn't one, nor
is a path (“/etc/hosts”).
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Command(StrEnum):
    DRAFT = "draft"
    INSTRUCT = "instruct"
    TRANSLATE = "translate"
    SUMMARIZE = "summarize"
    REPHRASE = "rephrase"
    HANDBACK = "handback"
    SUSPEND = "suspend"


MEANINGS = {
    Command.DRAFT: ("", "have the agent draft a reply; add what it should be like"),
    Command.INSTRUCT: ("…", "tell the agent what holds from now on in conversations like this one"),
    Command.TRANSLATE: ("[language]", "translate the customer's last message"),
    Command.SUMMARIZE: ("", "summarize the conversation"),
    Command.REPHRASE: ("…", "write the latest draft anew, for example “friendlier”"),
    Command.HANDBACK: ("", "give the conversation back to the agent"),
    Command.SUSPEND: ("", "silence the agent in this conversation"),
}
NAME = re.compile(r"[^\W\d_][\w-]{0,29}")
TAGS = re.compile(r"</?(?:p|div|span|br|code|b|i|em|strong)\b[^<>]*>", re.IGNORECASE)  # what editors wrap notes in
HEAD = 400  # characters among which a command's slash stands
BLANKS = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"
QUOTES = (("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"), ("„", "“"), ("«", "»"))

_COMMAND = re.compile(rf"[/／]({NAME.pattern})(?=$|[\s:])[\s:]*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """A command, and what was said with it. None: there is no command called `name`."""

    command: Command | None
    name: str  # as it was written, in lower case
    words: str


def parse(note: str, names: Mapping[str, str]) -> Told | None:
    """The command that a note is; None for a note that is none.

    `names` has other names for commands than their own; "" switches one off.
    """
    if not may_be(note):
        return None
    found = _COMMAND.fullmatch(_bare(note))
    if found is None:
        return None
    name, words = found[1].casefold(), _unquoted(found[2].strip(BLANKS))
    return Told(called(names).get(name), name, words)


def may_be(note: str) -> bool:
    """Whether the note may be a command: quick, and right whenever it says no."""
    head = note[:HEAD]
    return "/" in head or "／" in head or "&" in head


def called(names: Mapping[str, str]) -> dict[str, Command]:
    """The commands that there are, by what they are called here."""
    given = {command: names.get(command.value, command.value).casefold() for command in Command}
    return {name: command for command, name in given.items() if name}


def listed(names: Mapping[str, str]) -> str:
    """What there is to choose from, as a markdown list."""
    lines = []
    for name, command in called(names).items():
        extra, meaning = MEANINGS[command]
        lines.append(f"- `/{name}{' ' + extra if extra else ''}`: {meaning}")
    return "\n".join(lines)


def trouble(names: object) -> str:
    """Why these can't be the commands' names, as a sentence; "" when they can."""
    if not isinstance(names, dict):
        return "Give a JSON object, like {“draft”: “entwurf”}."
    if unknown := sorted(str(key) for key in names if key not in set(Command)):
        return f"There is no command “{unknown[0]}”. There are: {', '.join(Command)}."
    for name in names.values():
        if not isinstance(name, str) or (name and not NAME.fullmatch(name)):
            return f"A command can't be called “{name}”. A name is a word of up to 30 letters; empty switches it off."
    used = [name for command in Command if (name := names.get(command.value, command.value).casefold())]
    twice = next((name for name in used if used.count(name) > 1), "")
    return f"Two commands are called “{twice}”. Give one of them another name." if twice else ""


def _bare(note: str) -> str:
    """The note without what editors and escaping have put around it."""
    text = note
    for _ in range(2):  # escaped, and now and then once more on its way here
        text = TAGS.sub(" ", html.unescape(text))
    return _unquoted(text.strip(BLANKS))


def _unquoted(text: str) -> str:
    """Without quotation marks around the whole of it."""
    for opening, closing in QUOTES:
        inner = text[len(opening) : -len(closing)]
        if len(text) > 2 and text.startswith(opening) and text.endswith(closing) and closing not in inner:
            return inner.strip(BLANKS)
    return text
