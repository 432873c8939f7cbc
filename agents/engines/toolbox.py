"""The actions of one turn: which were called, what came of them, and when it is enough.

Reading ones are called here and now. Writing ones never are: what is asked for is written down with the decision and
carried out once that stands, so that a turn that is decided twice does nothing twice.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from agents.actions import arguments
from agents.actions.action import ActionBrief, ActionResult, CannotRender, Outcome
from agents.actions.template import render
from agents.engines.base import ActionCall, Brief
from agents.engines.prompt_actions import Asked, Exchange

MOST_SECONDS = 400.0  # for all actions of a turn: the slowest one, twice
OPEN = (Outcome.REQUESTED, Outcome.WAITING, Outcome.UNKNOWN)


class Toolbox:
    """What the agent's actions are called through. One for each turn."""

    def __init__(self, brief: Brief, most: int) -> None:
        self.brief, self.most = brief, most
        self.calls: list[ActionCall] = []
        self.count = 0
        self._left = MOST_SECONDS
        self._known: dict[tuple[str, str], ActionCall] = {}

    def use(self, asked: Sequence[Asked]) -> Exchange | None:
        """Call these, in their order. None when that would be too many for one turn."""
        self.count += len(asked)
        if self.count > self.most:
            return None
        return Exchange(tuple((one, self._use(one)) for one in asked))

    @property
    def timed_out(self) -> ActionCall | None:
        return next((call for call in self.calls if call.state is Outcome.TIMEOUT), None)

    @property
    def sub_agent(self) -> str:
        """The slug of the one sub agent that may call what was called; "" when it can't be told."""
        names = {call.name for call in self.calls}
        listing = [each.slug for each in self.brief.agent.sub_agents if names & set(each.actions)]
        return listing[0] if len(listing) == 1 else ""

    def _use(self, asked: Asked) -> ActionCall:
        action = next((each for each in self.brief.agent.actions if each.slug == asked.name), None)
        if action is None:
            return ActionCall(asked.name, asked.arguments, "There is no action of this name.", Outcome.INVALID)
        values = _parsed(asked.arguments)
        key = (action.slug, json.dumps(values, sort_keys=True))
        if key not in self._known:
            self._known[key] = self._request(action, values) if action.writes else self._run(action, values)
            self.calls.append(self._known[key])
        return self._known[key]

    def _run(self, action: ActionBrief, values: Any) -> ActionCall:
        if self._left <= 0:
            return _call(action, values, ActionResult(Outcome.TIMEOUT, "There was no time left to call it."))
        began = time.monotonic()
        result = self.brief.means.run(action, values, self.brief.means.http, self._left)
        self._left -= time.monotonic() - began
        return _call(action, values, result)

    def _request(self, action: ActionBrief, values: Any) -> ActionCall:
        """Without a new line of the customer's, a person has to approve: else one result could ask for the next."""
        try:
            render(action, arguments.check(action, values))
        except CannotRender as problem:
            return _call(action, values, ActionResult(problem.outcome, problem.public))
        call = _call(action, values, ActionResult(Outcome.REQUESTED, "It is carried out after the reply."))
        if _is_among(call, self.brief.results):
            return replace(call, state=Outcome.INVALID, outcome="It was asked for already. Don't ask again.")
        if action.needs_approval or not self.brief.new:
            return replace(call, state=Outcome.WAITING, outcome="A person has to approve it first.")
        return call


def _is_among(call: ActionCall, results: Iterable[ActionCall]) -> bool:
    """Whether the same is under way, or nobody knows whether it happened."""
    return any((each.name, each.arguments) == (call.name, call.arguments) and each.state in OPEN for each in results)


def _call(action: ActionBrief, values: Any, result: ActionResult) -> ActionCall:
    return ActionCall(
        name=action.slug,
        arguments=written(values),
        outcome=result.says,
        state=result.outcome,
        outputs=json.dumps(dict(result.outputs), ensure_ascii=False) if result.outputs else "",
        milliseconds=result.milliseconds,
        action_id=action.id,
    )


def written(values: Any) -> str:
    """Arguments as they stand on the record: the same values give the same text."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True).replace("\\u0000", "")


def _parsed(text: str) -> Any:
    """The arguments; None, which no schema takes, for what isn't JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
