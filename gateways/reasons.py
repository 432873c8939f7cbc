"""Why something that arrived was handled or not: one word for counting, one sentence for people."""

from dataclasses import dataclass

from django.db import models


class Reason(models.TextChoices):
    """What an inbound event's verdict rests on."""

    HANDLED = "handled", "Handled"
    PERSON_ACTED = "person_acted", "A person acted"
    NOTED = "noted", "A change on the platform, noted"
    NOT_IN_MANAGING_POINT = "not_in_managing_point", "Not in a managing point"
    EXCLUDED_TAG = "excluded_tag", "Excluded tag"
    FILTERED = "filtered", "Outside of the gateway's filters"
    SUSPENDED = "suspended", "The agent is suspended"
    PERSON_OWNS = "person_owns", "A person owns the conversation"
    OUTSIDE_SCHEDULE = "outside_schedule", "Outside of the schedule"
    MODE = "mode", "The mode leaves it to people"
    SWITCHED_OFF = "switched_off", "The gateway is switched off"
    AGENT_INACTIVE = "agent_inactive", "The agent is inactive"
    AUTOMATED = "automated", "Automated sender"
    RELAYED = "relayed", "It stands for a conversation on another gateway"
    COMPETING_AUTOMATION = "competing_automation", "Other automation answered already"
    OWN_ECHO = "own_echo", "What we sent ourselves"
    UNKNOWN_CONVERSATION = "unknown_conversation", "Unknown conversation"
    UNKNOWN_MESSAGE = "unknown_message", "Unknown message"
    NOTHING_NEW = "nothing_new", "Nothing new"
    NOT_FOR_US = "not_for_us", "Understood, and not for us"


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Why the agent doesn't answer. `why` is a sentence."""

    reason: Reason
    why: str
