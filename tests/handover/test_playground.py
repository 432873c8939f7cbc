"""Trying out an agent: what the page shows turn by turn, who may see it, and that nothing is stored or sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.engines.base import Decision, EngineError, Escalation, Evidence, Reason
from agents.models import Agent, SubAgent
from conversations.models import Conversation, Delivery, Message, Turn
from gateways.models import Destination, Gateway
from handover.models import EscalationTarget, Handover, HandoverRule
from handover.playground import LOST, MOST_TURNS, NOWHERE
from tests.admin_pages import NASTY, Elements
from tests.fakes import ScriptedEngine, said

TO_PEOPLE = Decision("", Escalation.NOW, Reason.OUT_OF_SCOPE, "No article answers this.", 0.1, "billing")


def page(agent: Agent) -> str:
    return reverse("admin:agents_agent_try", args=[agent.pk])


def staff(*permissions: str) -> User:
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


class Visit:
    """One browser on the page: every post carries what the last page's form held."""

    def __init__(self, client: Client, agent: Agent) -> None:
        self.client, self.url = client, page(agent)
        self.response = client.get(self.url)

    def say(self, text: str, **fields: Any) -> Any:
        state = self.response.context["state"]
        self.response = self.client.post(self.url, {"text": text, "state": state, **fields})
        return self.response

    @property
    def html(self) -> str:
        return self.response.content.decode()


@pytest.fixture
def visit(client: Client, agent: Agent, db: None) -> Visit:
    client.force_login(staff("change_agent"))
    return Visit(client, agent)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (lambda: None, 302),
        (lambda: User.objects.create_user("kim"), 302),
        (lambda: staff(), 403),
        (lambda: staff("view_agent"), 403),
        (lambda: staff("change_agent"), 200),
        (lambda: User.objects.create_superuser("root"), 200),
    ],
)
def test_only_who_may_change_agents_may_try_them(
    client: Client, agent: Agent, engine: ScriptedEngine, who: Callable[[], User | None], status: int
):
    if user := who():
        client.force_login(user)
    assert client.get(page(agent)).status_code == status
    assert client.post(page(agent), {"text": "Hello"}).status_code == status
    assert len(engine.briefs) == (1 if status == 200 else 0)


def test_the_agents_page_leads_to_it(visit: Visit, agent: Agent):
    form = visit.client.get(reverse("admin:agents_agent_change", args=[agent.pk]))
    assert f'<a href="{page(agent)}">Try it out</a>' in form.content.decode()


def test_an_agent_that_isnt_there_isnt_found(visit: Visit):
    assert visit.client.get(reverse("admin:agents_agent_try", args=[999])).status_code == 404


def test_several_turns_make_one_conversation_and_nothing_is_stored(
    visit: Visit, gateway: Gateway, engine: ScriptedEngine
):
    visit.say("Where is my order?")
    visit.say("and when does it come")
    first, second = engine.briefs
    assert [(line.speaker.value, line.text) for line in second.transcript] == [
        ("customer", "Where is my order?"),
        ("agent", "re: Where is my order?"),
        ("customer", "and when does it come"),
    ]
    assert (first.new, first.language, second.new) == (1, "en", 1)
    assert "re: and when does it come" in visit.html
    rows = [model.objects.count() for model in (Conversation, Message, Turn, Delivery, Handover)]
    assert rows == [0, 0, 0, 0, 0]


def test_starting_again_forgets_what_was_said(visit: Visit, engine: ScriptedEngine):
    visit.say("Where is my order?")
    visit.say("unsaid", again="yes")
    assert len(engine.briefs) == 1
    assert "re: Where is my order?" not in visit.html
    visit.say("Hello")
    assert len(engine.briefs[-1].transcript) == 1


def test_a_handover_names_who_would_get_it_on_the_chosen_gateway(
    visit: Visit, make_gateway: Callable[..., Gateway], agent: Agent, engine: ScriptedEngine
):
    plain, ruled = make_gateway(name="A plain one"), make_gateway(name="B ruled one")
    sub_agent = SubAgent.objects.create(agent=agent, name="Billing", slug="billing", scenario="s")
    front = Destination.objects.create(gateway=plain, external_id="f", name="Front desk")
    desk = Destination.objects.create(gateway=ruled, external_id="b", name="Billing desk")
    EscalationTarget.objects.create(gateway=plain, destination=front)
    HandoverRule.objects.create(gateway=ruled, sub_agent=sub_agent, destination=desk, position=1)
    engine.script.extend([TO_PEOPLE, TO_PEOPLE])
    visit.say("Why?")
    assert "No rule fits; Front desk is the escalation target." in visit.html
    visit.say("Why?", gateway=ruled.pk)
    assert visit.response.context["tried"][-1].people == "Rule: “billing” goes to Billing desk."


