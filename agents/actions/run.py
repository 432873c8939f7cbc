"""Call one action over the guarded way out, and say what came of it. Touches no database. Never raises.

A reading action that timed out is called once more; a writing one never is: it may have happened.
"""

import time
from typing import Any

from agents.actions import arguments, outputs
from agents.actions.action import ActionBrief, ActionResult, CannotRender, Outcome
from agents.actions.template import Rendered, render
from agents.http import Blocked as Refused
from agents.http import Http, HttpError, NotSent, Response

MAX_BYTES = 1_000_000
CONNECT_SECONDS = 5.0
KEY_HEADER = "Idempotency-Key"  # https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/


def run(action: ActionBrief, values: Any, http: Http, seconds: float = 360.0, key: str = "") -> ActionResult:
    """`seconds` are left for it all. `key` is the same for the same act, for servers that know such keys."""
    began = time.monotonic()
    try:
        request = _keyed(render(action, arguments.check(action, values)), key)
    except CannotRender as problem:
        return ActionResult(problem.outcome, problem.public)
    result = _once(action, request, http, min(action.seconds, seconds))
    left = seconds - (time.monotonic() - began)
    if result.outcome is Outcome.TIMEOUT and not action.writes and left > 0:
        result = _once(action, request, http, min(action.seconds, left))
        if result.outcome is Outcome.TIMEOUT:
            result = ActionResult(result.outcome, f"{result.says} It was tried twice.")
    return _timed(result, began)


def _keyed(request: Rendered, key: str) -> Rendered:
    if not key or any(name.lower() == KEY_HEADER.lower() for name in request.headers):
        return request
    return Rendered(request.method, request.url, {**request.headers, KEY_HEADER: key}, request.body)


def _once(action: ActionBrief, request: Rendered, http: Http, seconds: float) -> ActionResult:
    times = {"connect_timeout": min(CONNECT_SECONDS, seconds), "read_timeout": seconds, "total_timeout": seconds}
    try:
        response = http.request(
            request.method, request.url, headers=request.headers, body=request.body, max_bytes=MAX_BYTES, **times
        )
    except HttpError as error:
        return _unanswered(action, error)
    return _answered(action, response)


def _unanswered(action: ActionBrief, error: HttpError) -> ActionResult:
    """No whole answer. Of what may have happened it isn't said that it hasn't."""
    if isinstance(error, Refused):
        return ActionResult(Outcome.REFUSED, error.public)
    if isinstance(error, NotSent):
        return ActionResult(Outcome.TIMEOUT if error.timed_out else Outcome.HTTP_ERROR, error.public)
    if error.status is not None and not _may_have_happened(error.status):
        return ActionResult(Outcome.HTTP_ERROR, error.public, status=error.status)
    if action.writes:
        done = error.status is not None and error.status < 300
        says = f"{error.public} It may have happened: nobody knows." if not done else error.public
        return ActionResult(Outcome.DONE if done else Outcome.UNKNOWN, says, status=error.status)
    if error.timed_out:
        return ActionResult(Outcome.TIMEOUT, error.public, status=error.status)
    return ActionResult(Outcome.UNREADABLE if error.status else Outcome.HTTP_ERROR, error.public, status=error.status)


def _may_have_happened(status: int) -> bool:
    return not 400 <= status < 500


def _answered(action: ActionBrief, response: Response) -> ActionResult:
    status = response.status
    if action.writes and (status >= 500 or 300 <= status < 400):
        says = f"It answered {status}, and may have happened all the same."
        return ActionResult(Outcome.UNKNOWN, says, status=status)
    if 300 <= status < 400:
        says = f"It answered with a redirect ({status}), which isn't followed. Enter the address that it leads to."
        return ActionResult(Outcome.HTTP_ERROR, says, status=status)
    if not 200 <= status < 300:
        return ActionResult(Outcome.HTTP_ERROR, f"It answered {status}.", status=status)
    try:
        found = outputs.shown(outputs.read(response.body), action.outputs, action.secrets.values())
    except ValueError:
        found = {}
        if action.outputs and response.body and not action.writes:
            return ActionResult(Outcome.UNREADABLE, f"It answered {status} with neither JSON nor text.", status=status)
    if action.outputs and not found and not action.writes:
        says = f"It answered {status}, but with none of the outputs that may be shown."
        return ActionResult(Outcome.UNREADABLE, says, status=status)
    return ActionResult(Outcome.DONE, f"It answered {status}.", found, status)


def _timed(result: ActionResult, began: float) -> ActionResult:
    took = round((time.monotonic() - began) * 1000)
    return ActionResult(result.outcome, result.says, result.outputs, result.status, took)
