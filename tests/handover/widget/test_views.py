"""The side panel over HTTP: one conversation, no cookie, no inline anything, and nothing done without its token."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.engines.base import ActionCall
from agents.models import Instruction
from contacts.models import Contact
from conversations.models import Conversation, Draft, Turn
from gateways.models import Gateway
from handover.widget.links import make
from tests.admin_pages import NASTY, Elements
from tests.agents.api.fixtures import Api, api, no_requests_yet, other_agent, other_api
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, said

__all__ = ["api", "no_requests_yet", "other_agent", "other_api"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def told(walk: Walk) -> Walk:
    walk.answer("Hello")
    walk.platform.outbox.clear()
    return walk


def path(walk: Walk, *, may_act: bool = True, thread: str = "t1", actor: str = "Grace") -> str:
    url, _ = make(walk.conversation(thread).pk, actor, may_act=may_act)
    return url[url.index("/widget/") :]


def do(browser: Client, link: str, name: str, words: str = "", **headers: str):
    headers.setdefault("X-Widget-Token", link.removeprefix("/widget/"))
    sent = json.dumps({"words": words})
    return browser.post(f"{link}/do/{name}", sent, content_type="application/json", headers=headers)


class TestThePage:
    def test_shows_what_is_to_be_known(self, told: Walk, browser: Client, engine: ScriptedEngine):
        calls = (ActionCall("find order", '{"pin": 1}', "Found.", outputs="Order 7: a tent"),)
        engine.script.append(said("On its way.", facts=("Camps a lot.",), actions=calls))
        told.answer("Where is it?")
        html = browser.get(path(told)).content.decode()
        for shown in ("Visitor", "Agent", "Open", "Camps a lot.", "find order", "Found.", "Order 7: a tent"):
            assert shown in html
        assert "An article answers it." in html and "pin" not in html

    def test_is_nothing_but_text(self, walk: Walk, browser: Client, engine: ScriptedEngine):
        engine.script.append(said(NASTY, why=NASTY, facts=(NASTY,)))
        walk.customer(NASTY, sender={"id": "t1", "name": NASTY})
        walk.run()
        Contact.objects.update(name=NASTY, phone=NASTY[:40])
        Gateway.objects.update(team_language=NASTY[:40])
        link = path(walk, actor=NASTY)
        assert do(browser, link, "draft").status_code == 200
        engine.script.append(said(NASTY))
        walk.run()
        for address in (link, f"{link}/live"):
            page = Elements(browser.get(address).content.decode())
            assert page.refused == [] and "evil" not in page.ids()
        assert "&lt;script&gt;" in browser.get(link).content.decode()

    def test_needs_and_sets_no_cookie_and_isnt_kept(self, told: Walk, browser: Client):
        answer = browser.get(path(told))
        assert (answer.status_code, len(answer.cookies), answer.get("Vary", "")) == (200, 0, "")
        assert "no-store" in answer["Cache-Control"] and answer["Referrer-Policy"] == "no-referrer"

    @pytest.mark.parametrize(
        ("origins", "framers", "frame"),
        [
            ("", "'self'", "SAMEORIGIN"),
            (
                "https://a.zendesk.com\nhttps://*.front.com",
                "'self' https://a.zendesk.com https://*.front.com",
                None,
            ),
        ],
        ids=["this site", "the gateway's own"],
    )
    def test_is_framed_by(self, told: Walk, browser: Client, origins: str, framers: str, frame: str | None):
        Gateway.objects.update(widget_origins=origins)
        answer = browser.get(path(told))
        policy = answer["Content-Security-Policy"]
        assert f"frame-ancestors {framers};" in f"{policy};" and "default-src 'self'" in policy
        assert "unsafe" not in policy and answer.get("X-Frame-Options") == frame

    def test_opens_one_conversation(self, told: Walk, browser: Client):
        told.answer("Secret of another", thread="t2")
        Contact.objects.filter(identities__external_id="t2").update(name="Otto")
        assert "Otto" not in browser.get(path(told)).content.decode()

    def test_of_a_link_for_reading_has_nothing_to_press(self, told: Walk, browser: Client):
        html = browser.get(path(told, may_act=False)).content.decode()
        assert "data-act" not in html and "<textarea" not in html

    @pytest.mark.parametrize("ending", ["", "/live"])
    def test_of_a_bad_link_says_what_to_do(self, told: Walk, browser: Client, ending: str):
        answer = browser.get(f"{path(told)}x{ending}")
        assert answer.status_code == 403 and b"Open the ticket anew." in answer.content

    def test_of_a_conversation_that_is_gone(self, told: Walk, browser: Client):
        link = path(told)
        Turn.objects.all().delete(), Conversation.objects.all().delete()
        assert browser.get(link).status_code == 403
        assert do(browser, link, "draft").status_code == 409

    def test_asks_the_same_however_long_it_is(self, told: Walk, browser: Client, django_assert_max_num_queries):
        for number in range(12):
            told.answer(f"And {number}?")
        with django_assert_max_num_queries(9):
            browser.get(path(told))


class TestStayingFresh:
    def test_says_when_nothing_has_changed(self, told: Walk, browser: Client):
        link = path(told)
        first = browser.get(f"{link}/live")
        again = browser.get(f"{link}/live", headers={"If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304)
        do(browser, link, "draft")
        assert browser.get(f"{link}/live", headers={"If-None-Match": first["ETag"]}).status_code == 200


class TestActing:
    def test_drafts(self, told: Walk, browser: Client, engine: ScriptedEngine):
        answer = do(browser, path(told), "draft", "Be brief.")
        assert (answer.status_code, answer.json()) == (200, {"said": ""})
        assert b"The agent is at what Grace asked for" in browser.get(path(told)).content
        told.run()
        assert (Draft.objects.get().turn.asked_by, engine.briefs[-1].instruction, told.told()) == (
            "Grace",
            "Be brief.",
            [],
        )
        assert b"re: Hello" in browser.get(path(told)).content

    def test_translates_and_summarizes(self, told: Walk, browser: Client, engine: ScriptedEngine):
        engine.help_script.extend(["Hallo", "Sagt hallo."])
        for name, words in (("translate", "de"), ("summarize", "")):
            assert do(browser, path(told), name, words).status_code == 200
            told.run()
        html = browser.get(path(told)).content.decode()
        assert "Hallo" in html and "Sagt hallo." in html and told.told() == []

    def test_instructs(self, told: Walk, browser: Client):
        answer = do(browser, path(told), "instruct", "Tents take two weeks.")
        assert answer.json()["said"].startswith("From now on, on Desk: Tents take two weeks.")
        assert Instruction.objects.get().by == "Grace"
        trail = told.conversation().audit_events.get(kind="command")
        assert (trail.actor, trail.why) == ("Grace", "Grace asked the agent: instruct Tents take two weeks.")

    @pytest.mark.parametrize("proof", ["", "wrong"])
    def test_wants_the_token_in_a_header(self, told: Walk, browser: Client, proof: str):
        assert do(browser, path(told), "draft", **{"X-Widget-Token": proof}).status_code == 403
        assert not Turn.objects.exclude(asked_by="").exists()

    def test_wants_the_token_of_this_very_link(self, told: Walk, browser: Client):
        other = path(told, actor="Eve").removeprefix("/widget/")
        assert do(browser, path(told), "draft", **{"X-Widget-Token": other}).status_code == 403

    @pytest.mark.parametrize(
        ("name", "sent", "status"),
        [
            ("suspend", "{}", 404),
            ("reply", "{}", 404),
            ("draft", "[]", 400),
            ("draft", "no", 400),
            ("draft", '{"words": 7}', 400),
        ],
    )
    def test_does_no_more_than_that(self, told: Walk, browser: Client, name: str, sent: str, status: int):
        link = path(told)
        headers = {"X-Widget-Token": link.removeprefix("/widget/")}
        answer = browser.post(f"{link}/do/{name}", sent, content_type="application/json", headers=headers)
        assert answer.status_code == status and answer.json()["error"]["message"]
        assert not Turn.objects.exclude(asked_by="").exists() and told.conversation().status == "open"

    def test_isnt_for_links_for_reading(self, told: Walk, browser: Client):
        assert do(browser, path(told, may_act=False), "draft").status_code == 403

    def test_that_cant_be_done_now_says_why(self, told: Walk, browser: Client):
        told.customer("And?")
        told.ingest()
        assert "dealing with the customer" in do(browser, path(told), "draft").json()["said"]

    def test_isnt_done_by_looking(self, told: Walk, browser: Client):
        assert browser.get(f"{path(told)}/do/draft").status_code == 405


class TestMakingLinks:
    def test_over_the_api(self, told: Walk, api: Api, browser: Client):
        sent = {"actor": "Grace", "scope": "read", "seconds": 600}
        made = api("POST", f"conversations/{told.conversation().pk}/widget-links", sent)
        assert (made.status, sorted(made.json)) == (201, ["expires_at", "url"])
        link = made.json["url"][made.json["url"].index("/widget/") :]
        assert browser.get(link).status_code == 200 and do(browser, link, "draft").status_code == 403
        trail = told.conversation().audit_events.get(kind="widget_link")
        assert trail.why == "A link to the side panel was made for Grace, to read."
        assert link.removeprefix("/widget/") not in trail.why + str(trail.data)

    @pytest.mark.parametrize("sent", [{"scope": "own"}, {"seconds": 59}, {"seconds": 604801}, {"more": 1}])
    def test_over_the_api_within_limits(self, told: Walk, api: Api, sent: dict[str, object]):
        assert api("POST", f"conversations/{told.conversation().pk}/widget-links", sent).status == 400

    def test_not_of_another_agents_conversation(self, told: Walk, other_api: Api):
        assert other_api("POST", f"conversations/{told.conversation().pk}/widget-links", {}).status == 404

    def test_by_a_button_in_admin(self, told: Walk, client: Client):
        client.force_login(User.objects.create_superuser("ann", first_name="Ann"))
        pk = told.conversation().pk
        button = reverse("admin:conversation_widget_link", args=[pk])
        shown = client.get(reverse("admin:conversations_conversation_change", args=[pk])).content.decode()
        assert button in Elements(shown).forms()
        answer = client.post(button).content.decode()
        assert "/widget/" in answer
        assert told.conversation().audit_events.get(kind="widget_link").actor == "Ann"

    def test_for_reading_by_who_may_only_look(self, told: Walk, client: Client):
        eve = User.objects.create_user("eve", is_staff=True)
        eve.user_permissions.add(Permission.objects.get(codename="view_conversation"))
        client.force_login(eve)
        client.post(reverse("admin:conversation_widget_link", args=[told.conversation().pk]))
        assert told.conversation().audit_events.get(kind="widget_link").why.endswith("to read.")
