"""The demo: loaded once, consistent row by row, and its articles agree with each other."""

import itertools
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents.engines.base import Decision
from agents.models import Agent, Article, SubAgent
from aissist_site.demo.load import AGENT, CHANNELS, FOLDER, load, read
from contacts.models import Contact
from conversations.limbo import in_limbo
from conversations.models import Attempt, AuditEvent, Conversation, Delivery, Message, Timer, Turn
from gateways import config, signatures
from gateways.messages import Reply, pack, unpack
from gateways.models import Destination, Gateway, Secret
from gateways.registry import ADAPTERS, adapter
from handover.models import EscalationTarget, Handover, HandoverRule

ARTICLES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("articles/*.md"))}
EVERYTHING = "\n".join([*ARTICLES.values(), (FOLDER / "conversations.toml").read_text(encoding="utf-8")])

KNOWN, OTHER = signatures.new_secret(), signatures.new_secret()


@pytest.fixture(autouse=True, scope="module")
def _no_secret_from_outside():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AISSIST_DEMO_WEBHOOK_SECRET", raising=False)
        yield


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """Loaded once for all tests that only look at it, and taken away again."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert load() is True
        yield
        transaction.set_rollback(True)


# --- Loading ----------------------------------------------------------------------------------------------------------


def test_the_demo_has_its_parts(demo):
    counts = {
        model.__name__: model._default_manager.count()
        for model in (Agent, Article, SubAgent, Gateway, Conversation, Contact, HandoverRule, EscalationTarget)
    }
    assert counts == {
        "Agent": 1,
        "Article": 25,
        "SubAgent": 7,
        "Gateway": 2,
        "Conversation": 20,
        "Contact": 20,
        "HandoverRule": 6,
        "EscalationTarget": 1,
    }


def test_loading_twice_does_it_once(demo):
    before = _counts()
    assert load() is False
    assert _counts() == before


@pytest.mark.django_db
def test_the_command_says_what_it_did(capsys):
    call_command("demo")
    call_command("demo")
    assert capsys.readouterr().out.splitlines() == [
        "The demo is loaded.",
        "The demo is there already; nothing was changed.",
    ]


@pytest.mark.django_db
def test_a_script_that_can_not_be_played_leaves_nothing_behind(monkeypatch):
    broken = {"conversation": [{**read("conversations.toml")["conversation"][0], "gateway": "no-such-gateway"}]}
    monkeypatch.setattr("aissist_site.demo.load.read", lambda name: broken if "conv" in name else read(name))
    with pytest.raises(KeyError, match="no-such-gateway"):
        load()
    assert not Agent.objects.filter(name=AGENT).exists()


# --- Gateways ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.public_id)
def test_a_gateway_is_complete_and_valid(demo, channel):
    gateway = Gateway.objects.get(public_id=channel.public_id)
    gateway.full_clean(exclude=["public_id"])
    adapter(gateway)  # raises ConfigError for a configuration that won't do
    assert (gateway.name, gateway.platform, gateway.thinking_after) == (channel.name, channel.platform, 4)
    assert sorted(gateway.destinations.values_list("kind", "name")) == [
        (Destination.PEOPLE, "Billing desk"),
        (Destination.PEOPLE, "Front desk"),
        (Destination.PEOPLE, "Returns desk"),
    ]
    rules = gateway.handover_rules.values_list("sub_agent__slug", "destination__name", "destination__gateway")
    assert list(rules) == [
        ("billing", "Billing desk", gateway.pk),
        ("promised-money", "Billing desk", gateway.pk),
        ("returns", "Returns desk", gateway.pk),
    ]


def test_only_the_chat_has_an_escalation_target(demo):
    targets = EscalationTarget.objects.values_list("gateway__public_id", "destination__name")
    assert list(targets) == [("demo-chat", "Front desk")]


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.public_id)
def test_every_secret_that_can_be_generated_is(demo, channel):
    options = config.options(ADAPTERS[channel.platform].Config)
    wanted = {option.name for option in options if option.metadata["generate"]}
    kept = _kept(channel.public_id)
    assert set(kept) == wanted
    assert len(set(kept.values())) == len(wanted)


@pytest.mark.django_db
def test_a_value_in_the_environment_takes_the_place_of_generated_secrets(monkeypatch):
    monkeypatch.setenv("AISSIST_DEMO_WEBHOOK_SECRET", KNOWN)
    load()
    assert _kept("demo-webhook") == {"signing_secret": KNOWN, "outbound_secret": KNOWN}


@pytest.mark.django_db
def test_what_the_caller_gives_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("AISSIST_DEMO_WEBHOOK_SECRET", KNOWN)
    load({"demo-webhook": {"signing_secret": OTHER, "token": "of a header"}})
    kept = {"signing_secret": OTHER, "outbound_secret": KNOWN, "token": "of a header"}
    assert _kept("demo-webhook") == kept


@pytest.mark.django_db
def test_an_unusable_secret_is_refused_and_nothing_is_loaded(monkeypatch):
    monkeypatch.setenv("AISSIST_DEMO_WEBHOOK_SECRET", "short")
    with pytest.raises(CommandError, match="Check AISSIST_DEMO_WEBHOOK_SECRET: signing_secret: "):
        call_command("demo")
    assert not Agent.objects.exists()


# --- History ----------------------------------------------------------------------------------------------------------


def test_nothing_is_due(demo):
    assert not Turn.objects.exclude(state=Turn.State.DONE).exists()
    assert not Delivery.objects.exclude(status=Delivery.Status.SENT).exists()
    assert not Timer.objects.exists()
    assert not in_limbo().exists()


def test_messages_are_numbered_without_gaps_and_in_the_order_of_their_times(demo):
    for conversation in Conversation.objects.all():
        told = list(conversation.messages.values_list("seq", "created_at"))
        assert [seq for seq, _ in told] == list(range(1, conversation.last_seq + 1)), conversation.external_id
        assert [at for _, at in told] == sorted(at for _, at in told), conversation.external_id
        assert told[-1][1] == conversation.last_message_at
        assert told[0][1] == conversation.created_at


def test_a_conversation_knows_its_customers_last_message(demo):
    for conversation in Conversation.objects.all():
        said = conversation.messages.filter(author=Message.Author.CUSTOMER).values_list("seq", flat=True)
        assert conversation.customer_seq == max(said), conversation.external_id


def test_conversations_that_wait_for_their_customer_have_nothing_unanswered(demo):
    waiting = Conversation.objects.filter(status="open", owner="agent")
    assert waiting.count() == 9
    assert not waiting.filter(answered_seq__lt=F("customer_seq")).exists()


def test_two_conversations_wait_for_people_one_of_them_in_nobodys_list(demo):
    waiting = Handover.objects.filter(state=Handover.State.WAITING).order_by("id")
    assert [
        (
            handover.conversation.gateway.public_id,
            str(handover.destination),
            handover.conversation.owner,
            handover.conversation.status,
        )
        for handover in waiting
    ] == [("demo-chat", "Billing desk", "human", "open"), ("demo-webhook", "None", "human", "open")]


def test_a_handover_stands_for_an_epoch_and_ends_with_it(demo):
    for handover in Handover.objects.select_related("conversation", "rule__sub_agent", "turn"):
        conversation = handover.conversation
        still_theirs = conversation.owner == Conversation.Owner.HUMAN
        assert (handover.epoch == conversation.epoch) == still_theirs, conversation.external_id
        assert (handover.state in ("waiting", "accepted")) == still_theirs, conversation.external_id
        turn = handover.turn
        assert turn is not None
        assert turn.outcome == Turn.Outcome.HANDED_OVER
        assert handover.rule is None or handover.rule.sub_agent.slug == turn.decision["sub_agent"]
        assert "**The agent's note:**" in handover.summary


def test_every_handover_tells_the_customer_in_their_language(demo):
    told = {
        message.conversation.language: message.text
        for message in Message.objects.filter(kind=Message.Kind.HANDOVER).select_related("conversation")
    }
    assert set(told) == {"en", "de", "fr", "es"}
    assert len(set(told.values())) == 4
    assert Handover.objects.count() == Message.objects.filter(kind=Message.Kind.HANDOVER).count()


def test_a_decision_has_the_keys_of_a_decision(demo):
    keys = {*Decision.__dataclass_fields__, "milliseconds"}
    for turn in Turn.objects.all():
        assert set(turn.decision) == keys
        assert turn.decision["milliseconds"] > 0
        assert turn.done_at is not None
        assert turn.created_at < turn.due_at < turn.done_at
        assert turn.outcome != Turn.Outcome.NONE


def test_every_outcome_that_the_agent_has_of_itself_but_silence_is_shown(demo):
    assert set(Turn.objects.values_list("outcome", flat=True)) == {"replied", "asked", "handed_over"}


def test_every_outgoing_message_was_delivered_once_as_it_reads(demo):
    outgoing = Message.objects.exclude(author=Message.Author.CUSTOMER).exclude(kind=Message.Kind.NOTE)
    for message in outgoing:
        delivery = message.deliveries.get()
        effect = unpack(delivery.kind, delivery.payload)
        assert isinstance(effect, Reply)
        assert (effect.text, effect.author) == (message.text, message.author_name)
        assert pack(effect) == delivery.payload
        assert (delivery.epoch is None) == (message.author == Message.Author.HUMAN)
        assert delivery.done_at is not None
        assert delivery.created_at == message.created_at < delivery.done_at
        assert list(delivery.attempts.values_list("outcome", flat=True)) == ["sent"]


def test_epochs_never_fall_and_end_with_the_conversations(demo):
    for conversation in Conversation.objects.all():
        epochs = list(conversation.turns.values_list("epoch", flat=True))
        assert epochs == sorted(epochs)
        assert epochs[-1] <= conversation.epoch


def test_every_turn_and_every_change_of_owner_explains_itself(demo):
    for turn in Turn.objects.all():
        assert turn.audit_events.filter(kind=turn.outcome, why__startswith=turn.decision["why"]).count() == 1
    kinds = ("handed_over", "taken_over", "given_back", "closed", "reopened")
    for conversation in Conversation.objects.all():
        changes = conversation.audit_events.filter(kind__in=kinds).values_list("kind", "why").distinct()
        assert changes.count() == conversation.epoch - 1, conversation.external_id


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Conversation, "created_at"),
        (Conversation, "updated_at"),
        (Message, "created_at"),
        (Turn, "created_at"),
        (Delivery, "created_at"),
        (Delivery, "done_at"),
        (Attempt, "at"),
        (AuditEvent, "at"),
        (Handover, "created_at"),
        (Contact, "created_at"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_everything_happened_in_the_last_ten_days_and_over_an_hour_ago(demo, model, field):
    hours = [
        (timezone.now() - at).total_seconds() / 3600 for at in model._default_manager.values_list(field, flat=True)
    ]
    assert min(hours) > 1
    assert max(hours) < 240


# --- What it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", ARTICLES)
def test_an_article_is_a_title_an_answer_and_sections(stem):
    title, blank, answer, after, *rest = ARTICLES[stem].splitlines()
    assert title.startswith("# ")
    assert (blank, after) == ("", "")
    assert answer and not answer.startswith("#")
    assert any(line.startswith("## ") for line in rest)
    assert 80 <= len(ARTICLES[stem].split()) <= 250


@pytest.mark.parametrize(
    ("about", "right"),
    [
        (r"within (\d+ days) of delivery", {"30 days"}),
        (r"cancel \w* ?\w* ?\w*.{0,40}within (\d+ minutes)", {"60 minutes"}),
        (r"[Ww]ithin (\d+) working days after your return", {"5"}),
        (r"(€[\d.]+) for the return label|return label .{0,40}costs (€[\d.]+)", {"€5.90"}),
        (r"Switzerland and Norway:? (?:cost )?(€[\d.]+)", {"€14.90"}),
        (r"[Oo]ther EU countries cost (€[\d.]+)|EU countries outside Ireland: (€[\d.]+)", {"€9.90"}),
        (r"free for orders of (€\d+) or more", {"€60", "€120"}),
        (r"warranty of (\d+ years)|(\d+) year warranty|case within (\d+ years)", {"2 years", "2"}),
        (r"Saturday from (\d+:\d+ to \d+:\d+)", {"10:00 to 18:00"}),
        (r"(?:in|takes) (2 to \d weeks)", {"2 to 3 weeks"}),
        (r"reserve the new size for you for (\d+ days)", {"7 days"}),
        (r"up to (\d) (?:more )?working days to show", {"3"}),
    ],
    ids=[
        "return period",
        "cancelling",
        "refund",
        "return label",
        "shipping beyond the EU",
        "shipping in the EU",
        "free shipping",
        "warranty",
        "opening hours",
        "repairs",
        "exchange",
        "bank",
    ],
)
def test_a_number_is_the_same_wherever_it_is_told(about, right):
    text = EVERYTHING.replace("\n", " ")
    found = [group for match in re.finditer(about, text) for group in match.groups() if group]
    assert len(found) > 1 or len(right) == 1
    assert set(found) == right


def test_returns_and_exchanges_have_no_other_period_than_30_days():
    about_returns = [
        sentence
        for text in ARTICLES.values()
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", text)
        if re.search(r"\breturn(ed|s)?\b|\bexchang", sentence) and re.search(r"\d+ days", sentence)
    ]
    assert len(about_returns) >= 5
    assert {days for sentence in about_returns for days in re.findall(r"\d+ days", sentence)} == {"30 days"}


def test_addresses_are_examples_only():
    texts = [path.read_text(encoding="utf-8") for path in _files()]
    hosts = {host for text in texts for host in re.findall(r"https?://([\w.-]+)|@([\w-]+\.[\w.-]*\w)", text)}
    assert set(itertools.chain(*hosts)) - {""} == {"shop.example.com", "example.com"}


def test_what_the_agent_says_stands_in_the_articles_that_it_cites():
    for script in read("conversations.toml")["conversation"]:
        for step in script["steps"]:
            if step.get("articles") and not step.get("asks"):
                source = " ".join(ARTICLES[stem] for stem in step["articles"])
                sentences = re.split(r"(?<=[.!?]) ", step["agent"])
                assert [sentence for sentence in sentences if sentence not in source] == []


def test_sub_agents_have_ten_examples_each_and_share_none():
    told = read("sub_agents.toml")["sub_agent"]
    examples = [example for sub_agent in told for example in sub_agent["examples"]]
    assert len(told) == 7 and all(len(sub_agent["examples"]) in (10, 11) for sub_agent in told)
    assert len(set(examples)) == len(examples)
    assert {sub_agent["slug"] for sub_agent in told if sub_agent["after"] == "hand_over"} == {
        "billing",
        "promised-money",
    }


# ----------------------------------------------------------------------------------------------------------------------


def _counts() -> dict[str, int]:
    models = (Agent, Article, SubAgent, Gateway, Secret, Conversation, Message, Turn, Delivery, Handover, AuditEvent)
    return {model.__name__: model._default_manager.count() for model in models}


def _kept(public_id: str) -> dict[str, str]:
    return dict(Secret.objects.filter(gateway__public_id=public_id).values_list("name", "value"))


def _files() -> list[Path]:
    return [*FOLDER.glob("articles/*.md"), *FOLDER.glob("*.toml")]