def test_a_gateway_of_another_agent_is_never_used(visit: Visit, make_gateway: Callable[..., Gateway], engine: Any):
    other = make_gateway(agent=Agent.objects.create(name="Other"), name="Theirs")
    engine.script.append(TO_PEOPLE)
    visit.say("Why?", gateway=other.pk)
    assert visit.response.context["tried"][-1].people == NOWHERE


def test_the_decision_explains_itself(visit: Visit, engine: ScriptedEngine):
    evidence = (Evidence("article", "Refunds", 0.91, "Within 5 days."),)
    engine.script.append(
        Decision("**Soon**", Escalation.NONE, Reason.ANSWERED, "Refunds covers it.", 0.9, "returns", evidence)
    )
    visit.say("When?")
    for words in ("<strong>Soon</strong>", "Refunds covers it.", "90% sure", "sub agent returns", "Within 5 days."):
        assert words in visit.html


def test_what_no_engine_may_get_wrong_holds_here_too(visit: Visit, engine: ScriptedEngine):
    visit.say("I want to kill myself")
    assert engine.briefs == []
    assert visit.response.context["tried"][-1].reason == "self_harm"


@pytest.mark.parametrize(
    ("error", "said"),
    [(EngineError("The model took too long."), "The model took too long."), (ValueError("secret"), "ValueError")],
)
def test_an_engine_that_fails_says_its_public_sentence(visit: Visit, engine: ScriptedEngine, error, said):
    engine.script.append(error)
    assert visit.say("Hello").status_code == 200
    assert f"The engine gave no decision: {said}" in visit.html
    assert "secret" not in visit.html


def test_other_instructions_hold_for_this_page_only(visit: Visit, agent: Agent, engine: ScriptedEngine):
    Agent.objects.update(instructions="Be brief.\nBe kind.")
    visit.say("one", instructions="Be brief.\r\nBe kind.")
    visit.say("two", instructions="Sing.")
    as_saved, edited = (brief.agent for brief in engine.briefs)
    assert (as_saved.instructions, edited.instructions) == ("Be brief.\nBe kind.", "Sing.")
    assert as_saved.revision != edited.revision
    agent.refresh_from_db()
    assert agent.instructions == "Be brief.\nBe kind."


@pytest.mark.parametrize("state", ["x", "eyJhIjoxfQ:1abc:def"])
def test_a_conversation_that_was_tampered_with_begins_anew(visit: Visit, engine: ScriptedEngine, state):
    visit.say("Where is my order?")
    visit.say("Hello", state=state)
    assert len(engine.briefs[-1].transcript) == 1
    assert LOST.replace("'", "&#x27;") in visit.html


def test_a_very_long_conversation_keeps_its_latest_turns(visit: Visit):
    for number in range(MOST_TURNS + 2):
        visit.say(f"Question {number}")
    tried = visit.response.context["tried"]
    assert [tried[0].said, tried[-1].said, len(tried)] == ["Question 2", f"Question {MOST_TURNS + 1}", MOST_TURNS]


def test_nothing_that_anybody_wrote_becomes_part_of_the_page(
    visit: Visit, make_gateway: Callable[..., Gateway], engine: ScriptedEngine
):
    make_gateway(name=NASTY)
    Agent.objects.update(display_name=NASTY[:60], instructions=NASTY, greeting=NASTY)
    evidence = (Evidence(NASTY, NASTY, 1.0, NASTY),)
    engine.script.append(Decision(NASTY, Escalation.NOW, Reason.ANSWERED, NASTY, 1.0, NASTY, evidence, note=NASTY))
    visit.say(NASTY, instructions=NASTY)
    found = Elements(visit.html)
    assert found.refused == []
    assert "evil" not in found.ids()
    assert "14" not in visit.response.context["tried"][-1].html
    assert "default-src 'self'" in visit.response["Content-Security-Policy"]


def test_what_a_sub_agent_would_do_is_shown(visit: Visit, agent: Agent, engine: ScriptedEngine):
    SubAgent.objects.create(
        agent=agent, name="Bills", slug="bills", scenario="s", after="close", acknowledgement="I'm sorry.", tag="money",
        facts=[{"name": "order number", "question": "Which?", "pattern": "BT-[0-9]{5}"}],
    )  # fmt: skip
    engine.script.extend([said("Paid.", sub_agent="bills"), said("Sent.", sub_agent="bills")])
    visit.say("Is BT-20416 paid?")
    (tried,) = visit.response.context["tried"]
    assert (tried.acknowledgement, tried.after, list(tried.tags)) == ("I'm sorry.", "close", ["money"])
    for text in ("I&#x27;m sorry.", "Then it would close the conversation", "Tags the conversation: money", "BT-20416"):
        assert text in visit.html or text.replace("&#x27;", "'") in visit.html
    visit.say("And where is it?")
    assert visit.response.context["tried"][-1].acknowledgement == ""
    assert [line.text for line in engine.briefs[-1].transcript] == [
        "Is BT-20416 paid?", "I'm sorry.", "Paid.", "And where is it?",
    ]  # fmt: skip
