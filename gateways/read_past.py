"""Ask a platform what was said in a conversation, and what it knows of its customer. Touches no database."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from agents.http import HttpError, Trace
from gateways.base import Adapter
from gateways.errors import ConfigError, DeliveryError, our_fault
from gateways.messages import Allowance, Background, Past
from gateways.models import Gateway
from gateways.registry import adapter

log = structlog.get_logger(__name__)

WITHIN = 5.0  # seconds for all requests together: a customer waits for the answer meanwhile
MOST = 50  # things said, the latest
LONGEST = 4_000  # characters of one of them
MOST_KNOWN = 30  # things known of a customer
LONGEST_NAME, LONGEST_KNOWN = 100, 1_000  # characters of their names and of what they are


@dataclass(frozen=True, slots=True)
class Found:
    """What came of asking."""

    background: Background | None  # None where the platform couldn't be asked, or didn't tell
    why: str = ""  # then one sentence for operators
    milliseconds: int = 0
    traces: tuple[Trace, ...] = ()
    allowance: Allowance | None = None


def read_past(gateway: Gateway, thread: str) -> Found:
    """Wants the gateway's secrets prefetched. Never raises."""
    began, traces = time.monotonic(), list[Trace]()
    ours: Adapter | None = None
    background, why = None, ""
    try:
        ours = adapter(gateway, traces.append, within=WITHIN)
        background = bounded(ours.read(thread))
    except ConfigError as error:
        why = f"The gateway's configuration isn't complete: {error}"
    except (DeliveryError, HttpError) as error:
        why = error.public
    except Exception as error:
        log.exception("adapter_failed", gateway=gateway.public_id)
        why = our_fault(error)
    milliseconds = round((time.monotonic() - began) * 1000)
    return Found(background, why, milliseconds, tuple(traces), ours.allowance if ours else None)


def bounded(background: Background) -> Background:
    """As much of it as is kept: the latest things said, and nothing that a database can't hold."""
    said = (replace(past, text=_clean(past.text)[:LONGEST]) for past in background.said)
    return Background(tuple(past for past in said if past.text)[-MOST:], _known(background.customer))


def _known(customer: Mapping[str, str]) -> dict[str, str]:
    lines = {" ".join(_clean(name).split())[:LONGEST_NAME]: _clean(value) for name, value in customer.items()}
    return {name: value[:LONGEST_KNOWN] for name, value in list(lines.items())[:MOST_KNOWN] if name and value}


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def is_known(past: Past, ids: frozenset[str], words: frozenset[str]) -> bool:
    """Whether we have this already, by its id or, as platforms give the same thing other ids, by its words."""
    return bool(past.message_id and past.message_id in ids) or alike(past.text) in words


def alike(text: str) -> str:
    """What two forms of the same text have in common, whatever became of its markup."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())
