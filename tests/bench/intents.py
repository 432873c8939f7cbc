"""`python -m tests.bench.intents`: how well the offline engine tells many sub agents apart, and how fast.

The data are the questions of Banking77 (Casanueva et al. 2020, "Efficient Intent Detection with Dual Sentence
Encoders", CC BY 4.0). An intent becomes a sub agent: its name the scenario, ten of its questions the examples, drawn
anew for every seed. The other questions are customers'.

A hash of the text divides all questions into `tuning`, which constants and words were chosen on, and `checking`, which
the figures come from: examples and customers of a run are of the same part, so nothing was fitted on what is reported.
The first ten questions of each intent were examples when the word lists were written, so they are for tuning.
Times are processor time, all on one core.
"""

import argparse
import csv
import hashlib
import json
import random
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.engines import embedding
from agents.engines.base import SubAgentBrief
from agents.engines.matching import Matcher
from agents.engines.reading import MATCHES
from tests.agents.engines import questions as shop
from tests.bench import report

DATA = Path(__file__).resolve().parents[3] / "shared" / "eval" / "banking77_train.csv"
EXAMPLES = 10
PARTS = ("tuning", "checking")
SEEDS = 5
SEEN = 10  # the first questions of each intent, which people looked at
DRAWS = {4: 12, 15: 6, 40: 5, 66: 5}  # sub agents of an agent -> how many such agents are tried
OTHERS = 1_000  # questions that belong to none of the sub agents, for each agent that is tried
TIMED = 300  # questions
ABOUT_MONEY = ("pay", "card", "money", "refund", "charge", "password", "bank", "code", "cost", "account", "invoice")

Question = tuple[str, str]  # text, slug; "" for one that belongs to no intent
Corpus = Mapping[str, Sequence[str]]  # slug -> texts


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares, of 1."""

    right: float  # of those that belong to a sub agent: the right one scored best
    refused: float  # of those that belong to a sub agent: none was sure enough
    recognised: float  # of those that belong to none: none was sure enough


@dataclass(frozen=True, slots=True)
class Cost:
    load: float  # seconds, once for each process
    memory: float  # MB that the model takes
    build: float  # seconds, for all sub agents, with phrases never seen before
    again: float  # seconds, for all sub agents after one phrase has changed
    p50: float  # milliseconds for a question
    p95: float


class Kept:
    """An embedder that remembers questions, because runs share them. Times aren't taken with it."""

    def __init__(self, real: embedding.Embedder) -> None:
        self._real = real
        self._vectors: dict[str, Any] = {}

    def vector(self, text: str) -> Any:
        if text not in self._vectors:
            self._vectors[text] = self._real.vector(text)
        return self._vectors[text]

    def vectors(self, texts: Sequence[str]) -> Any:
        import numpy

        return numpy.array([self.vector(text) for text in texts])


def main() -> int:
    options = _options()
    if not DATA.exists():
        report.say("Skipped: the data would be in ../shared/eval/banking77_train.csv.")
        return 0
    corpus = read(options.part)
    found = {"words": _measure(corpus, None, options.seeds)}
    before, started = _resident(), time.process_time()
    if model := embedding.embedder():
        load, memory = time.process_time() - started, _resident() - before
        found["meaning"] = _measure(corpus, model, options.seeds, load, memory)
    if options.json:
        sys.stdout.write(json.dumps({"machine": report.machine(), "part": options.part, **found}, indent=1) + "\n")
    else:
        _print(options.part, found)
    return 0


def read(part: str) -> Corpus:
    """The questions of one part by intent, each once."""
    by_slug: dict[str, dict[str, None]] = {}
    with DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_slug.setdefault(row["category"], {})[row["text"].strip()] = None
    return {
        slug: [text for place, text in enumerate(by_slug[slug]) if _part(place, text) == part]
        for slug in sorted(by_slug)
    }


def divided(corpus: Corpus, seed: int) -> tuple[list[SubAgentBrief], list[Question]]:
    """A sub agent for every intent, and the questions that no sub agent has as an example."""
    chance = random.Random(seed)
    drawn = {slug: chance.sample(texts, len(texts)) for slug, texts in corpus.items()}
    agents = [_sub_agent(number, slug, texts[:EXAMPLES]) for number, (slug, texts) in enumerate(drawn.items())]
    return agents, [(text, slug) for slug, texts in drawn.items() for text in texts[EXAMPLES:]]


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


