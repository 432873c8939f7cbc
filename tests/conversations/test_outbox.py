"""What is written down to be sent: tags and nothing else touched, parts at their pace."""

import pytest

from conversations import outbox
from conversations.lock import locked
from conversations.models import AuditEvent, Conversation, Delivery
from gateways.messages import Tag
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


def test_an_answer_names_what_it_answers_where_the_platform_wants_it(walk: Walk):
    walk.customer("Hello", message_id="m1", subject="My order", metadata={"references": "<a@b>"})
    walk.customer("Anyone?", message_id="m2", metadata={"references": "<a@b> <c@d>"})
    walk.run()
    answers = walk.platform.outbox[0].answers
    assert answers is not None
    assert (answers.message_id, answers.subject) == ("m2", "My order")
    assert answers.metadata == {"references": "<a@b> <c@d>"}


def test_parts_keep_the_pace_of_their_conversation(
    walk: Walk, engine, rings, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(walk.platform, "pace", lambda thread: 3.0 if thread == "t1" else 0.0)
    engine.script.append(said("Words and words. " * 30))
    walk.customer("Hello")
    walk.ingest()
    with django_capture_on_commit_callbacks(execute=True):
        walk.turns()
    first, second, third = Delivery.objects.order_by("part")
    assert (second.due_at - first.due_at).total_seconds() == pytest.approx(3, abs=0.1)
    assert (third.due_at - first.due_at).total_seconds() == pytest.approx(6, abs=0.1)
    assert [after for step, _, after in rings.heard if step == "deliver"] == [0.0, 3.0, 6.0]
    assert walk.deliver() == 1  # the others aren't due yet


def test_parts_are_counted_as_the_platform_counts(walk: Walk, engine, monkeypatch):
    monkeypatch.setattr(walk.platform, "length", classmethod(lambda kind, text: text.count(".") * 100))
    engine.script.append(said("One. Two. Three. Four."))
    assert walk.answer("Hello") == ["One. Two.", "Three. Four."]
