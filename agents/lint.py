"""What is doubtful about the texts that an operator gave an agent: warnings, never refusals. Pure.

Each warning says which field it is about, quotes what it found, and says what to do. A secret isn't repeated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agents.engines.promises import promise
from agents.engines.words import fold
from agents.lint_tables import CONTRADICTIONS, LEFT_OVER, SCENARIO_RULES, SECRETS

MOST_WORDS = 600  # of instructions; of longer ones models begin to overlook parts
MOST_WORDS_OF_SUB_AGENT = 300
SHARE = 3  # a third of what is sent to the model may be instructions: the rest is for articles and the conversation
BYTES_PER_TOKEN = 3  # as `agents.engines.prompt` counts
MOST_OF_A_KIND = 3
QUOTED = 120  # characters


@dataclass(frozen=True, slots=True)
class Warning:
    code: str  # length | model | scenario | contradiction | secret | placeholder | promise
    field: str
    message: str


def lint_agent(texts: Mapping[str, str], prompt_tokens: int = 0) -> tuple[Warning, ...]:
    """`texts` by field: instructions, character, greeting, closing. `prompt_tokens`: what its model is sent at most."""
    instructions = texts.get("instructions", "")
    return (
        *_length(instructions, MOST_WORDS, "move what is about one case into sub agents"),
        *_for_model(f"{instructions}{texts.get('character', '')}", prompt_tokens),
        *(each for field in ("instructions", "character") for each in _scenario_rules(field, texts.get(field, ""))),
        *_in_all(texts),
        *_promises({"closing": texts.get("closing", "")}),
    )


def lint_sub_agent(texts: Mapping[str, str], *, hands_over: bool) -> tuple[Warning, ...]:
    """`texts` by field: scenario, instructions, acknowledgement. `hands_over`: people get the conversation after."""
    return (
        *_length(texts.get("instructions", ""), MOST_WORDS_OF_SUB_AGENT, "make two sub agents of it"),
        *_in_all(texts),
        *(() if hands_over else _promises({"acknowledgement": texts.get("acknowledgement", "")})),
    )


def _in_all(texts: Mapping[str, str]) -> Iterator[Warning]:
    for field, text in texts.items():
        yield from _contradictions(field, text)
        yield from _secrets(field, text)
        yield from _left_over(field, text)


def _length(text: str, most: int, advice: str) -> Iterator[Warning]:
    count = len(text.split())
    if count > most:
        sentence = f"The instructions have {count} words. Of more than {most}, models overlook parts: {advice}."
        yield Warning("length", "instructions", sentence)


def _for_model(text: str, prompt_tokens: int) -> Iterator[Warning]:
    tokens = len(text.encode("utf-8", "ignore")) // BYTES_PER_TOKEN
    if prompt_tokens and tokens > prompt_tokens // SHARE:
        sentence = (
            f"The instructions take about {tokens} of the {prompt_tokens} tokens that the model is sent, which leaves "
            "too few for articles. Shorten them, or raise the engine's prompt tokens."
        )
        yield Warning("model", "instructions", sentence)


def _scenario_rules(field: str, text: str) -> Iterator[Warning]:
    found = [sentence for sentence in _sentences(text) if SCENARIO_RULES.search(fold(sentence))]
    for sentence in found[:MOST_OF_A_KIND]:
        message = f"{_quote(sentence)} is about one case. Make a sub agent of it: it is found when it is needed only."
        yield Warning("scenario", field, message)


def _contradictions(field: str, text: str) -> Iterator[Warning]:
    for pattern, duty in CONTRADICTIONS:
        if found := next((each for each in _sentences(text) if pattern.search(fold(each))), ""):
            yield Warning("contradiction", field, f"{_quote(found)} won't hold: {duty}")


def _secrets(field: str, text: str) -> Iterator[Warning]:
    if match := SECRETS.search(text):
        where = f"line {text.count(chr(10), 0, match.start()) + 1}"
        advice = "Take it out and make a new one: models and people read these texts."
        yield Warning("secret", field, f"What stands in {where} looks like a password or a key. {advice}")


def _left_over(field: str, text: str) -> Iterator[Warning]:
    for found in _once(match[0] for match in LEFT_OVER.finditer(text)):
        yield Warning("placeholder", field, f"{_quote(found)} looks like a placeholder that nobody has filled in.")


def _promises(texts: Mapping[str, str]) -> Iterator[Warning]:
    for field, text in texts.items():
        if found := promise(text):
            sentence = f"It {found.kind} ({_quote(found.phrase)}), but nobody is asked. Reword it, or hand over after."
            yield Warning("promise", field, sentence)


def _once(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))[:MOST_OF_A_KIND]


def _sentences(text: str) -> list[str]:
    return [each.strip() for each in re.split(r"(?<=[.!?])\s+|\n+", text) if each.strip()]


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= QUOTED else line[: QUOTED - 1] + '…'}”"
