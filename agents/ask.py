"""Ask an agent's engines, in their order, over the guarded way out."""

from django.conf import settings

from agents.engines.base import Brief, Decision
from agents.engines.fallback import decide
from agents.http import Http, Policy


def ask(brief: Brief) -> Decision:
    """What the brief's agent decides. Touches no database. Raises EngineError, or whatever a broken engine raises."""
    return decide(brief, way_out())


def way_out() -> Http:
    """Out of this machine, as far as the settings allow."""
    return Http(Policy.of(settings.OUTBOUND_ALLOWED_NETWORKS))