def _measure(
    corpus: Corpus, model: embedding.Embedder | None, seeds: int, load: float = 0, memory: float = 0
) -> dict[str, Any]:
    cost = _cost(corpus, model, load, memory)
    kept: Any = Kept(model) if model else None
    runs = [_all(*divided(corpus, seed), kept) for seed in range(seeds)]
    return {
        "accuracy": [run.right for run in runs],
        "open set": {str(len(corpus)): asdict(_mean(runs))}
        | {str(size): asdict(_mean(_some(corpus, size, kept))) for size in DRAWS},
        "cost": asdict(cost),
    }


def _all(agents: Sequence[SubAgentBrief], questions: Sequence[Question], model: Any) -> Rates:
    """All intents; questions that belong to none are those of a shop for tents, without what banks are asked, too."""
    asked = [*(text for text, _ in shop.TUNED_ON + shop.HELD_OUT), *shop.OUT_OF_SCOPE]
    foreign = [(text, "") for text in asked if not any(word in text.lower() for word in ABOUT_MONEY)]
    return rates(Matcher(agents, model), {agent.slug for agent in agents}, [*questions, *foreign])


def _some(corpus: Corpus, size: int, model: Any) -> Iterator[Rates]:
    """Agents with some of the intents; questions that belong to none are those of the bank's other intents."""
    for seed in range(DRAWS[size]):
        chance = random.Random(f"{seed} {size}")
        agents, questions = divided(corpus, seed)
        chosen = chance.sample(agents, size)
        slugs = {agent.slug for agent in chosen}
        own = [question for question in questions if question[1] in slugs]
        others = [question for question in questions if question[1] not in slugs]
        yield rates(Matcher(chosen, model), slugs, own + chance.sample(others, min(OTHERS, len(others))))


def _cost(corpus: Corpus, model: embedding.Embedder | None, load: float, memory: float) -> Cost:
    agents, questions = divided(corpus, SEEDS)
    build = _seconds(lambda: Matcher(agents, model).match(questions[0][0], "en"))
    changed = [_sub_agent(0, agents[0].slug, [*agents[0].examples[1:], "What has changed since?"]), *agents[1:]]
    again = _seconds(lambda: Matcher(changed, model).match(questions[0][0], "en"))
    matcher = Matcher(agents, model)
    asked = random.Random(0).sample(questions, TIMED)
    matcher.match(*asked[0])
    each = [_seconds(lambda text=text: matcher.match(text, "en")) * 1000 for text, _ in asked]
    return Cost(load, memory, build, again, report.percentile(each, 0.5), report.percentile(each, 0.95))


def _print(part: str, found: Mapping[str, Any]) -> None:
    missing = () if "meaning" in found else ("meaning: not measured, because the extra `meaning` isn't installed",)
    report.say(f"Banking77, {part} questions, {EXAMPLES} examples for each sub agent")
    for line in missing:
        report.say(line)
    report.table("77 sub agents: the right one scored best", _accuracies(found))
    report.table(
        f"A sub agent applies from {MATCHES}; with 77, questions of another trade belong to none", _open(found)
    )
    report.table("Processor time and memory, 77 sub agents", _costs(found))


def _accuracies(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    yield "read by", "mean", "spread", "lowest", "highest"
    for name, its in found.items():
        values = its["accuracy"]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        yield name, *(f"{value:.1%}" for value in (statistics.mean(values), spread, min(values), max(values)))


def _open(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    yield "read by", "sub agents", "right one scored best", "refused, though they belong", "recognised as nobody's"
    for name, its in found.items():
        for size, shares in its["open set"].items():
            yield name, size, *(f"{shares[share]:.1%}" for share in Rates.__slots__)


def _costs(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    yield "read by", "load", "memory", "index", "after a change", "question p50", "p95"
    for name, its in found.items():
        cost = Cost(**its["cost"])
        seconds = f"{cost.load:.2f} s", f"{cost.memory:.0f} MB", f"{cost.build:.2f} s", f"{cost.again:.2f} s"
        yield name, *seconds, f"{cost.p50:.2f} ms", f"{cost.p95:.2f} ms"


def _mean(runs: Iterable[Rates]) -> Rates:
    return Rates(*map(statistics.mean, zip(*((run.right, run.refused, run.recognised) for run in runs), strict=True)))


def _seconds(act: Any) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def _resident() -> float:
    """MB of memory that this process has now; 0 where /proc doesn't say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _sub_agent(number: int, slug: str, examples: Sequence[str]) -> SubAgentBrief:
    name = slug.replace("_", " ").rstrip("?")
    return SubAgentBrief(number, slug, name, name, tuple(examples), "", "reply", 10, ())


def _part(place: int, text: str) -> str:
    return PARTS[0] if place < SEEN else PARTS[hashlib.sha256(text.encode()).digest()[0] % 2]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.intents", description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=PARTS, default="checking")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
