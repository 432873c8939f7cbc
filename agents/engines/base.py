"""The engine contract: a `Brief` goes in, a `Decision` that explains itself comes out.

An engine is given everything it may know and touches nothing: no database, no gateway, no settings. Everything here is
frozen, so that what was decided on is what is stored.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from agents.http import Http, Policy


class Speaker(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said, as the engine may know it. Thinking and handover messages never appear here."""

    speaker: Speaker
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ArticleBrief:
    id: int
    title: str
    body: str  # markdown
    url: str


@dataclass(frozen=True, slots=True)
class SubAgentBrief:
    id: int
    slug: str
    name: str
    scenario: str
    examples: tuple[str, ...]
    instructions: str
    after: str  # a value of agents.models.SubAgent.After
    priority: int
    article_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EngineBrief:
    """One engine as an agent is set up to use it. Unchecked: `agents.config.load` makes the engine's Config of it."""

    name: str  # in the registry
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AgentBrief:
    """One agent as it is configured at this moment. Equal `revision` means equal content, so indexes can be kept."""

    id: int
    name: str
    revision: str
    instructions: str
    sub_agents: tuple[SubAgentBrief, ...]
    articles: tuple[ArticleBrief, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    engines: tuple[EngineBrief, ...] = ()  # in the order in which they are tried
    # What `Engine.vectors_of` asked for, by its name: vectors by the hash of their text, see `engines.embeddings`.
    vectors: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class NoConfig:
    """The Config of an engine that has no options."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an engine may use to decide: its own options, a way out of this machine, and some time."""

    config: Any = NoConfig()  # of the engine's own Config class
    http: Http = field(default_factory=lambda: Http(Policy()))
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Brief:
    """What the engine decides on: the agent, the conversation so far, and how much of it is new."""

    agent: AgentBrief
    transcript: tuple[Line, ...]  # oldest first; ends with the customer's new lines
    new: int  # how many lines at the end are new since the agent last answered, at least 1
    language: str  # ISO 639-1 code of what the customer writes, "" when unknown
    means: Means = field(default_factory=Means)

    @property
    def question(self) -> str:
        """The customer's new lines as one text."""
        return "\n".join(line.text for line in self.transcript[-self.new :])


class Escalation(StrEnum):
    NONE = "none"
    OFFERED = "offered"
    NOW = "now"


class Reason(StrEnum):
    """Why a decision is what it is, in one word that rules and statistics can use."""

    ANSWERED = "answered"
    UNSURE = "unsure"
    ASKED_FOR_HUMAN = "asked_for_human"
    OUT_OF_SCOPE = "out_of_scope"
    STILL_UNCLEAR = "still_unclear"
    SUB_AGENT = "sub_agent"
    SMALL_TALK = "small_talk"
    ENGINE_FAILED = "engine_failed"
    SELF_HARM = "self_harm"
    THREAT = "threat"
    LEGAL = "legal"
    PROMISED = "promised"  # the reply promised people, or admitted that it takes people


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that spoke for the decision: an article, an example phrase, a phrase of the customer."""

    kind: str  # article | example | phrase | engine
    name: str
    score: float  # 0 to 1
    quote: str = ""


@dataclass(frozen=True, slots=True)
class ActionCall:
    """Something that was done for the customer before the decision was made, as the engine reports it."""

    name: str
    arguments: str  # JSON
    outcome: str  # one sentence for operators


@dataclass(frozen=True, slots=True)
class Usage:
    """What the decision took. `cost` is in whatever currency the prices were given in; None without prices."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to say and what to do, kept apart, so that neither can go missing in the other."""

    reply: str  # markdown for the customer; "" when nothing is to be said
    escalation: Escalation
    reason: Reason
    why: str  # one sentence for operators
    confidence: float  # 0 to 1
    sub_agent: str = ""  # slug of the sub agent that matched
    evidence: tuple[Evidence, ...] = ()
    articles: tuple[int, ...] = ()  # ids of the articles cited
    note: str = ""  # for people, not for the customer
    clarifies: bool = False  # the reply is a question back
    tags: tuple[str, ...] = ()
    language: str = ""  # ISO 639-1 code of the reply, "" when not known
    facts: tuple[str, ...] = ()  # worth remembering about the contact, each a sentence
    actions: tuple[ActionCall, ...] = ()
    cost: Usage = Usage()
    engine: str = ""  # its name in the registry, once it is known which of the agent's engines gave the decision


class EngineError(Exception):
    """The engine gave no decision. `public` may be shown to operators; it holds no secret and no customer text."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class Engine(ABC):
    """One way to decide. Instances are shared between threads and keep nothing about a conversation."""

    label: ClassVar[str]
    Config: ClassVar[type[Any]] = NoConfig  # typed options, made with `agents.config.option`; at most one is a secret
    asks_others: ClassVar[bool] = False  # over the network, so that it takes time and may fail

    @abstractmethod
    def decide(self, brief: Brief) -> Decision:
        """Decide within `brief.means`, whose config is of the engine's own class, or raise EngineError."""

    def vectors_of(self, config: Any) -> str:
        """The name of the vectors that an engine with this Config wants in its `AgentBrief`; "" for none."""
        return ""

    def embed(self, texts: Sequence[str], means: Means) -> list[bytes]:
        """The vectors of these texts, for an engine that wants some. Called ahead of need. Raises EngineError."""
        raise EngineError("This engine makes no vectors.")

    def rephrase(self, text: str, language: str, means: Means) -> str | None:
        """`text` said in `language` (ISO 639-1), with what stands in braces as it was; None when this engine can't.

        Called ahead of need, never while a customer waits. Raises EngineError.
        """
        return None
