"""The engines by name. A new engine is one file beside this one and one line here."""

from functools import cache

from agents.engines.base import Engine
from agents.engines.offline import Offline
from agents.engines.openai import OpenAI
from agents.engines.remote import Remote

ENGINES: dict[str, type[Engine]] = {"offline": Offline, "openai": OpenAI, "remote": Remote}


@cache
def engine(name: str) -> Engine:
    """The shared instance of the engine called `name`. Raises KeyError for a name that isn't registered."""
    return ENGINES[name]()
