"""The engine contract: a `Brief` goes in, a `Decision` that explains itself comes out.

An engine is given everything it may know and touches nothing: no database, no gateway, no settings. Everything here is
frozen, so that what was decided on is what is stored.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from agents.actions.action import ActionBrief, ActionResult, Outcome
from agents.actions.run import run
from agents.engines.choices import After as After
from agents.engines.choices import Kind as Kind
from agents.engines.choices import Otherwise as Otherwise
from agents.engines.choices import Trigger as Trigger
from agents.http import Http, Policy
from agents.languages import canonical


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
class FactBrief:
    """One thing to know before a sub agent acts."""

    name: str
    question: str  # in the operator's words
    pattern: str = ""  # regular expression; what it matches is the answer, wherever the customer says it


@dataclass(frozen=True, slots=True)
class SubAgentBrief:
    id: int
    slug: str
    name: str
    scenario: str
    examples: tuple[str, ...]
    instructions: str
    after: str  # a value of After
    priority: int
    article_ids: tuple[int, ...]
    kind: str = Kind.WORKFLOW  # a value of Kind
    trigger: str = Trigger.CUSTOMER  # a value of Trigger
    facts: tuple[FactBrief, ...] = ()  # in the order in which they are asked for
    acknowledgement: str = ""  # said once in a conversation, before anything else
    tag: str = ""  # put on every conversation in which it matches; "" means the slug
    actions: tuple[str, ...] = ()  # slugs of those that it may call

    @property
    def stays_silent(self) -> bool:
        return self.kind == Kind.IGNORE or self.after == After.STAY_SILENT

    @property
    def hears_customers(self) -> bool:
        return self.trigger != Trigger.AGENT

    @property
    def hears_agent(self) -> bool:
        return self.trigger != Trigger.CUSTOMER


@dataclass(frozen=True, slots=True)
class EngineBrief:
    """One engine as an agent is set up to use it. Unchecked: `agents.config.load` makes the engine's Config of it."""

    name: str  # in the registry
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a colleague has told the agent, which holds from then on."""

    text: str
    sub_agent: str = ""  # slug of the one for which it holds; "" for all
    gateway: int = 0  # id of the one on which it holds; 0 for all


@dataclass(frozen=True, slots=True)
class AgentBrief:
    """One agent as it is configured at this moment. Equal `revision` means equal content, so indexes can be kept."""

    id: int
    name: str
    revision: str
    instructions: str
    sub_agents: tuple[SubAgentBrief, ...]
    articles: tuple[ArticleBrief, ...]
    options: Mapping[str, Any] = field(default_factory=dict)  # delay (s), conversation_tokens (None: no limit)
    engines: tuple[EngineBrief, ...] = ()  # in the order in which they are tried
    told: tuple[Told, ...] = ()  # oldest first
    character: str = ""  # and tone, in plain words
    closing: str = ""  # said when the agent closes a conversation
    language: str = ""  # ISO 639-1 code that every reply is to be in; "" for the customer's own
    otherwise: str = Otherwise.ANSWER  # a value of Otherwise
    said_as: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # text -> language -> rephrased
    actions: tuple[ActionBrief, ...] = ()  # all that any of its sub agents may call
    # What `Engine.vectors_of` asked for, by its name: vectors by the hash of their text, see `engines.embeddings`.
    vectors: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict, repr=False)

    def say(self, text: str, language: str) -> str:
        """An operator's text in `language`, if it has been rephrased in that, else as it was written."""
        return self.said_as.get(text, {}).get(canonical(language), text)

    def sub_agent(self, slug: str) -> SubAgentBrief | None:
        return next((each for each in self.sub_agents if slug and each.slug == slug), None)


@dataclass(frozen=True, slots=True)
class NoConfig:
    """The Config of an engine that has no options."""


class RunAction(Protocol):
    """How an engine calls a reading action. Never raises."""

    def __call__(self, action: ActionBrief, values: Any, http: Http, seconds: float) -> ActionResult: ...


@dataclass(frozen=True, slots=True)
class ActionCall:
    """An action that was called or asked for before the decision was made, and what came of it."""

    name: str  # its slug
    arguments: str  # JSON
    outcome: str  # one sentence for operators
    state: Outcome = Outcome.DONE
    outputs: str = ""  # JSON of what may be shown, "" when there is nothing
    milliseconds: int = 0
    action_id: int = 0  # 0 where the engine has actions of its own


@dataclass(frozen=True, slots=True)
class Means:
    """What an engine may use to decide: its own options, a way out of this machine, its actions, and some time."""

    config: Any = NoConfig()  # of the engine's own Config class
    http: Http = field(default_factory=lambda: Http(Policy()))
    seconds: float = 60.0
    run: RunAction = run


@dataclass(frozen=True, slots=True)
class Offer:
    """A person that the customer was offered with the agent's last words, and hasn't said yes or no to."""

    reason: str  # a value of Reason
    why: str
    sub_agent: str = ""  # slug of the one that applied


