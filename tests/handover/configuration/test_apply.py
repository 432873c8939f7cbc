"""Documents and the database: round trips, moves to another one, all or nothing, nothing twice."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.knowledge_models import ImportedArticle, Source, SourcePage
from agents.models import Agent, Article, SubAgent
from aissist_site.demo import load as demo
from conversations.models import MessageTemplate
from gateways.models import Destination, Gateway, Hours, ManagingPoint, Secret
from handover.configuration import resolve, show, text
from handover.configuration.apply import apply
from handover.configuration.describe import describe, shown
from handover.configuration.read import read
from handover.configuration.values import ConfigurationError, Outcome, SecretChange, Verb
from handover.models import EscalationTarget, Handover, HandoverRule, Promotion
from tests.admin_pages import conversation_of

HEAD = "kind: gateway\nname: Desk\n"
NEW = "kind: gateway\nname: New\nagent: Shop\nplatform: fake\n"


@pytest.fixture
def desk(gateway: Gateway) -> Gateway:
    """A gateway with something of everything."""
    billing = SubAgent.objects.create(agent=gateway.agent, name="Billing", slug="billing", scenario="Money")
    front = Destination.objects.create(gateway=gateway, external_id="front", name="Front desk")
    inbox = Destination.objects.create(gateway=gateway, kind="inbox", external_id="7", name="Sales")
    Destination.objects.create(gateway=gateway, kind="inbox", external_id="8", name="Unused")
    ManagingPoint.objects.create(gateway=gateway, destination=inbox)
    EscalationTarget.objects.create(gateway=gateway, destination=front)
    HandoverRule.objects.create(gateway=gateway, sub_agent=billing, destination=front)
    MessageTemplate.objects.create(gateway=gateway, kind="handover", language="de", text="Moment,\nbitte.")
    Secret.objects.create(gateway=gateway, name="token", value="hunter2")
    weekdays = {"days": ["mon", "tue"], "starts": time(9), "ends": time(17, 30)}
    Hours.objects.create(gateway=gateway, what="draft", **weekdays)
    Hours.objects.create(gateway=gateway, what="off", first_date=date(2027, 1, 1), starts=time(0), ends=time(0))
    Promotion.objects.create(gateway=gateway, sub_agent=billing, by="Kim")
    Gateway.objects.update(scheduled=True, time_zone="Europe/Dublin", first_delay=3)
    return Gateway.objects.get()


def do(source: str, **options: Any) -> tuple[Outcome, ...]:
    return apply(read(source, "f"), resolve.here, **options)


def problems(source: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        do(source)
    return str(refused.value)


def exported(*names: str) -> str:
    agents = Agent.objects.filter(name__in=names)
    gateways = Gateway.objects.filter(name__in=names)
    return text.dump(shown(describe(each)) for each in (*agents, *gateways))


def empty() -> None:
    Gateway.objects.all().delete()
    Agent.objects.all().delete()


def test_a_set_up_is_the_same_after_it_was_emptied_and_applied(desk: Gateway, monkeypatch: Any) -> None:
    before = exported("Shop", "Desk")
    ids = (desk.pk, desk.agent_id)
    empty()
    Agent.objects.create(name="Another one")  # so that the ids differ, as elsewhere
    monkeypatch.setenv("AISSIST_SECRET_DESK_TOKEN", "swordfish")
    outcomes = do(before)
    assert [each.is_change for each in outcomes] == [True, True]
    assert exported("Shop", "Desk") == before
    again = Gateway.objects.get(name="Desk")
    assert (again.pk, again.agent_id) != ids
    assert again.secrets.get().value == "swordfish"


def test_the_demo_moves_to_another_database(db: None, monkeypatch: Any) -> None:
    demo.load()
    names = (demo.AGENT, "Shop chat", "Shop webhook")
    before = exported(*names)
    secrets = {f"{each.gateway.name} {each.name}": each.value for each in Secret.objects.select_related("gateway")}
    from conversations.models import Conversation

    Conversation.objects.all().delete()
    empty()
    for name, value in secrets.items():
        monkeypatch.setenv("AISSIST_SECRET_" + name.upper().replace(" ", "_"), value)
    do(before)
    assert exported(*names) == before
    assert not any(value in before for value in secrets.values())
    assert not any(each.is_change for each in do(before))


def test_applied_again_it_writes_nothing(desk: Gateway, monkeypatch: Any) -> None:
    source = exported("Shop", "Desk")
    monkeypatch.setenv("AISSIST_SECRET_DESK_TOKEN", "hunter2")
    stamps = [desk.updated_at, desk.secrets.get().updated_at, desk.agent.updated_at]
    with CaptureQueriesContext(connection) as queries:
        outcomes = do(source)
    written = [each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert (written, [each.is_change for each in outcomes]) == ([], [False, False])
    desk.refresh_from_db()
    assert [desk.updated_at, desk.secrets.get().updated_at, desk.agent.updated_at] == stamps
    assert str(show.lines(outcomes[1])[0]) == "gateway “Desk”: nothing to do"


def test_a_dry_run_tells_the_same_and_writes_nothing(desk: Gateway) -> None:
    source = HEAD + "mode: off\nhandover_rules: []\nsecrets: {token: null}"
    before = exported("Desk")
    dry = do(source, dry_run=True)
    assert exported("Desk") == before
    assert HandoverRule.objects.count() == 1
    assert do(source)[0].changes == dry[0].changes
    desk.refresh_from_db()
    assert (desk.mode, HandoverRule.objects.count(), Secret.objects.count()) == ("off", 0, 0)


def test_one_that_will_not_do_leaves_all_others_undone(desk: Gateway) -> None:
    wrong = "\n---\n" + NEW + "agent_: 1"
    assert "agent_" in problems(HEAD + "mode: off" + wrong)
    assert "nowhere" in problems(HEAD + "mode: off\n---\n" + NEW.replace("Shop", "nowhere"))
    desk.refresh_from_db()
    assert (desk.mode, Gateway.objects.count()) == ("auto", 1)


def test_a_destination_that_is_not_there_yet_is_made(desk: Gateway) -> None:
    do(HEAD + "escalation_target: {destination: {kind: team, external_id: '42'}}")
    target = EscalationTarget.objects.get().destination
    assert (target.gateway, target.kind, target.external_id, target.name) == (desk, "team", "42", "42")
    assert Destination.objects.count() == 4


def test_destinations_are_renamed_and_never_deleted(desk: Gateway) -> None:
    conversation_of(desk, destination=Destination.objects.get(external_id="7"))
    do(HEAD + "destinations: [{kind: inbox, external_id: '7', name: Inside sales}]")
    assert sorted(Destination.objects.values_list("name", flat=True)) == ["Front desk", "Inside sales", "Unused"]


def test_places_that_nothing_uses_are_not_exported(desk: Gateway) -> None:
    assert "Sales" in exported("Desk")
    assert "Unused" not in exported("Desk")


def test_a_rule_that_is_changed_stays_the_rule_of_its_handovers(desk: Gateway) -> None:
    rule = HandoverRule.objects.get()
    Handover.objects.create(conversation=conversation_of(desk), epoch=1, reason="r", why="w", rule=rule)
    place = "{kind: people, external_id: front}"
    do(HEAD + f"handover_rules: [{{sub_agent: billing, destination: {place}, position: 3}}]")
    assert (Handover.objects.get().rule_id, HandoverRule.objects.get().position) == (rule.pk, 3)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (NEW.replace("agent: Shop\n", ""), "f: gateway “New”: agent: This field cannot be null."),
        (NEW.replace("Shop", "Nobody"), "f: gateway “New”: agent: There is no agent “Nobody”. Make it first."),
        (NEW.replace("fake", "pigeon"), "f: gateway “New”: platform: Give one of: "),
        (HEAD + "platform: webchat", "f: gateway “Desk”: platform: This gateway is one of fake, and that can't be"),
        (NEW + "config: {region: mars}", "f: gateway “New”: config.region: Choose one of: eu, us."),
        (NEW + "config: {regoin: eu}", "f: gateway “New”: config.regoin: There is no such option."),
        (NEW.replace("fake", "webchat"), "f: gateway “New”: secrets.visitor_key: This is needed."),
        (
            HEAD + "handover_rules: [{sub_agent: x, destination: {kind: people, external_id: front}}]",
            "f: gateway “Desk”: handover_rules (x, people/front, 1): sub_agent: There is no sub agent “x”. Make",
        ),
        (
            HEAD + "agent: Other",
            "f: gateway “Desk”: handover_rules (Billing → Front desk): sub_agent: This sub agent belongs to another",
        ),
        (
            NEW + "managing_points: [{destination: {kind: inbox, external_id: '7'}}]",
            "f: gateway “New”: managing_points (inbox/7): destination: Gateway “Desk” handles “Sales” already.",
        ),
    ],
)
def test_what_the_models_refuse_is_refused_with_its_place(desk: Gateway, source: str, problem: str) -> None:
    Agent.objects.create(name="Other")
    before = exported("Desk")
    assert problems(source).startswith(problem)
    assert exported("Desk", "New") == before


# --- Secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "changes"),
    [("hunter2", []), ("swordfish", [SecretChange(Verb.CHANGE, "token")])],
    ids=["the same", "another"],
)
def test_a_secret_is_compared_and_not_shown(desk: Gateway, monkeypatch: Any, value: str, changes: list[Any]) -> None:
    monkeypatch.setenv("TOKEN", value)
    (outcome,) = do(HEAD + "secrets: {token: {env: TOKEN}}")
    assert list(outcome.secrets) == changes
    assert desk.secrets.get().value == value
    assert value not in "\n".join(map(str, show.lines(outcome))) + repr(outcome)


def test_a_secret_from_a_file(desk: Gateway, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("swordfish\n")
    (outcome,) = do(HEAD + f"secrets: {{token: {{file: {tmp_path / 'token'}}}}}")
    assert (desk.secrets.get().value, [str(line) for line in show.lines(outcome)[1:2]]) == (
        "swordfish",
        ["~ secrets.token: changed"],
    )


def test_a_secret_that_is_not_named_is_kept_and_null_removes_it(desk: Gateway) -> None:
    do(HEAD + "secrets: {}")
    assert desk.secrets.get().value == "hunter2"
    (outcome,) = do(HEAD + "secrets: {token: null}")
    assert (outcome.secrets, desk.secrets.count()) == ((SecretChange(Verb.DELETE, "token"),), 0)


def test_a_reference_to_nothing_keeps_what_is_stored_and_says_so(desk: Gateway) -> None:
    (outcome,) = do(HEAD + "secrets: {token: {env: NO_SUCH_THING}}")
    assert not outcome.is_change
    assert outcome.warnings[0] == "secrets.token: The variable NO_SUCH_THING isn't set. The stored secret is kept."


def test_a_reference_to_nothing_is_refused_where_nothing_is_stored(desk: Gateway, tmp_path: Path) -> None:
    chat = NEW.replace("fake", "webchat")
    assert problems(chat + "secrets: {visitor_key: {env: NO_SUCH_THING}}") == (
        "f: gateway “New”: secrets.visitor_key: The variable NO_SUCH_THING isn't set. Set it: nothing is stored yet. "
        "Or write {generate: true}."
    )
    assert "can't be read (No such file or directory)" in problems(NEW + f"secrets: {{x: {{file: {tmp_path}/x}}}}")


def test_a_secret_can_be_generated_once(desk: Gateway) -> None:
    chat = NEW.replace("fake", "webchat") + "secrets: {visitor_key: {generate: true}}"
    do(chat)
    made = Gateway.objects.get(name="New").secrets.get().value
    assert len(made) >= 32
    assert not do(chat)[0].is_change
    assert Gateway.objects.get(name="New").secrets.get().value == made


def test_from_afar_neither_files_nor_our_own_variables_are_read(desk: Gateway, monkeypatch: Any) -> None:
    monkeypatch.setenv("OUR_DATABASE_PASSWORD", "hunter3")
    for source in ("{env: OUR_DATABASE_PASSWORD}", "{file: /etc/hostname}"):
        with pytest.raises(ConfigurationError) as refused:
            apply(read(HEAD + f"secrets: {{token: {source}}}", "f"), resolve.from_afar)
        assert "AISSIST_SECRET_" in str(refused.value)
    assert desk.secrets.get().value == "hunter2"


# --- Agents -----------------------------------------------------------------------------------------------------------


def test_an_agent_comes_before_the_gateway_that_it_runs(platform: Any, db: None) -> None:
    agent = "kind: agent\nname: Fresh\narticles: [{title: A, body: B}]\n"
    sub = "sub_agents: [{name: Billing, slug: billing, scenario: Money, articles: [A]}]\n"
    place = "{kind: people, external_id: desk}"
    gateway = NEW.replace("Shop", "Fresh") + f"handover_rules: [{{sub_agent: billing, destination: {place}}}]\n"
    do(gateway + "---\n" + agent + sub)
    rule = HandoverRule.objects.get()
    assert (rule.gateway.agent.name, rule.sub_agent.slug, rule.destination.name) == ("Fresh", "billing", "desk")
    assert [each.title for each in rule.sub_agent.articles.all()] == ["A"]
    assert not any(each.is_change for each in do(gateway + "---\n" + agent + sub))


def test_an_article_that_is_not_in_the_file_is_deleted_and_one_that_is_keeps_its_id(agent: Agent) -> None:
    kept = Article.objects.create(agent=agent, title="A", body="old")
    Article.objects.create(agent=agent, title="B", body="b")
    do("kind: agent\nname: Shop\narticles: [{title: A, body: new}]")
    assert list(Article.objects.values_list("pk", "title", "body")) == [(kept.pk, "A", "new")]


def test_articles_of_a_source_are_the_sources(agent: Agent) -> None:
    read_in = Article.objects.create(agent=agent, title="Read in", body="b")
    source = Source.objects.create(
        agent=agent, name="Help", kind=Source.Kind.choices[0][0], address="https://x.example/"
    )
    page = SourcePage.objects.create(source=source, address="https://x.example/")
    ImportedArticle.objects.create(source=source, page=page, article=read_in)
    assert "Read in" not in exported("Shop")
    do("kind: agent\nname: Shop\narticles: []")
    assert Article.objects.get() == read_in


# --- Warnings ---------------------------------------------------------------------------------------------------------


def test_what_to_know_before_a_gateway_is_let_loose(desk: Gateway) -> None:
    SubAgent.objects.update(is_active=False)
    Agent.objects.update(is_active=False)
    (outcome,) = do(HEAD + "mode: off\nescalation_target: null")
    assert outcome.warnings == (
        "No escalation target: what no rule sends elsewhere waits in admin's list.",
        "The mode is “off”: everything is recorded, people answer.",
        "The agent “Shop” is inactive: it answers nobody.",
        "A handover rule is for the sub agent “billing”, which no longer applies.",
    )
