"""What operators can choose for a sub agent, and for an agent: the values that `agents.models` gives labels to."""

from enum import StrEnum


class Kind(StrEnum):
    """What a sub agent is for."""

    WORKFLOW = "workflow"
    IGNORE = "ignore"  # adverts and the like: recorded, tagged, neither answered nor handed over


class Trigger(StrEnum):
    """In whose words a sub agent looks for its scenario."""

    CUSTOMER = "customer"
    AGENT = "agent"  # in the reply that the engine has decided on
    BOTH = "both"


class After(StrEnum):
    """What happens with a reply, or after it."""

    REPLY = "reply"
    DRAFT = "draft"
    HAND_OVER = "hand_over"
    SUSPEND = "suspend"
    STAY_SILENT = "stay_silent"
    CLOSE = "close"


class Otherwise(StrEnum):
    """What an agent does with what none of its sub agents recognises."""

    ANSWER = "answer"
    HAND_OVER = "hand_over"
    STAY_SILENT = "stay_silent"
