"""What is written down to be sent: tags and nothing else touched, parts as long as the platform counts."""

from dataclasses import replace

import pytest

from conversations import outbox, ownership
from conversations.lock import locked
from conversations.models import AuditEvent, Conversation
from gateways.messages import Reclaim, Tag
from tests.conftest import Walk
from tests.fakes import said

CHANGES = {
    "added": (["new"], ["vip"], [], ["new", "vip"], Tag(add=("vip",))),
    "added twice": (["new"], ["vip", "vip"], [], ["new", "vip"], Tag(add=("vip",))),
    "there already": (["new"], ["new"], [], ["new"], None),
    "removed": (["new", "vip"], [], ["new"], ["vip"], Tag(remove=("new",))),
    "not there": (["vip"], [], ["new"], ["vip"], None),
    "both": (["new"], ["done"], ["new"], ["done"], Tag(add=("done",), remove=("new",))),
}


@pytest.mark.parametrize(("before", "add", "remove", "after", "effect"), CHANGES.values(), ids=CHANGES)
def test_tags_change_here_and_there(walk: Walk, before, add, remove, after, effect):
    walk.customer("Hello", tags=before)
    walk.run()
    walk.platform.outbox.clear()
    with locked(Conversation.objects.get().pk) as conversation:
        outbox.tag(conversation, add, remove)
    walk.run()
    assert Conversation.objects.get().tags == after
    assert [sent.effect for sent in walk.platform.outbox] == ([effect] if effect else [])
    assert AuditEvent.objects.filter(kind="tagged").exists() == bool(effect)


@pytest.mark.parametrize(("reclaims", "told"), [(True, [Reclaim()]), (False, [])], ids=["yes", "no"])
def test_a_platform_hears_that_the_agent_has_it_again_where_it_has_to(walk: Walk, monkeypatch, reclaims, told):
    monkeypatch.setattr(walk.platform, "capabilities", replace(walk.platform.capabilities, reclaims=reclaims))
    walk.customer("Hello")
    walk.staff("I'll take this one.")
    walk.run()
    walk.platform.outbox.clear()
    with locked(walk.conversation().pk) as conversation:
        ownership.give_back(conversation, "Grace")
        ownership.give_back(conversation, "Grace")
    walk.run()
    assert [sent.effect for sent in walk.platform.outbox] == told


def test_an_answer_names_what_it_answers_where_the_platform_wants_it(walk: Walk):
    walk.customer("Hello", message_id="m1", subject="My order", metadata={"references": "<a@b>"})
    walk.customer("Anyone?", message_id="m2", metadata={"references": "<a@b> <c@d>"})
    walk.run()
    answers = walk.platform.outbox[0].answers
    assert answers is not None
    assert (answers.message_id, answers.subject) == ("m2", "My order")
    assert answers.metadata == {"references": "<a@b> <c@d>"}


def test_parts_are_counted_as_the_platform_counts(walk: Walk, engine, monkeypatch):
    monkeypatch.setattr(walk.platform, "length", classmethod(lambda kind, text: text.count(".") * 100))
    engine.script.append(said("One. Two. Three. Four."))
    assert walk.answer("Hello") == ["One. Two.", "Three. Four."]
