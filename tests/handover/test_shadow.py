"""What the agent decided in the shadow, side by side with what people did."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Article
from gateways.models import Destination, Gateway
from handover import shadow
from handover.models import EscalationTarget
from handover.shadow import Ours, Theirs, Verdict, judge
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, escalate, said

URL = "https://shop.example/returns"


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (Ours("In 30 days.", False), Theirs(), Verdict.OPEN),
        (Ours("In 30 days.", False), Theirs("In 30 days!"), Verdict.SAME_WORDS),
        (Ours("In 30 days.", False), Theirs("No idea, sorry."), Verdict.OTHER_WORDS),
        (Ours("See here.", False, links=frozenset({URL})), Theirs(f"You find it at {URL}."), Verdict.SAME_LINK),
        (Ours("In 30 days.", False), Theirs(moved_to=3), Verdict.ONLY_WE_ANSWERED),
        (Ours("", False), Theirs("Hello!"), Verdict.ONLY_THEY_ANSWERED),
        (Ours("", False), Theirs(moved_to=3), Verdict.BOTH_PASSED),
        (Ours("", True, 3), Theirs(moved_to=3), Verdict.SAME_PLACE),
        (Ours("", True, 3), Theirs("Bo here", moved_to=4), Verdict.OTHER_PLACE),
        (Ours("", True), Theirs("Bo here"), Verdict.BOTH_PASSED),
    ],
    ids=lambda value: value.value if isinstance(value, Verdict) else "",
)
def test_side_by_side(ours: Ours, theirs: Theirs, verdict: Verdict) -> None:
    assert judge(ours, theirs) == verdict


@pytest.fixture
def day(walk: Walk, engine: ScriptedEngine) -> Walk:
    """Four customers, of whom people have answered three, one of them by moving the conversation."""
    Gateway.objects.update(mode="shadow")
    billing = Destination.objects.create(gateway=walk.gateway, kind="inbox", external_id="billing", name="Billing")
    EscalationTarget.objects.create(gateway=walk.gateway, destination=billing)
    article = Article.objects.create(agent=walk.gateway.agent, title="Returns", body="b", url=URL)
    engine.script.extend(
        [said("Within 30 days."), said("See there.", articles=(article.pk,)), escalate(), said("Yes.")]
    )
    for thread in "abcd":
        walk.customer("A question", thread=thread)
        walk.run()
    walk.staff("Within 30 days!", thread="a")
    walk.staff(f"Look at {URL}, please", thread="b")
    walk.receive({"event": "Assigned", "thread": "c", "destination": "billing", "by": "Bo"})
    walk.run()
    return walk


def test_the_report_counts_and_lists(day: Walk) -> None:
    report = shadow.report(day.gateway, timezone.now() - timedelta(days=1))
    verdicts = {each.turn.conversation.external_id: each.verdict for each in report.comparisons}
    assert verdicts == {"a": Verdict.SAME_WORDS, "b": Verdict.SAME_LINK, "c": Verdict.SAME_PLACE, "d": Verdict.OPEN}
    assert (report.judged, report.agreement, [count for _, count in report.counts]) == (3, 100, [1, 1, 1, 1])


def test_what_people_did_about_the_next_message_counts_for_that(day: Walk, engine: ScriptedEngine) -> None:
    engine.script.append(said("On Monday."))
    day.customer("And when?", thread="a")
    day.run()
    day.staff("Tuesday, perhaps", thread="a")
    day.run()
    report = shadow.report(day.gateway, timezone.now() - timedelta(days=1))
    mine = [each.verdict for each in report.comparisons if each.turn.conversation.external_id == "a"]
    assert mine == [Verdict.OTHER_WORDS, Verdict.SAME_WORDS]


def test_the_report_costs_the_same_however_long_it_is(day: Walk, django_assert_num_queries) -> None:
    with django_assert_num_queries(5):
        shadow.report(day.gateway, timezone.now() - timedelta(days=1))


def test_the_command_prints_it(day: Walk) -> None:
    out = StringIO()
    call_command("shadow", gateway="Desk", list=True, stdout=out)
    printed = out.getvalue()
    assert "     1  Would have given the same link or article as people did\n" in printed
    assert "100 % of 3 decisions agree with what people did." in printed
    assert "    people  → Billing" in printed


def test_the_command_knows_its_gateways(walk: Walk) -> None:
    with pytest.raises(CommandError, match="There is no gateway “Dsk”. Gateways: “Desk”."):
        call_command("shadow", gateway="Dsk")


def test_the_page_leads_to_the_conversations(day: Walk, admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:gateways_gateway_shadow", args=[day.gateway.pk])).content.decode()
    assert "<strong>100 %</strong> of 3 decisions" in page
    conversation = reverse("admin:conversations_conversation_change", args=[day.conversation("a").pk])
    assert f'href="{conversation}"' in page


def test_a_page_without_anything_says_so(walk: Walk, admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:gateways_gateway_shadow", args=[walk.gateway.pk])).content.decode()
    assert "Nothing to compare yet." in page
