"""What goes to and fro between us and a chat model in one turn, as messages in the form that its server takes."""

from collections.abc import Callable
from typing import Any

from agents.engines import prompt_actions
from agents.engines.base import Brief
from agents.engines.prompt import Message, Prompt, draw, mark_for
from agents.engines.prompt_actions import Exchange


class Talk:
    """Begins with the prompt; grows by what the model asks for and what it is told."""

    def __init__(self, brief: Brief, build: Callable[[bool], Prompt]) -> None:
        self.tools: list[dict[str, Any]] = prompt_actions.tools(brief.agent.actions)
        self._build = build  # told whether the server lacks tool calls
        self._prompts: dict[bool, Prompt] = {}
        self._exchanges = list(prompt_actions.remembered(brief.results))
        self.article_ids: tuple[int, ...] = ()

    def add(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)

    def messages(self, *, in_text: bool) -> list[Message]:
        made = self._prompt(in_text)
        self.article_ids = made.article_ids
        if not self._exchanges:
            return list(made.messages)
        said = (message["content"] for message in made.messages)
        mark = mark_for([*said, *prompt_actions.texts(self._exchanges)], draw)
        show = prompt_actions.in_text if in_text else prompt_actions.with_tools
        return show(made.messages, self._exchanges, mark)

    def _prompt(self, in_text: bool) -> Prompt:
        if in_text not in self._prompts:
            self._prompts[in_text] = self._build(in_text)
        return self._prompts[in_text]
