"""Which sub agents may answer by themselves where a gateway otherwise only drafts, and what speaks for letting them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count

from agents.models import SubAgent
from conversations.models import Draft
from gateways.models import Gateway
from handover.models import Promotion

State = Draft.State


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people made of a sub agent's drafts on a gateway. Drafts that were outdated say nothing about it."""

    sub_agent: SubAgent | None  # None: drafts for which none matched
    counts: dict[str, int] = field(default_factory=dict)  # by Draft.State
    promotion: Promotion | None = None

    @property
    def judged(self) -> int:
        return sum(self.counts.get(state, 0) for state in (State.SENT, State.EDITED, State.DISCARDED, State.IGNORED))

    @property
    def unchanged(self) -> int | None:
        """Of those that people dealt with, the percentage that they sent as they were; None where there are none."""
        return round(100 * self.counts.get(State.SENT, 0) / self.judged) if self.judged else None


def is_promoted(gateway: Gateway, slug: str) -> bool:
    """Whether the sub agent answers by itself. Asked only where the gateway drafts."""
    if not slug:
        return False
    found = Promotion.objects.filter(gateway=gateway, sub_agent__slug=slug, sub_agent__agent=gateway.agent_id)
    return found.exists()


def evidence(gateway: Gateway) -> list[Evidence]:
    """For each of the agent's sub agents, and for drafts without one."""
    counted = Draft.objects.filter(gateway=gateway).order_by().values_list("sub_agent", "state")
    counts: dict[str, dict[str, int]] = {}
    for slug, state, number in counted.annotate(Count("pk")):
        counts.setdefault(slug, {})[state] = number
    promotions = {row.sub_agent_id: row for row in gateway.promotions.all()}
    known: Iterable[SubAgent] = gateway.agent.sub_agents.all()
    found = [Evidence(each, counts.get(each.slug, {}), promotions.get(each.pk)) for each in known]
    return [*found, Evidence(None, counts[""])] if "" in counts else found


def promote(gateway: Gateway, sub_agent: SubAgent, by: str) -> Promotion:
    """From its next decision on, the sub agent answers by itself. Twice is once."""
    return Promotion.objects.get_or_create(gateway=gateway, sub_agent=sub_agent, defaults={"by": by[:200]})[0]


def demote(gateway: Gateway, sub_agent: SubAgent) -> None:
    """From its next decision on, the sub agent drafts like the others."""
    Promotion.objects.filter(gateway=gateway, sub_agent=sub_agent).delete()
