"""Your own engine, over HTTP: the turn goes out as a signed POST, and the decision is the response.

Signed after Standard Webhooks (https://www.standardwebhooks.com), so any of its libraries verifies it. The id in
`webhook-id` is the same for the same turn, so that one asked for twice can be answered from memory.

An engine that needs longer answers 202 and posts its decision, signed with the same secret, to the `callback` that the
turn came with. It has `answer_within` seconds; after that the next engine is asked.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from agents import signatures
from agents.config import option
from agents.engines import answers
from agents.engines.base import AnswersLater, Brief, Decision, Engine, EngineError, Line
from agents.engines.checks import check_above_zero, check_url
from agents.http import HttpError

VERSION = 1  # of the request's form
OF_AGENT = ("id", "name", "instructions", "revision", "character", "language", "otherwise")


def check_secret(value: str) -> str:
    """Why `value` can't be a signing secret, as a sentence; "" when it can."""
    return "" if signatures.key_of(value) else "This must be “whsec_” followed by 24 to 64 bytes in base64."


@dataclass(frozen=True, slots=True)
class Config:
    url: str = option("URL", "Where turns are sent.", check=check_url)
    secret: str = option("Signing secret", "“whsec_” and 24 to 64 bytes in base64.", secret=True, check=check_secret)
    seconds: float = option("Seconds", "For one turn.", default=30.0, check=check_above_zero)
    answer_within: float = option(
        "Answer within", "Seconds, where it answers 202 and later.", default=600.0, check=check_above_zero
    )


class Remote(Engine):
    label = "Your own, over HTTP"
    Config: ClassVar[type[Any]] = Config
    asks_others = True
    follows = True
    answers_later = True

    def decide(self, brief: Brief) -> Decision:
        return decision(_post(brief), brief)


def decision(text: str, brief: Brief, name: str = "") -> Decision:
    """The decision on `brief` that the engine, called `name` in the registry, has sent. Raises EngineError."""
    values = answers.parse(text)
    used = values.get("cost")
    made = replace(answers.decision(values, brief, {article.id for article in brief.agent.articles}), engine=name)
    return replace(made, cost=answers.usage(used)) if isinstance(used, dict) else made


def turn(brief: Brief) -> dict[str, Any]:
    """The turn as JSON. Articles come without their text, which would be most of every request."""
    agent = brief.agent
    return {
        "version": VERSION,
        "agent": {name: getattr(agent, name) for name in OF_AGENT},
        "sub_agents": [asdict(sub_agent) for sub_agent in agent.sub_agents],
        "articles": [{"id": one.id, "title": one.title, "url": one.url} for one in agent.articles],
        "transcript": [_line(line) for line in brief.transcript],
        "new": brief.new,
        "language": brief.language,
        "offer": asdict(brief.offer) if brief.offer else None,
        "facts": list(brief.facts),
        **({"instruction": brief.instruction} if brief.instruction else {}),
        **({"told": [{"text": one.text, "sub_agent": one.sub_agent} for one in brief.told]} if brief.told else {}),
        **({"notes": list(brief.notes)} if brief.notes else {}),
        **({"past": [_line(line) for line in brief.past]} if brief.past else {}),
        **({"customer": dict(brief.customer)} if brief.customer else {}),
    }


def _line(line: Line) -> Mapping[str, str]:
    return {"speaker": line.speaker.value, "text": line.text, "at": line.at.isoformat()}


def _post(brief: Brief) -> str:
    config: Config = brief.means.config
    asked = turn(brief)
    # The callback is another one each time that the turn is asked, so it has no part in the name.
    name = f"turn_{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]}"
    body = json.dumps({**asked, "callback": brief.callback} if brief.callback else asked).encode()
    headers = {"Content-Type": "application/json", **signatures.sign([config.secret], name, body)}
    left = min(config.seconds, brief.means.seconds)
    times = {"connect_timeout": min(5.0, left), "read_timeout": left, "total_timeout": left}
    try:
        response = brief.means.http.request("POST", config.url, headers=headers, body=body, **times)
    except HttpError as error:
        raise EngineError(f"The remote engine gave no answer. {error.public}") from None
    if response.status == 202 and brief.callback:
        raise AnswersLater(config.answer_within)
    if response.status != 200:
        raise EngineError(f"The remote engine answered with status {response.status}.")
    return response.body.decode(errors="replace")
