"""The adapter contract: what the code for one platform owes to the rest, and what it is given.

An adapter is built for one gateway and one moment, from frozen values; it reads no database, no settings and no other
adapter. `gateways/adapters/README.md` is the guide to writing one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from agents.http import Http
from gateways.messages import Allowance, Attachment, Background, Event, Outgoing, Person, Place, Sent, Teammate, Tokens


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """One HTTP request as it arrived. Header names are lower case."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handshake wants us to answer, in place of the usual 202."""

    status: int
    body: str
    content_type: str = "text/plain"


class Files(StrEnum):
    """How a platform takes files that are sent to a customer."""

    NONE = "none"
    ALONG = "along"  # any number with the text of a message, or without one
    APART = "apart"  # each as a message of its own, without text


class Unit(StrEnum):
    """What a platform counts when it limits the length of a message."""

    CODE_POINTS = "code_points"
    UTF16 = "utf16"
    BYTES = "bytes"


def length(text: str, unit: Unit) -> int:
    """How long a platform that counts in this unit says the text is."""
    match unit:
        case Unit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case Unit.BYTES:
            return len(text.encode("utf-8", "surrogatepass"))
        case Unit.CODE_POINTS:
            return len(text)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the platform can do. The core asks this, never which platform it is."""

    notes: bool = False  # internal notes on a conversation
    assign: bool = False  # pass a conversation to a destination
    hosted: bool = False  # we are the platform: a message is delivered once its row says so
    idempotent: bool = False  # sending twice with one client_ref arrives once, so an unknown outcome is just resent
    api_messages: bool = False  # API clients may speak as customers, in the platform's own format
    rate: float | None = None  # things that may be sent per second, where the platform publishes a limit
    history: bool = False  # can be read back, so an unknown outcome can be settled
    opens: bool = False  # a conversation can be begun there for people; `Sent.external_id` is the platform's id of it
    tags: bool = False  # conversations have tags that we can change
    drafts: bool = False  # replies can be left for people to send, and taken back
    edits: bool = False  # a message that was sent can be changed
    typing: bool = False  # customers can be shown that an answer is being written
    quotes: bool = False  # an answer names the message that it answers
    polls: bool = False  # can be asked what is new, instead of or besides telling us
    connects: bool = False  # our webhook can be set up through the platform's API
    lists: bool = False  # tells what destinations there are, and where it has them, what people
    reclaims: bool = False  # the platform says whose move it is, and has to be told when the agent has it again
    statuses: bool = False  # conversations have a status that we can set
    reads: bool = False  # tells what was said in a conversation, and what is known of its customer
    authorizes: bool = False  # operators let us in with a button there (OAuth), and it is renewed before it expires
    choices: bool = False  # answers can be offered as buttons; what is pressed comes back as words of the customer's
    files: Files = Files.NONE
    max_file: int = 20_000_000  # bytes
    avatars: bool = False  # shows a name and a picture of our choosing beside a reply
    machines: bool = False  # machines write here too: two that answer each other are stopped
    managing_points: tuple[str, ...] = ()  # kinds of destination that a gateway can be limited to
    max_length: int = 100_000
    unit: Unit = Unit.CODE_POINTS


@dataclass(frozen=True, slots=True)
class Account:
    """The gateway that an adapter works for."""

    id: int
    public_id: str
    name: str
    teammate: Teammate | None = None  # who our agent is on the platform, where an operator has chosen somebody


@dataclass(frozen=True, slots=True)
class Health:
    """What "test connection" found."""

    ok: bool
    message: str  # one sentence for operators


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll found: each item as a request that `parse` can read, and where to go on after they are kept."""

    requests: tuple[InboundRequest, ...]
    cursor: Mapping[str, Any]  # JSON; kept in the same transaction as the requests
    pause: float | None = None  # seconds until the platform wants to be asked again; None for as soon as is usual


@dataclass(frozen=True, slots=True)
class Connection:
    """What `connect` has set up on the platform, and what an operator still has to do by hand."""

    state: Mapping[str, Any]  # JSON: the platform's ids of what was made, given back to `disconnect`
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # by name, to be kept with the gateway's
    steps: tuple[str, ...] = ()  # sentences with exact values


