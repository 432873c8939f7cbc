"""What an operator should know about a gateway before it is let loose."""

from django.utils import timezone

from gateways.models import Gateway
from handover.models import EscalationTarget, HandoverRule


def warnings(gateway: Gateway) -> tuple[str, ...]:
    """One sentence each."""
    found = {
        "No escalation target: what no rule sends elsewhere waits in admin's list.": not (
            EscalationTarget.objects.filter(gateway=gateway).exists()
        ),
        "The mode is “off”: everything is recorded, people answer.": gateway.mode == gateway.Mode.OFF,
        f"The agent “{gateway.agent}” is inactive: it answers nobody.": not gateway.agent.is_active,
        f"The gateway has an error: {gateway.status_detail}": gateway.status == gateway.Status.ERROR,
        **dict.fromkeys(_idle_rules(gateway), True),
    }
    return tuple(sentence for sentence, holds in found.items() if holds)


def _idle_rules(gateway: Gateway) -> list[str]:
    rules = HandoverRule.objects.filter(gateway=gateway, is_active=True, sub_agent__isnull=False).select_related(
        "sub_agent"
    )
    now = timezone.now()
    return [
        f"A handover rule is for the sub agent “{rule.sub_agent.slug}”, which no longer applies."
        for rule in rules
        if rule.sub_agent
        and (not rule.sub_agent.is_active or (rule.sub_agent.expires_at and rule.sub_agent.expires_at <= now))
    ]
