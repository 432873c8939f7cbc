"""`python -m tests.bench.intents`: how well the offline engine tells many sub agents apart, and how fast.

The data are the questions of Banking77 (Casanueva et al. 2020, "Efficient Intent Detection with Dual Sentence
Encoders", CC BY 4.0). An intent becomes a sub agent: its name the scenario, its first ten questions the examples. The
other questions are customers, divided by a hash of their text: `tuning`, which constants and words were chosen on, and
`checking`, which the figures come from. A share of the intents is left out in turn, and its questions belong to nobody.
"""

import argparse
import csv
import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.engines.base import SubAgentBrief
from agents.engines.matching import Matcher
from agents.engines.offline import MATCHES
from tests.bench import report

DATA = Path(__file__).resolve().parents[3] / "shared" / "eval" / "banking77_train.csv"
EXAMPLES = 10
PARTS = ("tuning", "checking")
DRAWS = {4: 12, 15: 5, 66: 7}  # sub agents of an agent -> how many such agents are tried
OTHERS = 1_000  # questions that belong to none of the sub agents, for each agent that is tried

Question = tuple[str, str]  # text, slug


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares, of 1."""

    right: float  # of those that belong to a sub agent: the right one scored best
    refused: float  # of those that belong to a sub agent: none was sure enough
    recognised: float  # of those that belong to none: none was sure enough


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.intents", description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=PARTS, default="checking")
    part = parser.parse_args().part
    if not DATA.exists():
        report.say("Nothing to measure: the data would be in ../shared/eval/banking77_train.csv.")
        return 0
    agents, questions = read(part)
    report.say(f"{len(questions)} {part} questions, {EXAMPLES} examples for each of {len(agents)} sub agents")
    report.table("All sub agents", _all(agents, questions))
    report.table(f"Some of them; a sub agent applies from {MATCHES}", _some(agents, questions))
    return 0


def read(part: str) -> tuple[list[SubAgentBrief], list[Question]]:
    """A sub agent for every intent, by name, and the questions of one part that no sub agent has as an example."""
    by_slug: dict[str, list[str]] = {}
    with DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_slug.setdefault(row["category"], []).append(row["text"].strip())
    agents = [_sub_agent(number, slug, by_slug[slug]) for number, slug in enumerate(sorted(by_slug))]
    known = {example for agent in agents for example in agent.examples}
    rest = [(text, slug) for slug, texts in by_slug.items() for text in texts[EXAMPLES:] if text not in known]
    return agents, [question for question in rest if _part(question[0]) == part]


def rates(matcher: Matcher, slugs: set[str], questions: Sequence[Question]) -> Rates:
    """`slugs` are those of the matcher's sub agents."""
    right = refused = recognised = 0
    for text, slug in questions:
        match = matcher.match(text, "en")
        unsure = match is None or match.score < MATCHES
        right += match is not None and match.sub_agent.slug == slug
        refused += unsure and slug in slugs
        recognised += unsure and slug not in slugs
    belong = sum(slug in slugs for _, slug in questions)
    return Rates(right / max(belong, 1), refused / max(belong, 1), recognised / max(len(questions) - belong, 1))


def _all(agents: Sequence[SubAgentBrief], questions: Sequence[Question]) -> Iterator[tuple[str, str]]:
    started = time.process_time()
    matcher = Matcher(agents)
    built = time.process_time()
    found = rates(matcher, {agent.slug for agent in agents}, questions)
    each = (time.process_time() - built) / len(questions)
    yield "right one scored best", f"{found.right:.1%}"
    yield "refused", f"{found.refused:.1%}"
    yield "processor time per question", f"{each * 1000:.2f} ms"
    yield "processor time to build the index", f"{built - started:.2f} s"


def _some(agents: Sequence[SubAgentBrief], questions: Sequence[Question]) -> Iterator[tuple[str, ...]]:
    yield "sub agents", "right one scored best", "refused, though they belong", "recognised as nobody's", "build"
    for size, draws in DRAWS.items():
        chance = random.Random(size)  # the same agents every time
        picks = [chance.sample(list(agents), size) for _ in range(draws)]
        tried = [_try(chosen, questions, chance) for chosen in picks]
        shares = [f"{sum(getattr(one, name) for one, _ in tried) / draws:.1%}" for name in Rates.__slots__]
        yield str(size), *shares, f"{sum(seconds for _, seconds in tried) / draws * 1000:.0f} ms"


def _try(chosen: Sequence[SubAgentBrief], questions: Sequence[Question], chance: random.Random) -> tuple[Rates, float]:
    slugs = {agent.slug for agent in chosen}
    own = [question for question in questions if question[1] in slugs]
    others = [question for question in questions if question[1] not in slugs]
    started = time.process_time()
    matcher = Matcher(chosen)
    built = time.process_time() - started
    return rates(matcher, slugs, own + chance.sample(others, min(OTHERS, len(others)))), built


def _sub_agent(number: int, slug: str, texts: Sequence[str]) -> SubAgentBrief:
    name = slug.replace("_", " ").rstrip("?")
    return SubAgentBrief(number, slug, name, name, tuple(texts[:EXAMPLES]), "", "reply", 10, ())


def _part(text: str) -> str:
    return PARTS[hashlib.sha256(text.encode()).digest()[0] % 2]


if __name__ == "__main__":
    raise SystemExit(main())
