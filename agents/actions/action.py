"""An action: a public HTTP API as a tool of an agent. What it is, and what came of calling it. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class ActionBrief:
    """One action as it is set up at this moment. Its templates were checked when it was saved."""

    id: int
    slug: str  # what a model calls it
    name: str
    description: str  # for the model: what it does, when to call it
    writes: bool  # it changes something, so calling it twice isn't the same as once
    needs_approval: bool  # of a person, each time
    method: str
    url: str  # with {argument} after the host
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None  # JSON in which "{argument}" stands for a value; None for no body
    headers: Mapping[str, str] = field(default_factory=dict)  # with {{secrets.name}}
    schema: Mapping[str, Any] = field(default_factory=dict)  # JSON Schema of the arguments
    seconds: float = 20.0
    outputs: tuple[str, ...] = ()  # JSON pointers to what may be shown
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # those that were entered for this address


class Outcome(StrEnum):
    """What became of a call."""

    DONE = "done"
    INVALID = "invalid_arguments"
    TIMEOUT = "timeout"
    REFUSED = "refused"  # by our guard, or for want of a secret: nothing was sent
    HTTP_ERROR = "http_error"  # an answer that isn't a success, or no answer at all
    UNREADABLE = "unreadable"  # an answer, but not one that the outputs can be read from
    UNKNOWN = "unknown"  # of an action that writes: it may have happened
    REQUESTED = "requested"  # it is carried out once the turn is settled
    WAITING = "waiting"  # for a person's approval
    DECLINED = "declined"
    EXPIRED = "expired"  # nobody approved it in time


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of one call. It holds nothing of the answer but the outputs that may be shown."""

    outcome: Outcome
    says: str  # one sentence for operators, without secrets
    outputs: Mapping[str, Any] = field(default_factory=dict)  # by pointer
    status: int | None = None  # of the HTTP answer
    milliseconds: int = 0

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.DONE


class CannotRender(ValueError):
    """No request can be made of these arguments, or of this action. `public` says why, without secrets."""

    def __init__(self, public: str, outcome: Outcome = Outcome.INVALID) -> None:
        super().__init__(public)
        self.public = public
        self.outcome = outcome
