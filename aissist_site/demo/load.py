"""Load the demo: Brackentarn Outdoor, an invented shop whose support team uses the product.

What it says lies beside this file, to be edited: `articles/*.md` (a title, a paragraph that answers it, sections),
`sub_agents.toml`, and `conversations.toml`, which `aissist_site.demo.enact` turns into history.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from agents.models import Agent, Article, SubAgent
from aissist_site.demo.enact import enact
from gateways import config
from gateways.models import Destination, Gateway, Secret
from gateways.registry import ADAPTERS, adapter
from handover.models import EscalationTarget, HandoverRule

FOLDER = Path(__file__).parent
AGENT = "Brackentarn support"
HELP_URL = "https://shop.example.com/help/"
INSTRUCTIONS = """\
You answer for Brackentarn Outdoor, a shop for tents, clothes and equipment, online and in Ballylarn.
Be brief, friendly and exact. Say only what the articles say; prices are in euro.
Never promise a refund, a delivery date or an exception: people decide on these.
"""
GREETING = "Hello, this is the assistant of Brackentarn Outdoor. Ask about orders, returns or your equipment."
CHARACTER = "Warm and down to earth, like somebody who is outdoors a lot. Short sentences, no exclamation marks."
CLOSING = "Thank you for writing to Brackentarn. If anything else comes up, just write here again."

DESKS = {"front-desk": "Front desk", "returns-desk": "Returns desk", "billing-desk": "Billing desk"}
RULES = {  # sub agent -> desk, in the order in which they count
    "billing": "billing-desk",
    "promised-money": "billing-desk",
    "returns": "returns-desk",
}
OPTIONAL = ("kind", "trigger", "facts", "acknowledgement", "summary_template", "tag")


@dataclass(frozen=True, slots=True)
class Channel:
    """One gateway of the demo. `target` is the desk that gets what no rule sends elsewhere; "" leaves it waiting."""

    public_id: str
    name: str
    platform: str
    config: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""
    secret_variable: str = ""  # environment variable with a value for all secrets that would be generated


CHANNELS = (
    Channel("demo-chat", "Shop chat", "webchat", target="front-desk"),
    Channel(
        "demo-webhook",
        "Shop webhook",
        "webhook",
        config={"url": "http://127.0.0.1:8099/"},
        secret_variable="AISSIST_DEMO_WEBHOOK_SECRET",  # noqa: S106 - a variable's name
    ),
)


def load(secrets: Mapping[str, Mapping[str, str]] | None = None) -> bool:
    """Load the demo unless it is there. Returns whether it did. Raises ConfigError for a secret that won't do.

    `secrets` gives known values, by the gateway's public id and the secret's name, in place of generated ones.
    """
    with transaction.atomic():
        if Agent.objects.filter(name=AGENT).exists():
            return False
        agent = _agent()
        articles = _articles(agent)
        sub_agents = _sub_agents(agent, articles)
        gateways = {
            channel.public_id: _gateway(agent, channel, sub_agents, (secrets or {}).get(channel.public_id, {}))
            for channel in CHANNELS
        }
        enact(read("conversations.toml")["conversation"], gateways, articles)
    return True


def read(name: str) -> dict[str, Any]:
    """One of the demo's TOML files."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _agent() -> Agent:
    return Agent.objects.create(
        name=AGENT,
        display_name="Brackentarn assistant",
        instructions=INSTRUCTIONS,
        character=CHARACTER,
        greeting=GREETING,
        closing=CLOSING,
        engine="offline",
    )


def _articles(agent: Agent) -> dict[str, Article]:
    """The articles by the stem of their file, which is also the last part of their address."""
    return {path.stem: _article(agent, path) for path in sorted(FOLDER.glob("articles/*.md"))}


def _article(agent: Agent, path: Path) -> Article:
    title, _, body = path.read_text(encoding="utf-8").partition("\n")
    return Article.objects.create(
        agent=agent, title=title.removeprefix("# ").strip(), body=body.strip(), url=HELP_URL + path.stem
    )


def _sub_agents(agent: Agent, articles: Mapping[str, Article]) -> dict[str, SubAgent]:
    return {told["slug"]: _sub_agent(agent, told, articles) for told in read("sub_agents.toml")["sub_agent"]}


def _sub_agent(agent: Agent, told: Mapping[str, Any], articles: Mapping[str, Article]) -> SubAgent:
    sub_agent = SubAgent.objects.create(
        agent=agent,
        name=told["name"],
        slug=told["slug"],
        scenario=told["scenario"].strip(),
        examples=told["examples"],
        instructions=told["instructions"].strip(),
        after=SubAgent.After(told["after"]),
        priority=told["priority"],
        **{name: told[name] for name in OPTIONAL if name in told},
    )
    sub_agent.full_clean()
    sub_agent.articles.set([articles[stem] for stem in told["articles"]])
    return sub_agent


def _gateway(agent: Agent, channel: Channel, sub_agents: Mapping[str, SubAgent], given: Mapping[str, str]) -> Gateway:
    gateway = Gateway.objects.create(
        agent=agent,
        name=channel.name,
        platform=channel.platform,
        public_id=channel.public_id,
        config=dict(channel.config),
        thinking_after=4,
    )
    _secrets(gateway, given, usual=os.environ.get(channel.secret_variable, ""))
    adapter(gateway)  # raises ConfigError for a secret from outside that won't do
    desks = {
        short: Destination.objects.create(gateway=gateway, external_id=short, name=name)
        for short, name in DESKS.items()
    }
    for position, (slug, desk) in enumerate(RULES.items(), start=1):
        HandoverRule.objects.create(
            gateway=gateway, sub_agent=sub_agents[slug], destination=desks[desk], position=position
        )
    if channel.target:
        EscalationTarget.objects.create(gateway=gateway, destination=desks[channel.target])
    return gateway


def _secrets(gateway: Gateway, given: Mapping[str, str], usual: str) -> None:
    """Every secret that is given, and every other that can be generated: with the value `usual`, if there is one."""
    makers = config.makers(ADAPTERS[gateway.platform].Config)
    made = {name: usual or make() for name, make in makers.items() if name not in given}
    for name, value in {**made, **given}.items():
        Secret.objects.create(gateway=gateway, name=name, value=value)