class Adapter(ABC):
    """The code for one platform. Subclasses state what they owe; everything not abstract has an honest default."""

    label: ClassVar[str]  # the vendor's own capitals
    docs: ClassVar[str]  # where a doubt is settled
    capabilities: ClassVar[Capabilities]
    Config: ClassVar[type[Any]]  # a frozen dataclass made of gateways.config.option
    kept_headers: ClassVar[tuple[str, ...]] = ("content-type",)  # what `parse` needs; none that is a secret or a proof

    def __init__(self, account: Account, config: Any, secrets: Mapping[str, str], http: Http) -> None:
        self.account = account
        self.config = config
        self.secrets = secrets  # by name; those that Config marks secret, and any that an operator added
        self.http = http
        self.allowance: Allowance | None = None  # set with each answer that tells it; the limiter heeds it

    @abstractmethod
    def verify(self, request: InboundRequest) -> None:
        """Return if the request surely comes from the platform, on its raw body; else raise SignatureError."""

    def handshake(self, request: InboundRequest) -> Answer | None:
        """What the platform wants answered when it tests the address, or None for an ordinary request."""
        return None

    @abstractmethod
    def parse(self, request: InboundRequest) -> Iterable[Event]:
        """The events in the request. Pure. Raises Unparsable for what can't be read."""

    def admit(self, request: InboundRequest) -> None:
        """Raise Malformed for a request that its sender should be told about at once. By default nothing is."""
        return

    def acknowledge(self, request: InboundRequest) -> Answer | None:
        """What the platform wants answered to a request that is kept, in place of the usual 202. Pure, and quick."""
        return None

    @classmethod
    def length(cls, text: str) -> int:
        """How long the platform says a message is, given as markdown. It is cut into parts by that."""
        return length(text, cls.capabilities.unit)

    @classmethod
    def pace(cls, thread: str) -> float:
        """Seconds that the platform wants between two messages in this conversation."""
        return 0.0

    @abstractmethod
    def send(self, outgoing: Outgoing) -> Sent:
        """Carry out one effect. Raises DeliveryError."""

    @abstractmethod
    def check(self) -> Health:
        """Whether the account works as configured. Harmless; may use the network."""

    def can_settle(self) -> bool:
        """Whether `settle` finds out what became of an effect. Its configuration may say."""
        return self.capabilities.history

    def can_repeat(self) -> bool:
        """Whether sending twice with one client_ref arrives once. Its configuration may say."""
        return self.capabilities.idempotent

    def settle(self, outgoing: Outgoing) -> Sent | None:
        """Whether an effect of unknown outcome arrived: Sent if it did, None if not. Only where `can_settle`."""
        raise NotImplementedError

    @classmethod
    def takes_statuses(cls, config: Mapping[str, Any]) -> bool:
        """Whether statuses are set on this gateway's platform. Its configuration, as kept, may say."""
        return cls.capabilities.statuses

    @classmethod
    def tells_past(cls, config: Mapping[str, Any]) -> bool:
        """Whether this gateway's platform is asked for the past. Its configuration, as kept, may say."""
        return cls.capabilities.reads

    def read(self, thread: str) -> Background:
        """What was said in the conversation so far, notes too. Only where `reads`. Raises DeliveryError.

        What we know already is left out by whoever asks, by its `message_id` and else by its words. All requests
        together get a few seconds; the latest things said are the ones that matter.
        """
        raise NotImplementedError

    def authorize(self, redirect: str, state: str) -> str:
        """The address to send an operator to. They come back to `redirect` with `state` and a code. Pure.

        Only where `authorizes`. Raises ConfigError for options that have to be set first.
        """
        raise NotImplementedError

    def exchange(self, redirect: str, code: str) -> Tokens:
        """The tokens for a code. Only where `authorizes`. Raises DeliveryError."""
        raise NotImplementedError

    def refresh(self) -> Tokens | None:
        """New tokens for the ones in `secrets`; None where there are none to renew. Called by one process at a time.

        Only where `authorizes`. Raises DeliveryError, with CREDENTIALS where an operator has to authorise again.
        """
        raise NotImplementedError

    @classmethod
    def addressee(cls, at: str) -> Person | None:
        """With whom a conversation is opened at this place; None where it is opened for whoever is there. Pure.

        Only where `opens`. Raises ConfigError for a place at which none can be opened.
        """
        return None

    def wants_polling(self) -> bool:
        """Whether this gateway is to be asked what is new. Its configuration may say."""
        return self.capabilities.polls

    def poll(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        """What is new since `cursor` ({} the first time), waiting at most `wait` seconds for it. Only where `polls`.

        Called by one process at a time. What it returns may come a second time if that process dies: keys see to that.
        """
        raise NotImplementedError

    def connect(self, address: str, state: Mapping[str, Any]) -> Connection:
        """Have the platform call `address`, our webhook. Twice is once: `state` is what an earlier call returned.

        Only where `connects`. Raises DeliveryError.
        """
        raise NotImplementedError

    def disconnect(self, state: Mapping[str, Any]) -> None:
        """Undo `connect`. What is gone already is fine. Raises DeliveryError."""
        raise NotImplementedError

    def places(self) -> Iterable[Place]:
        """What destinations there are, for operators to pick from. Only where `lists`. Raises DeliveryError."""
        raise NotImplementedError

    def people(self) -> Iterable[Teammate]:
        """The platform's users, for operators to pick the one that the agent is. Only where `lists`.

        Raises DeliveryError. By default there are none.
        """
        return ()

    @classmethod
    def account_of(cls, config: Mapping[str, Any]) -> Any:
        """What of the options, without secrets, says which account it is: equal for two gateways on the same one.

        By default all of them do. Where only a subdomain counts, return just that.
        """
        return config

    def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of an attachment that came without them. Raises DeliveryError."""
        raise NotImplementedError
