"""Ask an agent's engines one after the other, until one decides or the time is up."""

import time
from dataclasses import replace

from agents import config
from agents.config import ConfigError
from agents.engines.base import (
    AgentBrief,
    AnswersLater,
    Brief,
    Decision,
    Engine,
    EngineBrief,
    EngineError,
    Evidence,
    Help,
    Means,
)
from agents.engines.registry import engine
from agents.http import Http

BUDGET = 60.0  # seconds for all of them together


def decide(brief: Brief, http: Http, budget: float = BUDGET) -> Decision:
    """The first decision that an engine gives, with the reasons why those before it gave none.

    Engines that ask others get what is left of the budget. One that doesn't is asked even when nothing is left. Raises
    EngineError, and AnswersLater where the first engine that didn't fail will answer at the brief's callback.
    """
    until, failed = time.monotonic() + budget, dict[str, EngineError]()
    for place, choice in enumerate(brief.agent.engines, start=1):
        try:
            if place <= brief.passed:
                raise EngineError("It was asked and didn't answer in time.")
            decision = _ask(choice, brief, http, until - time.monotonic())
        except AnswersLater as later:
            why = f"The engine “{choice.name}” has {later.seconds:g} s to answer. {_listed(failed)}".strip()
            raise AnswersLater(later.seconds, place, why) from None
        except EngineError as error:
            failed[f"{place}. {choice.name}"] = error
        else:
            return _explained(replace(decision, engine=choice.name), failed)
    if len(failed) == 1:
        raise next(iter(failed.values()))
    raise EngineError(f"No engine gave a decision. {_listed(failed)}")


def rephrase(agent: AgentBrief, text: str, language: str, http: Http) -> str | None:
    """`text` in `language` by the first of the agent's engines that can; None when none can. Raises EngineError."""
    for choice in agent.engines:
        chosen = _engine(choice)
        said = chosen.rephrase(text, language, Means(load(chosen.Config, choice), http))
        if said is not None:
            return said
    return None


def help_with(agent: AgentBrief, kind: Help, text: str, wish: str, http: Http, budget: float = BUDGET) -> str | None:
    """`text` as a colleague wants it, by the first of the agent's engines that can and does; None when none can.

    Raises EngineError when those that can have failed.
    """
    until, failed = time.monotonic() + budget, dict[str, EngineError]()
    for place, choice in enumerate(agent.engines, start=1):
        try:
            chosen = _engine(choice)
            means = Means(load(chosen.Config, choice), http, max(until - time.monotonic(), 0.0))
            said = chosen.help(kind, text, wish, means)
        except EngineError as error:
            failed[f"{place}. {choice.name}"] = error
        else:
            if said is not None:
                return said
    if failed:
        raise EngineError(f"No engine did it. {_listed(failed)}")
    return None


def _ask(choice: EngineBrief, brief: Brief, http: Http, seconds: float) -> Decision:
    chosen = _engine(choice)
    if chosen.asks_others and seconds <= 0:
        raise EngineError("There was no time left to ask it.")
    if not brief.new and not chosen.follows_up:
        raise EngineError("It can't tell what came of actions.")
    means = replace(brief.means, config=load(chosen.Config, choice), http=http, seconds=max(seconds, 0.0))
    return chosen.decide(replace(brief, means=means))


def _engine(choice: EngineBrief) -> Engine:
    try:
        return engine(choice.name)
    except KeyError:
        raise EngineError(f"There is no engine called “{choice.name}”.") from None


def load(kind: type, choice: EngineBrief) -> object:
    """The engine's Config made of its options and its secret. Raises EngineError naming what won't do."""
    try:
        return config.load(kind, config.with_secret(kind, choice.options, choice.secret))
    except ConfigError as error:
        raise EngineError(f"Its options won't do. {error}") from None


def _explained(decision: Decision, failed: dict[str, EngineError]) -> Decision:
    if not failed:
        return decision
    evidence = (Evidence("engine", name, 0.0, error.public) for name, error in failed.items())
    why = f"{decision.why} It was left to the engine “{decision.engine}”. {_listed(failed)}"
    return replace(decision, why=why, evidence=(*decision.evidence, *evidence))


def _listed(failed: dict[str, EngineError]) -> str:
    return " ".join(f"{name}: {error.public}" for name, error in failed.items())
