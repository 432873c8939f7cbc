"""Once a day: what nothing refers to any more is forgotten, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent, Rephrasing
from agents.rephrase import text_hash
from aissist_site import tidy
from contacts import remember
from contacts.models import Contact, Memory
from gateways.models import Gateway

pytestmark = pytest.mark.django_db


def rephrasing(agent: Agent, original: str, days: int) -> None:
    made = Rephrasing.objects.create(agent=agent, text_hash=text_hash(original), language="de", text="…")
    Rephrasing.objects.filter(pk=made.pk).update(made_at=timezone.now() - timedelta(days=days), original=original)


def test_rephrasings_of_texts_that_are_gone_go_after_a_month(agent: Agent, gateway: Gateway):
    gateway.message_templates.create(kind="thinking", text="Hold on.")
    Agent.objects.update(greeting="Hello there!")
    other = Agent.objects.create(name="Other")
    for original, days in (("Hold on.", 99), ("Hello there!", 99), ("Gone.", 99), ("Just changed.", 5)):
        rephrasing(agent, original, days)
    rephrasing(other, "Hold on.", 99)
    assert tidy.tidy() == 2
    left = Rephrasing.objects.order_by("pk").values_list("original", flat=True)
    assert list(left) == ["Hold on.", "Hello there!", "Just changed."]


def test_memories_that_have_expired_go():
    ada = Contact.objects.create(name="Ada")
    remember.offer(ada, ["Wears size 43.", "Owns a tent."], days=30, language="en", conversation=1, seq=1)
    Memory.objects.filter(text="Owns a tent.").update(expires_at=timezone.now())
    assert tidy.tidy() == 1
    assert [*Memory.objects.values_list("text", flat=True)] == ["Wears size 43."]
