from tests.agents.api.fixtures import api, no_requests_yet, other_agent, other_api, signed_in, staff

__all__ = ["api", "no_requests_yet", "other_agent", "other_api", "signed_in", "staff"]
