"""One conversation's page: what it shows, who may do what on it, and that a form that comes twice acts once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from agents.models import Action, Article, SubAgent
from conversations.models import ActionRequest, Attempt, AuditEvent, Conversation, Delivery, Message, Turn
from gateways.base import Files
from gateways.models import Destination, Gateway
from handover import desk, pages, transcript
from handover.models import EscalationTarget, Handover, HandoverRule
from handover.transcript import Buttons, buttons
from tests.admin_pages import Elements, conversation_of, get, say
from tests.conftest import Walk

PEOPLE: dict[str, Callable[[], User | None]] = {
    "a stranger": lambda: None,
    "somebody without a desk": lambda: User.objects.create_user("kim"),
    "staff without permission": lambda: _staff(),
    "who may look": lambda: _staff("view_conversation"),
    "who may act": lambda: _staff("change_conversation"),
    "an administrator": lambda: User.objects.create_superuser("root"),
}
ACTS = ("reply", "note", "hand_over", "take_over", "give_back", "suspend", "close", "retry", "approve", "decline")


def _staff(*permissions: str) -> User:
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def conversation(gateway: Gateway) -> Conversation:
    conversation = conversation_of(gateway)
    say(conversation, "Where is my order?")
    return conversation


@pytest.fixture
def kim(client: Client, db: None) -> User:
    """Somebody who may act, signed in."""
    user = _staff("change_conversation")
    User.objects.update(first_name="Kim", last_name="Aro")
    user.refresh_from_db()
    client.force_login(user)
    return user


def page(conversation: Conversation) -> str:
    return reverse("admin:conversations_conversation_change", args=[conversation.pk])


def live(conversation: Conversation) -> str:
    return reverse("admin:conversation_live", args=[conversation.pk])


def act(client: Client, name: str, conversation: Conversation, token: str = "once", **fields: Any) -> Any:
    url = reverse(f"admin:conversation_{name}", args=[conversation.pk])
    return client.post(url, {"token": token, **fields})


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# --- Who may what -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "read", "post"),
    [
        ("a stranger", 302, 302),
        ("somebody without a desk", 302, 302),
        ("staff without permission", 403, 403),
        ("who may look", 200, 403),
        ("who may act", 200, 302),
        ("an administrator", 200, 302),
    ],
)
def test_who_may_read_and_act(client: Client, conversation: Conversation, who: str, read: int, post: int) -> None:
    delivery = _failed(say(conversation, "Hello", "agent"))
    if user := PEOPLE[who]():
        client.force_login(user)
    assert {name: client.get(url(conversation)).status_code for name, url in {"page": page, "live": live}.items()} == {
        "page": read,
        "live": read,
    }
    wanted = {name: _requested(conversation).pk for name in ("approve", "decline")}
    fields: dict[str, dict[str, Any]] = {
        **{name: {"request": pk} for name, pk in wanted.items()},
        "reply": {"text": "Hi"},
        "note": {"text": "Hm"},
        "retry": {"delivery": delivery.pk},
    }
    order = ("approve", "decline", "retry", "note", "take_over", "give_back", "hand_over", "reply", "suspend", "close")
    statuses = {name: act(client, name, conversation, name, **fields.get(name, {})).status_code for name in order}
    assert statuses == dict.fromkeys(order, post)
    if post != 302 or read != 200:
        assert not Message.objects.filter(author="human").exists()
        conversation.refresh_from_db()
        assert (conversation.owner, conversation.status, conversation.epoch) == ("agent", "open", 1)


@pytest.mark.parametrize("name", ACTS)
def test_nothing_happens_by_following_a_link(client: Client, kim: User, conversation: Conversation, name: str) -> None:
    assert client.get(reverse(f"admin:conversation_{name}", args=[conversation.pk])).status_code == 405


@pytest.mark.parametrize("name", ACTS)
def test_forms_of_other_sites_are_refused(kim: User, conversation: Conversation, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(kim)
    assert act(strict, name, conversation, text="Hi").status_code == 403


def test_who_may_only_look_sees_nothing_to_press(client: Client, conversation: Conversation) -> None:
    _failed(say(conversation, "Hello", "agent"))
    client.force_login(_staff("view_conversation"))
    assert {form for form in Elements(get(client, page(conversation))).forms() if "conversation" in form} == set()


@pytest.mark.parametrize(("status", "warned"), [("failed", False), ("unknown", True)])
def test_the_button_says_when_something_may_arrive_twice(
    client: Client, kim: User, conversation: Conversation, status: str, warned: bool
) -> None:
    _failed(say(conversation, "Hello", "agent", status=status))
    Delivery.objects.update(status=status)
    html = get(client, page(conversation))
    assert (">Retry" in html, "even if it arrives twice" in html) == (True, warned)


def test_an_action_that_waits_is_approved_on_the_page(
    client: Client, kim: User, conversation: Conversation, rings: Any
) -> None:
    request = _requested(conversation)
    html = get(client, page(conversation))
    assert "Cancel an order <code>{&quot;order&quot;: &quot;17&quot;}</code>" in html and ">Approve<" in html
    tag = client.get(live(conversation)).headers["ETag"]
    assert act(client, "approve", conversation, request=request.pk).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.decided_by_name) == ("approved", kim, "Kim Aro")
    assert client.get(live(conversation)).headers["ETag"] != tag
    assert ">Approve<" not in get(client, page(conversation))
    again = act(client, "decline", conversation, "again", request=request.pk)
    assert (again.status_code, told(again)) == (409, ["This was decided already: Approved."])


def test_what_waits_for_approval_is_found(
    client: Client, kim: User, conversation: Conversation, gateway: Gateway
) -> None:
    _requested(conversation_of(gateway, thread="t2"))
    listed = client.get(reverse("admin:conversations_conversation_changelist") + "?approval=yes")
    assert [row.external_id for row in listed.context["cl"].queryset] == ["t2"]
    (tile,) = [each for each in client.get(reverse("admin:index")).context["tiles"] if "approval" in each.title]
    assert (tile.count, tile.url.endswith("?approval=yes")) == (1, True)


@pytest.mark.parametrize("name", ["approve", "decline"])
def test_a_request_of_another_conversation_isnt_decided_here(
    client: Client, kim: User, conversation: Conversation, gateway: Gateway, name: str
) -> None:
    request = _requested(conversation_of(gateway, thread="t2"))
    response = act(client, name, conversation, request=request.pk)
    assert (response.status_code, told(response)) == (409, ["There is no such request in this conversation."])


def _requested(conversation: Conversation) -> ActionRequest:
    agent, now = conversation.gateway.agent, timezone.now()
    action, _ = Action.objects.get_or_create(agent=agent, slug="cancel", defaults={"url": "https://api.example.com/"})
    return ActionRequest.objects.create(
        conversation=conversation, action=action, slug="cancel", name="Cancel an order", arguments='{"order": "17"}',
        state="waiting", due_at=now, expires_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("address", ["999", "abc", "1x"])
def test_a_conversation_that_isnt_there_is_not_found(client: Client, kim: User, address: str) -> None:
    assert client.get(f"/admin/conversations/conversation/{address}/change/").status_code == 404


# --- Acting -----------------------------------------------------------------------------------------------------------


def test_a_reply_goes_out_in_the_persons_name(client: Client, kim: User, conversation: Conversation) -> None:
    response = act(client, "reply", conversation, text="It left yesterday.")
    assert (response.status_code, response.url) == (302, page(conversation))
    message = Message.objects.get(author="human")
    assert (message.text, message.author_name, message.user, message.kind) == (
        "It left yesterday.",
        "Kim Aro",
        kim,
        "message",
    )
    conversation.refresh_from_db()
    assert (conversation.owner, conversation.assignee) == ("human", kim)


def test_files_go_with_a_reply(client: Client, kim: User, conversation: Conversation, walk: Walk) -> None:
    assert 'type="file"' not in client.get(page(conversation)).content.decode()  # the platform takes none
    walk.platform.capabilities = replace(walk.platform.capabilities, files=Files.APART)
    shown = client.get(page(conversation)).content.decode()
    assert 'type="file"' in shown and 'enctype="multipart/form-data"' in shown
    files = [SimpleUploadedFile("bill.pdf", b"%PDF-1.7"), SimpleUploadedFile("a.txt", b"Hello")]
    assert act(client, "reply", conversation, files=files).status_code == 302
    message = Message.objects.get(author="human")
    assert [row.name for row in message.attachments.all()] == ["bill.pdf", "a.txt"]
    address = reverse("admin:conversation_file", args=[conversation.pk, message.attachments.all()[0].pk])
    assert f'<a href="{address}">bill.pdf</a>' in client.get(page(conversation)).content.decode()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("reply", b"", "“a.txt” is empty. Choose another file."),
        ("reply", b"x", "Fake takes no files from us. Put a link to them into the text instead."),
        ("note", b"x", "A note has no files. Send them to the customer, or put a link to them into the note."),
    ],
    ids=["empty", "on a platform that takes none", "with a note"],
)
def test_files_that_cant_go_keep_what_was_typed(
    client: Client, kim: User, conversation: Conversation, name: str, content: bytes, why: str
) -> None:
    response = act(client, name, conversation, text="See here", files=[SimpleUploadedFile("a.txt", content)])
    assert (response.status_code, told(response)) == (409, [why])
    assert "See here</textarea>" in response.content.decode()
    assert not Message.objects.filter(author="human").exists()


def test_a_note_stays_inside(client: Client, kim: User, conversation: Conversation) -> None:
    act(client, "note", conversation, text="A regular.")
    assert Message.objects.get(kind="note").text == "A regular."
    conversation.refresh_from_db()
    assert conversation.owner == "agent"


def test_a_form_that_comes_twice_acts_once(client: Client, kim: User, conversation: Conversation) -> None:
    for _ in range(2):
        response = act(client, "reply", conversation, "t", text="It left yesterday.")
    assert Message.objects.filter(author="human").count() == 1
    assert told(client.get(response.url)) == ["This was done already; it wasn’t done twice."]


def test_two_copies_that_arrive_together_act_once(client: Client, kim: User, conversation: Conversation) -> None:
    """Each request read the session before either had acted."""
    requests = []
    for _ in range(2):
        request = RequestFactory().post("/", {"token": "t", "text": "It left yesterday."})
        request.user = kim
        request.session = SessionStore(client.session.session_key)
        request.session.get("loads it")
        request._messages = default_storage(request)  # type: ignore[attr-defined]  # as the middleware would
        requests.append(request)
    admin = site._registry[Conversation]
    statuses = [pages.act(admin, request, conversation.pk, "reply").status_code for request in requests]
    assert statuses == [302, 302]
    assert Message.objects.filter(author="human").count() == 1


def test_a_second_form_with_the_same_words_is_sent(client: Client, kim: User, conversation: Conversation) -> None:
    for token in "ab":
        act(client, "reply", conversation, token, text="Yes.")
    assert Message.objects.filter(author="human").count() == 2


def test_every_form_on_a_page_carries_a_new_token(client: Client, kim: User, conversation: Conversation) -> None:
    tokens = [client.get(page(conversation)).context["token"] for _ in range(2)]
    assert len({*tokens}) == 2


def test_a_form_without_a_token_does_nothing(client: Client, kim: User, conversation: Conversation) -> None:
    response = act(client, "reply", conversation, "", text="Hi")
    assert (response.status_code, told(response)) == (409, ["The form was incomplete. Please try again."])
    assert not Message.objects.filter(author="human").exists()


@pytest.mark.parametrize("name", ["reply", "note"])
def test_what_was_typed_is_kept_when_it_cant_be_done(
    client: Client, kim: User, conversation: Conversation, name: str
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise desk.DeskError("The conversation was merged. Open the other one.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, name, refuse)
        response = act(client, name, conversation, text="A long <b>answer</b>")
    assert response.status_code == 409
    assert told(response) == ["The conversation was merged. Open the other one."]
    assert "A long &lt;b&gt;answer&lt;/b&gt;</textarea>" in response.content.decode()
    assert act(client, name, conversation, text="Again").status_code == 302  # the token isn't used up


def test_handing_over_takes_a_destination_of_the_gateway(client: Client, kim: User, conversation: Conversation) -> None:
    billing = Destination.objects.create(gateway=conversation.gateway, external_id="b", name="Billing")
    act(client, "hand_over", conversation, destination=billing.pk)
    assert Handover.objects.get().destination == billing


@pytest.mark.parametrize("chosen", ["theirs", "999", "x"])
def test_handing_over_takes_no_other_destination(
    client: Client, kim: User, conversation: Conversation, make_gateway: Any, chosen: str
) -> None:
    theirs = Destination.objects.create(gateway=make_gateway(), external_id="b", name="Theirs")
    response = act(client, "hand_over", conversation, destination=theirs.pk if chosen == "theirs" else chosen)
    assert told(response) == ["There is no such destination any more. Choose another one."]
    assert not Handover.objects.exists()


def test_handing_over_to_nobody_in_particular_waits_for_people(
    client: Client, kim: User, conversation: Conversation
) -> None:
    act(client, "hand_over", conversation, destination="")
    assert (Handover.objects.get().destination, Handover.objects.get().state) == (None, "waiting")


def _failed(message: Message, status: str = "failed") -> Delivery:
    return Delivery.objects.create(
        conversation=message.conversation,
        message=message,
        kind="reply",
        payload={},
        due_at=timezone.now(),
        status=status,
        error="The address is unknown.",
    )


@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_a_stuck_delivery_can_be_sent_again(client: Client, kim: User, conversation: Conversation, status: str) -> None:
    delivery = _failed(say(conversation, "Hello", "agent"), status)
    html = get(client, page(conversation))
    assert "The address is unknown." in html
    assert f'name="delivery" value="{delivery.pk}"' in html
    act(client, "retry", conversation, delivery=delivery.pk)
    delivery.refresh_from_db()
    assert delivery.status == "pending"


def test_a_delivery_of_another_conversation_isnt_touched(
    client: Client, kim: User, conversation: Conversation, gateway: Gateway
) -> None:
    theirs = _failed(say(conversation_of(gateway, thread="t2"), "Hello", "agent"))
    response = act(client, "retry", conversation, delivery=theirs.pk)
    assert told(response) == ["There is no such delivery in this conversation."]
    theirs.refresh_from_db()
    assert theirs.status == "failed"


# --- Buttons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "status", "assignee", "handed_over", "expected"),
    [
        ("agent", "open", None, False, "take_over hand_over suspend close"),
        ("human", "open", None, True, "take_over give_back suspend close"),
        ("human", "open", 7, True, "give_back suspend close"),
        ("human", "open", 7, False, "hand_over give_back suspend close"),
        ("human", "open", 8, True, "take_over give_back suspend close"),
        ("nobody", "suspended", None, False, "take_over hand_over give_back close"),
        ("nobody", "closed", None, False, ""),
    ],
    ids=["agent's", "waiting", "mine", "mine, never handed over", "a colleague's", "suspended", "closed"],
)
def test_buttons_are_those_that_make_sense(
    owner: str, status: str, assignee: int | None, handed_over: bool, expected: str
) -> None:
    conversation = Conversation(owner=owner, status=status, assignee_id=assignee)
    names = expected.split()
    conversation.customer_seq = 1
    names += ["ask_for_draft"] * (status != "closed")
    all_ = ("take_over", "hand_over", "give_back", "suspend", "close", "ask_for_draft")
    assert buttons(conversation, 7, handed_over) == Buttons(**{name: name in names for name in all_})


# --- Reading ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def story(gateway: Gateway) -> Conversation:
    """A conversation with something of everything."""
    conversation = conversation_of(gateway, subject="My order", language="de")
    article = Article.objects.create(agent=gateway.agent, title="Where is my order?", body="Soon.")
    decision = {
        "why": "The article answers it.",
        "reason": "answered",
        "confidence": 0.87,
        "sub_agent": "orders",
        "evidence": [{"kind": "article", "name": "Orders", "score": 0.91, "quote": "where is"}],
        "articles": [article.pk, 999],
    }
    done: dict[str, Any] = {"epoch": 1, "state": "done", "due_at": timezone.now(), "answer_by": timezone.now()}
    turn = Turn.objects.create(conversation=conversation, outcome="replied", decision=decision, **done)
    gone = Turn.objects.create(
        conversation=conversation, outcome="handed_over", decision={**decision, "why": "A person is asked for."}, **done
    )
    say(conversation, "Where is\nmy *order*?", author_name="Grace")
    say(conversation, "One moment.", "agent", kind="thinking", author_name="Ada", turn=turn)
    answer = say(conversation, "It is **on its way**.", "agent", author_name="Ada", turn=turn)
    say(conversation, "Grace is a regular.", "human", kind="note", author_name="Kim")
    delivery = Delivery.objects.create(
        conversation=conversation, message=answer, kind="reply", payload={}, due_at=timezone.now(), status="sent"
    )
    Attempt.objects.create(delivery=delivery, outcome="unreachable", milliseconds=31, detail="No route.")
    Delivery.objects.create(
        conversation=conversation, kind="assign", payload={}, due_at=timezone.now(), status="failed", error="No inbox."
    )
    AuditEvent.objects.create(conversation=conversation, turn=turn, kind="replied", why="The article answers it.")
    AuditEvent.objects.create(conversation=conversation, turn=gone, kind="handed_over", why="Rule: billing.")
    Handover.objects.create(conversation=conversation, epoch=2, reason="r", why="Rule: billing.", summary="In short.")
    return conversation


@pytest.mark.parametrize(
    "words",
    [
        "Where is\nmy *order*?",
        "It is <strong>on its way</strong>.",
        "Thinking message",
        "Internal note",
        "87% sure",
        '<span class="score">0.91</span>',
        "A person is asked for.",
        "31 ms: No route.",
        "No inbox.",
        "In short.",
        "Waiting for people",
        "My order",
        "<dd>de</dd>",
    ],
)
def test_the_page_tells(client: Client, kim: User, story: Conversation, words: str) -> None:
    assert words in get(client, page(story))


def test_a_long_conversation_shows_its_end_first(
    client: Client, kim: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "LATEST", 2)
    for number in (2, 3, 4):
        say(conversation, f"Message {number}.")
        AuditEvent.objects.create(conversation=conversation, kind="k", why=f"Event {number}.")
    html = get(client, page(conversation))
    assert [number for number in (2, 3, 4) if f"Message {number}." in html] == [3, 4]
    assert [number for number in (2, 3, 4) if f"Event {number}." in html] == [3, 4]
    assert "Show 2 earlier messages" in html
    for url in (page(conversation), live(conversation)):
        everything = get(client, url + "?all=yes")
        assert "Message 2." in everything
        assert "Event 2." in everything
        assert "earlier message" not in everything


def test_each_message_looks_like_what_it_is(client: Client, kim: User, story: Conversation) -> None:
    tags = Elements(get(client, page(story))).tags
    assert [found["class"] for _, found in tags if "bubble" in str(found.get("class")).split()] == [
        "bubble customer received",
        "bubble agent automatic sent",
        "bubble agent sent",
        "bubble note",
    ]


def test_a_decision_stands_with_its_answer_or_else_in_the_trail(client: Client, kim: User, story: Conversation) -> None:
    shown = client.get(page(story)).context["transcript"]
    assert [happening.decision is not None for happening in shown.trail] == [False, True]
    bubbles = [bubble for day in shown.days for bubble in day.bubbles]
    assert [bubble.decision is not None for bubble in bubbles] == [False, False, True, False]
    assert [article.title for article in bubbles[2].decision.articles] == ["Where is my order?"]


def test_a_decision_says_what_was_noticed_done_and_spent(client: Client, kim: User, story: Conversation) -> None:
    used = {"input_tokens": 1200, "output_tokens": 80, "cost": 0.00076, "model": "small-1"}
    turn = story.turns.first()
    turn.decision |= {
        "tags": ["refund", "late"],
        "language": "de",
        "facts": ["Bought a <tent>."],
        "actions": [{"name": "look up order", "arguments": '{"id": 7}', "outcome": "Found."}],
        "cost": used,
        "engine": "openai",
    }
    turn.save()
    shown = " ".join(get(client, page(story)).split())
    assert "· engine openai · in de</p>" in shown
    assert "<p>Tags: refund, late</p>" in shown
    assert "<li>Bought a &lt;tent&gt;.</li>" in shown
    assert "<li>look up order <code>{&quot;id&quot;: 7}</code> Found.</li>" in shown
    assert "small-1: 1200 tokens in, 80 out, cost 0.0008" in shown


@pytest.mark.parametrize(
    ("cost", "line"),
    [
        (None, ""),
        ({"input_tokens": 0, "output_tokens": 0, "cost": None, "model": ""}, ""),
        ({"input_tokens": 5, "output_tokens": 2, "cost": None, "model": "m"}, "m: 5 tokens in, 2 out"),
    ],
    ids=["older than the record", "no model", "no prices"],
)
def test_what_was_spent_is_one_line(cost: Any, line: str) -> None:
    assert transcript.Decision(Turn(), {"cost": cost}, ()).usage == line


def test_the_page_asks_the_same_however_long_it_is(
    client: Client, kim: User, story: Conversation, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        _failed(say(story, f"Answer {number}", "agent", turn=story.turns.first()))
        AuditEvent.objects.create(conversation=story, turn=story.turns.first(), kind="replied", why="w")
    with django_assert_max_num_queries(26):
        client.get(page(story))


# --- Keeping fresh ----------------------------------------------------------------------------------------------------


def tag(client: Client, conversation: Conversation) -> str:
    return str(client.get(live(conversation)).headers["ETag"])


def test_nothing_new_is_said_in_one_line(client: Client, kim: User, story: Conversation) -> None:
    known = client.get(page(story)).context["tag"]
    again = client.get(live(story), headers={"If-None-Match": known})
    assert (again.status_code, again.content) == (304, b"")


def test_a_tag_that_a_proxy_made_weak_is_known(client: Client, kim: User, story: Conversation) -> None:
    known = f"W/{tag(client, story)}"
    assert client.get(live(story), headers={"If-None-Match": known}).status_code == 304


CHANGES: dict[str, Callable[[Conversation], Any]] = {
    "a message": lambda row: say(row, "Hello?"),
    "a message's status": lambda row: row.messages.filter(seq=3).update(status="read"),
    "an attempt": lambda row: Attempt.objects.create(delivery=row.deliveries.earliest("pk"), outcome="sent"),
    "a delivery": lambda row: row.deliveries.update(status="cancelled"),
    "the owner": lambda row: Conversation.objects.filter(pk=row.pk).update(epoch=9),
    "an event": lambda row: AuditEvent.objects.create(conversation=row, kind="k", why="w"),
    "a handover": lambda row: row.handovers.update(state="accepted"),
    "a turn": lambda row: row.turns.update(outcome="asked"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_is_noticed(
    client: Client, kim: User, story: Conversation, change: Callable[[Conversation], Any]
) -> None:
    before = tag(client, story)
    change(story)
    assert client.get(live(story), headers={"If-None-Match": before}).status_code == 200


def test_what_is_fresh_has_the_parts_of_the_page(client: Client, kim: User, story: Conversation) -> None:
    parts = {"live-head", "live-thread", "live-side"}
    fresh = Elements(get(client, live(story))).ids()
    assert parts <= fresh
    assert parts <= Elements(get(client, page(story))).ids()


def test_looking_for_news_is_cheap(
    client: Client, kim: User, story: Conversation, django_assert_max_num_queries: Any
) -> None:
    known = tag(client, story)
    with django_assert_max_num_queries(14):
        client.get(live(story), headers={"If-None-Match": known})


# --- A gateway's page: who takes over ---------------------------------------------------------------------------------


def gateway_form(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    names = (
        "escalation_target",
        "handover_rules",
        "handover_settings",
        "hours",
        "destinations",
        "managing_points",
        "secrets",
        "message_templates",
    )
    return {
        **{f"{name}-{part}_FORMS": 0 for name in names for part in ("TOTAL", "INITIAL")},
        "name": gateway.name,
        "agent": gateway.agent_id,
        "mode": "auto",
        "burst_window": 0,
        "longest_wait": 10,
        "thinking_after": 8,
        "offer_minutes": 30,
        "on_silence": "rest",
        "first_delay": 0,
        "later_delay": 0,
        "time_zone": "Europe/Berlin",
        "on_unknown": "hold",
        "option_region": "eu",
        **changes,
    }


def test_target_and_rules_are_set_on_the_gateways_page(admin_client: Client, gateway: Gateway) -> None:
    billing = Destination.objects.create(gateway=gateway, external_id="b", name="Billing")
    sub_agent = SubAgent.objects.create(agent=gateway.agent, name="Bills", slug="bills", scenario="s")
    changes = {
        "escalation_target-TOTAL_FORMS": 1,
        "escalation_target-0-destination": billing.pk,
        "handover_rules-TOTAL_FORMS": 1,
        "handover_rules-0-position": 1,
        "handover_rules-0-sub_agent": sub_agent.pk,
        "handover_rules-0-destination": billing.pk,
        "handover_rules-0-is_active": "on",
    }
    url = reverse("admin:gateways_gateway_change", args=[gateway.pk])
    assert admin_client.post(url, gateway_form(gateway, **changes)).status_code == 302
    assert EscalationTarget.objects.get().destination == billing
    assert str(HandoverRule.objects.get()) == "Bills → Billing"


def test_a_rule_without_a_destination_is_asked_for_one(admin_client: Client, gateway: Gateway) -> None:
    changes = {"handover_rules-TOTAL_FORMS": 1, "handover_rules-0-position": 5}
    url = reverse("admin:gateways_gateway_change", args=[gateway.pk])
    response = admin_client.post(url, gateway_form(gateway, **changes))
    found = [error for inline in response.context["inline_admin_formsets"] for error in inline.formset.errors]
    assert found == [{"destination": ["This field is required."]}]
