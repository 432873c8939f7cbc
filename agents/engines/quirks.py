"""What one server makes of one model's requests: which ways to ask for JSON it has, whether it has tool calls, and how
it calls the token limit.

Nothing says so beforehand; a server refuses with an error that names the parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from agents.engines.answers import SCHEMA, SCHEMA_WITH_ACTIONS
from agents.http import Response

# From the strictest to none. https://platform.openai.com/docs/api-reference/chat/create#chat_create-response_format
FORMATS: tuple[dict[str, Any] | None, ...] = (
    {"type": "json_schema", "json_schema": {"name": "decision", "strict": True, "schema": SCHEMA}},
    {"type": "json_object"},
    None,
)
FORMAT_WORDS = (b"response_format", b"json_schema", b"json_object", b"json schema", b"structured output", b"grammar")
# OpenAI's reasoning models take only the newer name, many other servers only the older one.
# https://platform.openai.com/docs/api-reference/chat/create#chat_create-max_completion_tokens
LIMITS = ("max_tokens", "max_completion_tokens")
TOOL_WORDS = (b"tool", b"function call")
REFUSALS = (400, 404, 415, 422, 501)


@dataclass(frozen=True, slots=True)
class Quirks:
    format: int = 0  # position in FORMATS
    limit: int = 0  # position in LIMITS
    tools: bool = True  # it has tool calls; else actions are asked for in the JSON of the answer

    def body(
        self, model: str, messages: Sequence[dict[str, Any]], tokens: int, tools: Sequence[dict[str, Any]] = ()
    ) -> dict[str, Any]:
        """The request as this server takes it, as far as is known."""
        asked = {"model": model, "messages": list(messages), LIMITS[self.limit]: tokens}
        if tools and self.tools:
            asked["tools"] = list(tools)
        wanted = _with_actions(FORMATS[self.format]) if tools and not self.tools else FORMATS[self.format]
        return asked if wanted is None else {**asked, "response_format": wanted}

    def after(self, response: Response, with_tools: bool = False) -> Self | None:
        """What was learned if the response refuses a parameter that can be done without, else None."""
        if response.status not in REFUSALS:
            return None
        said = response.body.lower()
        if b"max_completion_tokens" in said and self.limit + 1 < len(LIMITS):
            return replace(self, limit=self.limit + 1)
        if any(word in said for word in FORMAT_WORDS) and self.format + 1 < len(FORMATS):
            return replace(self, format=self.format + 1)
        if with_tools and self.tools and any(word in said for word in TOOL_WORDS):
            return replace(self, tools=False)
        return None


def _with_actions(wanted: dict[str, Any] | None) -> dict[str, Any] | None:
    if wanted is None or "json_schema" not in wanted:
        return wanted
    return {**wanted, "json_schema": {**wanted["json_schema"], "schema": SCHEMA_WITH_ACTIONS}}