@dataclass(frozen=True, slots=True)
class Brief:
    """What the engine decides on: the agent, the conversation so far, and how much of it is new."""

    agent: AgentBrief
    transcript: tuple[Line, ...]  # oldest first; ends with the customer's new lines
    new: int  # how many lines at the end are new since the agent last answered; 0 when only `results` are
    language: str  # ISO 639-1 code of what the customer writes, "" when unknown
    means: Means = field(default_factory=Means)
    acknowledged: tuple[str, ...] = ()  # slugs of the sub agents whose acknowledgement has been said
    offer: Offer | None = None
    facts: tuple[str, ...] = ()  # what earlier conversations told about the contact: data, as customers' words are
    callback: str = ""  # the address at which an engine may answer later; "" where it has to answer now
    passed: int = 0  # so many of the agent's engines, from the first, were asked and didn't answer in time
    results: tuple[ActionCall, ...] = ()  # of actions asked for before: those under way, and what came of others
    spent: int = 0  # tokens that the conversation has taken so far; 0 where there is no budget
    instruction: str = ""  # what a colleague wants of this one reply, in their words
    gateway: int = 0  # id of the one that the conversation came through, 0 for none
    notes: tuple[str, ...] = ()  # what people noted lately for each other, oldest first: data, and not for customers
    past: tuple[Line, ...] = ()  # said before the transcript begins, oldest first: data, and nothing to answer
    customer: Mapping[str, str] = field(default_factory=dict)  # what the platform knows: data, and not for quoting

    @property
    def told(self) -> tuple[Told, ...]:
        """What colleagues have told the agent and what holds in this conversation."""
        return tuple(one for one in self.agent.told if one.gateway in (0, self.gateway))

    @property
    def reply_language(self) -> str:
        """What to answer in: the agent's pinned language, else the customer's."""
        return self.agent.language or self.language

    @property
    def news(self) -> tuple[Line, ...]:
        """The customer's new lines."""
        return self.transcript[len(self.transcript) - self.new :]

    @property
    def question(self) -> str:
        """The customer's new lines as one text."""
        return "\n".join(line.text for line in self.news)


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
    HELPED = "helped"  # a colleague, not a customer
    QUOTED_NOTE = "quoted_note"  # the reply said what people had noted for themselves
    PROMISED = "promised"  # the reply promised people, or admitted that it takes people
    COLLECTING = "collecting"  # asks for a fact that a sub agent needs before it acts
    IGNORED = "ignored"  # an advert or the like
    OFFERED = "offered"  # the reply offers a person, and asks whether that is wanted
    POSSIBLE = "possible"  # a condition for people that may be met, and isn't sure to be
    ACCEPTED = "accepted"  # the customer said yes to a person
    DECLINED = "declined"  # the customer said no to a person, and nothing else
    ACTION_FAILED = "action_failed"  # or called too many: it takes people


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that spoke for the decision: an article, an example phrase, a phrase of the customer."""

    kind: str  # article | example | phrase | engine
    name: str
    score: float  # 0 to 1
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Collected:
    """A fact that a sub agent wants to know, as the customer told it."""

    name: str
    value: str


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
    declined: bool = False  # the customer said no to the person whom the agent had offered
    engine: str = ""  # its name in the registry, once it is known which of the agent's engines gave the decision
    after: After = After.REPLY  # what happens with the reply, or after it
    acknowledgement: str = ""  # said before the reply, "" when there is none or it has been said
    collected: tuple[Collected, ...] = ()  # of the facts that the sub agent wants to know
    tagged: tuple[str, ...] = ()  # the tags of the sub agents that matched: put on the conversation

    @property
    def words(self) -> str:
        """All that the customer is to hear, as one text."""
        return "\n\n".join(filter(None, (self.acknowledgement, self.reply)))


class EngineError(Exception):
    """The engine gave no decision. `public` may be shown to operators; it holds no secret and no customer text."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class Help(StrEnum):
    """What colleagues may want of a text."""

    TRANSLATE = "translate"
    SUMMARIZE = "summarize"
    REPHRASE = "rephrase"


class AnswersLater(Exception):
    """The engine has taken the question and will answer at `Brief.callback`, within `seconds`. No failure."""

    def __init__(self, seconds: float, place: int = 0, why: str = "") -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.place = place  # of the engine in the agent's list, from 1
        self.why = why  # one sentence for operators


class Engine(ABC):
    """One way to decide. Instances are shared between threads and keep nothing about a conversation."""

    label: ClassVar[str]
    Config: ClassVar[type[Any]] = NoConfig  # typed options, made with `agents.config.option`; at most one is a secret
    asks_others: ClassVar[bool] = False  # over the network, so that it takes time and may fail
    follows: ClassVar[bool] = False  # does what colleagues tell it in plain words
    answers_later: ClassVar[bool] = False  # may raise AnswersLater where the brief has a callback
    follows_up: ClassVar[bool] = False  # can tell the customer what came of actions, without a new line of theirs

    @abstractmethod
    def decide(self, brief: Brief) -> Decision:
        """Decide within `brief.means`, whose config is of the engine's own class. Raises EngineError, AnswersLater."""

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

    def help(self, kind: Help, text: str, wish: str, means: Means) -> str | None:
        """`text` as a colleague wants it; None when this engine can't. Raises EngineError.

        `wish` is the language, as its code or name, to translate into or to summarize in; or how to rephrase.
        """
        return None
