"""What a visitor reads first, in the language that their browser asks for."""

from typing import Any

import pytest
from django.test import Client

from agents.models import Agent, Rephrasing
from agents.rephrase import text_hash
from conversations import rephrase
from conversations.models import MessageTemplate
from gateways.models import Gateway
from tests.conversations.chat.rows import NINE, chat_gateway, conversation_of, customer_said

pytestmark = pytest.mark.django_db

HELLO = "Hello, how can I help you today?"


@pytest.fixture
def gateway() -> Gateway:
    gateway = chat_gateway()
    Agent.objects.update(greeting=HELLO)
    return gateway


def greeted(gateway: Gateway, wanted: str) -> str:
    page = Client().get(f"/chat/{gateway.public_id}/", headers={"Accept-Language": wanted})
    assert "Accept-Language" in page.headers["Vary"]
    html = page.content.decode()
    return html.partition('dir="auto">')[2].partition("</div>")[0].replace("<p>", "").replace("</p>", "").strip()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "Guten Tag!"),
        ("fr", "Bonjour, je peux vous aider ?"),
        ("es,fr;q=0.5", "Bonjour, je peux vous aider ?"),
        ("es,en;q=0.5,fr;q=0.4", HELLO),
        ("es", HELLO),
        ("", HELLO),
        ("*", HELLO),
        ("de;q=0", HELLO),
        ("-;;q=x,\\x00", HELLO),
    ],
    ids=["own words", "rephrased", "second choice", "as it is", "none", "unsaid", "any", "refused", "nonsense"],
)
def test_the_greeting_is_in_a_language_that_the_browser_asks_for(gateway: Gateway, wanted: str, said: str):
    MessageTemplate.objects.create(gateway=gateway, kind="greeting", language="de", text="Guten Tag!")
    Rephrasing.objects.create(
        agent=gateway.agent, text_hash=text_hash(HELLO), language="fr", text="Bonjour, je peux vous aider ?"
    )
    assert greeted(gateway, wanted) == said


def test_an_agent_without_a_greeting_greets_nobody(gateway: Gateway):
    Agent.objects.update(greeting="")
    assert "greeting" not in Client().get(f"/chat/{gateway.public_id}/").content.decode()


def test_greetings_are_rephrased_ahead_of_need_and_words_for_people_at_risk_never(gateway: Gateway, monkeypatch: Any):
    MessageTemplate.objects.create(gateway=gateway, kind="crisis", text="Please call 0800 111 0 111 at once.")
    conversation = conversation_of(gateway)
    customer_said(conversation, "Bonjour")
    type(conversation).objects.update(language="fr", last_message_at=NINE)
    monkeypatch.setattr(rephrase, "RECENT", rephrase.RECENT * 100)
    wanted = [(text, language) for _, text, language in rephrase._wanted()]
    assert wanted == [(HELLO, "fr")]
