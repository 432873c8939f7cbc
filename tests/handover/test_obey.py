"""Commands in internal notes, walked through on a fake platform: what comes of them, and that no customer hears it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from agents.engines.base import EngineError
from agents.models import Instruction, SubAgent
from conversations import limbo
from conversations.models import Conversation, Draft, Message, Turn
from gateways.messages import Note
from gateways.models import Gateway, InboundEvent
from handover import desk
from tests.conftest import Walk
from tests.fakes import ScriptedEngine, said

pytestmark = pytest.mark.django_db
KIM = {"user": None, "author": "Kim"}


@pytest.fixture(autouse=True)
def no_limbo(db) -> Iterator[None]:
    yield
    assert not limbo.in_limbo().exists()


@pytest.fixture
def theirs(walk: Walk) -> Walk:
    """A conversation that people have, in which the agent has answered once."""
    walk.answer("Wo ist mein Zelt?")
    desk.take_over(walk.conversation().pk, **KIM)
    walk.platform.outbox.clear()
    return walk


def command(walk: Walk, text: str, **fields) -> list[str]:
    """Kim notes this on the platform; everything happens. Returns the notes that the platform has got for it."""
    before = len(walk.platform.outbox)
    walk.staff(text, author="Kim", internal=True, **fields)
    walk.run()
    return [sent.effect.text for sent in walk.platform.outbox[before:] if isinstance(sent.effect, Note)]


def trail(walk: Walk, kind: str) -> list[tuple[str, str]]:
    return list(walk.conversation().audit_events.filter(kind=kind).values_list("actor", "why"))


class TestACommand:
    def test_drafts(self, theirs: Walk, engine: ScriptedEngine):
        before = theirs.conversation()
        assert command(theirs, "/draft Be brief.") == [
            "**Draft of a reply, not sent to the customer:**\n\nre: Wo ist mein Zelt?"
        ]
        after = theirs.conversation()
        assert (after.owner, after.epoch, theirs.told()) == ("human", before.epoch, [])
        assert (engine.briefs[-1].instruction, Draft.objects.get().turn.asked_by) == ("Be brief.", "Kim")
        assert trail(theirs, "command") == [("Kim", "Kim asked the agent: draft Be brief.")]
        assert InboundEvent.objects.order_by("-pk")[0].why == "A command: draft."

    def test_translates_what_the_customer_said_last(self, theirs: Walk, engine: ScriptedEngine):
        engine.help_script.append("Where is my tent?")
        assert command(theirs, "/translate") == ["**Translation, for Kim:**\n\nWhere is my tent?"]
        assert engine.helped == [("translate", "Wo ist mein Zelt?", "en")]
        assert trail(theirs, "helped") == [("agent", "For Kim: Translated into “en”.")]
        assert Turn.objects.order_by("-pk")[0].outcome == "helped" and theirs.told() == []

    def test_translates_into_another_language(self, theirs: Walk, engine: ScriptedEngine):
        engine.help_script.append("Où est ma tente ?")
        command(theirs, "/translate fr")
        assert engine.helped[0][2] == "fr"

    def test_translates_into_the_language_of_people_here(self, theirs: Walk, engine: ScriptedEngine):
        Gateway.objects.update(team_language="Danish")
        command(theirs, "/translate")
        assert engine.helped[0][2] == "Danish"

    def test_that_no_engine_can_do_says_so(self, theirs: Walk):
        (note,) = command(theirs, "/translate")
        assert note.startswith("Kim, that couldn't be done (translate). None of this agent's engines can do that.")

    def test_that_the_engine_fails_at_says_so(self, theirs: Walk, engine: ScriptedEngine):
        engine.help_script.extend([EngineError("Away."), EngineError("Away.")])
        assert command(theirs, "/translate") == []
        Turn.objects.filter(state="due").update(due_at="2020-01-01T00:00:00Z")
        theirs.run()
        assert theirs.platform.outbox[-1].effect.text.startswith("Kim, that couldn't be done (translate). The engine")
        assert theirs.conversation().handovers.count() == 0

    def test_summarizes_by_the_engine(self, theirs: Walk, engine: ScriptedEngine):
        engine.help_script.append("She wants her tent.")
        assert command(theirs, "/summarize") == ["**Summary, for Kim:**\n\nShe wants her tent."]
        assert engine.helped[0][1].endswith(": Wo ist mein Zelt?\n\nAda: re: Wo ist mein Zelt?")

    def test_summarizes_without_one(self, theirs: Walk):
        (note,) = command(theirs, "/summarize")
        assert note.startswith("**Summary, for Kim:**\n\n**Customer:**")
        assert "Wo ist mein Zelt?" in note and "**The agent's last decision:** An article answers it." in note

    def test_rephrases_the_latest_draft(self, theirs: Walk, engine: ScriptedEngine):
        command(theirs, "/draft")
        engine.help_script.append("Dear friend, it is on its way.")
        command(theirs, "/rephrase friendlier")
        assert engine.helped == [("rephrase", "re: Wo ist mein Zelt?", "friendlier")]
        assert list(Draft.objects.order_by("pk").values_list("state", "message__text")) == [
            ("outdated", "re: Wo ist mein Zelt?"),
            ("pending", "Dear friend, it is on its way."),
        ]
        assert theirs.told() == []

    def test_hands_back(self, theirs: Walk):
        (note,) = command(theirs, "/handback")
        assert note.startswith("The agent has this conversation again.")
        assert theirs.conversation().owner == "agent"
        assert theirs.answer("Hallo?") == ["re: Hallo?"]

    def test_suspends(self, walk: Walk):
        walk.answer("Hello")
        command(walk, "/suspend")
        assert (walk.conversation().owner, walk.conversation().status) == ("nobody", "suspended")
        assert walk.answer("Hello?") == []

    def test_suspends_before_an_answer_that_is_on_its_way(self, walk: Walk):
        walk.customer("Hello")
        walk.ingest(), walk.turns()
        command(walk, "/suspend")
        assert walk.told() == []

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("/shrug", "There is no command “/shrug”. There are:\n- `/draft`: have the agent draft a reply"),
            ("/rephrase", "Say how, like “/rephrase friendlier”."),
            ("/rephrase friendlier", "There is no draft that could be rephrased."),
            ("/translate <script>", "“<script>” is no language."),
            ("/instruct", "Say what the agent is to do from now on"),
            ("/instruct " + "x" * 2001, "The instruction has 2,001 characters"),
            ("/draft " + "x" * 2001, "The instruction has 2,001 characters"),
        ],
        ids=["unknown", "how", "no draft", "no language", "nothing", "long", "long wish"],
    )
    def test_that_wont_do_is_answered(self, theirs: Walk, engine: ScriptedEngine, text: str, answer: str):
        (note,) = command(theirs, text)
        assert note.startswith(answer)
        assert (engine.helped, theirs.told(), theirs.conversation().owner) == ([], [], "human")

    def test_in_a_conversation_of_the_agents(self, walk: Walk):
        walk.answer("Hello")
        assert command(walk, "/handback") == ["The agent has this conversation already."]

    def test_while_the_agent_is_busy_is_answered(self, walk: Walk):
        walk.customer("Hello")
        walk.ingest()
        walk.staff("/translate", author="Kim", internal=True)
        walk.ingest()
        assert "dealing with the customer's message just now" in walk.conversation().messages.last().text
        walk.run()
        assert walk.told() == ["re: Hello"]

    def test_leaves_the_customers_next_message_its_answer(self, walk: Walk, engine: ScriptedEngine):
        walk.answer("Hello")

        def meanwhile() -> str:
            walk.customer("And now?")
            walk.ingest()
            return "Hallo"

        engine.help_script.append(meanwhile)
        assert command(walk, "/translate de")[0].endswith("Hallo")
        assert walk.told() == ["re: Hello", "re: And now?"]

    def test_is_dropped_when_a_person_takes_over_meanwhile(self, walk: Walk, engine: ScriptedEngine):
        walk.answer("Hello")

        def meanwhile() -> str:
            desk.reply(walk.conversation().pk, **KIM, text="Kim here.")
            return "Hallo"

        engine.help_script.append(meanwhile)
        assert command(walk, "/translate de") == []
        assert walk.told() == ["re: Hello", "Kim here."]


class TestOnce:
    def test_the_same_event_twice(self, theirs: Walk):
        for _ in range(2):
            theirs.staff("/draft", author="Kim", internal=True, key="note-1")
        theirs.run()
        assert Draft.objects.count() == 1

    def test_the_same_note_under_another_key(self, theirs: Walk):
        for _ in range(2):
            command(theirs, "/draft", message_id="n-7")
        assert Draft.objects.count() == 1
        assert InboundEvent.objects.order_by("-pk")[0].why == "A command that was carried out already."

    def test_both_in_one_batch(self, theirs: Walk):
        for _ in range(2):
            theirs.staff("/handback", author="Kim", internal=True, message_id="n-7")
        theirs.run()
        assert len(trail(theirs, "command")) == 1

    def test_our_own_answer_is_no_command_when_it_comes_back(self, theirs: Walk):
        command(theirs, "/shrug")
        sent = theirs.platform.outbox[-1]
        command(theirs, sent.effect.text, client_ref=sent.client_ref)
        assert command(theirs, sent.effect.text) == []
        assert len(theirs.platform.outbox) == 1

    def test_a_note_written_in_admin_that_comes_back(self, theirs: Walk):
        desk.note(theirs.conversation().pk, **KIM, text="/draft")
        theirs.run()
        sent = next(sent for sent in theirs.platform.outbox if sent.effect == Note("/draft"))
        assert command(theirs, "/draft", client_ref=sent.client_ref) == []
        assert Draft.objects.count() == 1


class TestElsewhere:
    def test_in_admins_note_box(self, theirs: Walk):
        kim = User.objects.create_user("kim")
        desk.note(theirs.conversation().pk, user=kim, author="Kim", text="/suspend")
        theirs.run()
        assert theirs.conversation().status == "suspended"
        assert trail(theirs, "command") == [("Kim", "Kim asked the agent: suspend")]

    def test_a_customer_cant(self, walk: Walk):
        assert walk.answer("/suspend") == ["re: /suspend"]
        assert walk.conversation().status == "open" and trail(walk, "command") == []

    def test_a_reply_to_the_customer_isnt_one(self, walk: Walk):
        walk.answer("Hello")
        walk.staff("/draft", author="Kim")
        walk.run()
        assert trail(walk, "command") == [] and not Draft.objects.exists()

    def test_under_another_name(self, theirs: Walk):
        Gateway.objects.update(command_names={"draft": "entwurf"})
        assert command(theirs, "/draft")[0].startswith("There is no command “/draft”. There are:\n- `/entwurf`")
        command(theirs, "/Entwurf")
        assert Draft.objects.count() == 1

    def test_a_note_in_a_thread_without_a_customer(self, walk: Walk):
        assert command(walk, "/draft") == [] and not Conversation.objects.exists()


class TestInstruct:
    def test_holds_at_once_for_conversations_like_this_one(self, theirs: Walk, engine: ScriptedEngine):
        (note,) = command(theirs, "/instruct Tents take two weeks.")
        assert note.startswith("From now on, on Desk: Tents take two weeks.\n\nTo revoke it: http")
        assert note.endswith("Add one of a language model's.")
        kept = Instruction.objects.get()
        conversation = theirs.conversation()
        assert (kept.by, kept.gateway, kept.conversation) == ("Kim", theirs.gateway.pk, conversation.pk)
        theirs.answer("Zelt?", thread="t2")
        assert [told.text for told in engine.briefs[-1].told] == ["Tents take two weeks."]
        assert trail(theirs, "command") == [("Kim", "Kim asked the agent: instruct Tents take two weeks.")]

    def test_holds_for_the_sub_agent_that_matched(self, walk: Walk, engine: ScriptedEngine):
        engine.follows = True  # type: ignore[misc]
        returns = SubAgent.objects.create(agent=walk.gateway.agent, slug="returns", name="Returns")
        engine.script.append(said("In 30 days.", sub_agent="returns"))
        walk.answer("Return it?")
        (note,) = command(walk, "/instruct 60 days for members.")
        assert note.startswith("From now on, on Desk, when “Returns” applies: 60 days") and "engines" not in note
        assert Instruction.objects.get().sub_agent == returns

    def test_told_twice_is_kept_once(self, theirs: Walk):
        for _ in range(2):
            command(theirs, "/instruct Be brief.")
        assert Instruction.objects.count() == 1


class TestNotesAsContext:
    @pytest.fixture
    def noted(self, walk: Walk) -> Walk:
        walk.answer("Hello")
        for text in ("Knows our boss.", "/shrug", *(f"Note {number}." for number in range(5))):
            command(walk, text)
        desk.note(walk.conversation().pk, **KIM, text="From admin.")
        walk.run()
        return walk

    def test_the_engine_knows_the_last_few_and_no_command(self, noted: Walk, engine: ScriptedEngine):
        noted.answer("And?")
        assert engine.briefs[-1].notes == ("Note 1.", "Note 2.", "Note 3.", "Note 4.", "From admin.")
        assert [line.text for line in engine.briefs[-1].transcript] == ["Hello", "re: Hello", "And?"]

    def test_not_our_own(self, walk: Walk, engine: ScriptedEngine):
        walk.answer("Hello")
        command(walk, "/summarize")
        walk.answer("And?")
        assert engine.briefs[-1].notes == ()

    def test_not_where_that_is_switched_off(self, noted: Walk, engine: ScriptedEngine):
        Gateway.objects.update(notes_as_context=False)
        noted.answer("And?")
        assert engine.briefs[-1].notes == ()

    def test_takes_no_query_more(self, noted: Walk, django_assert_num_queries):
        from conversations.respond import questions
        from conversations.turns import claim

        noted.customer("And?")
        noted.ingest()
        turns = claim(noted.gateway.pk, 5)
        with django_assert_num_queries(2):
            assert questions(turns)[0].brief.notes

    def test_a_reply_that_quotes_one_goes_to_people(self, noted: Walk, engine: ScriptedEngine):
        secret = "Never tell him that we lost the parcel in Leipzig last week."
        command(noted, secret)
        engine.script.append(said(f"Well: {secret}"))
        told = noted.answer("And?")
        assert told and not any("Leipzig" in text for text in told)
        assert noted.conversation().owner == "human"
        assert noted.conversation().handovers.get().reason == "quoted_note"

    def test_a_note_stays_a_note(self, noted: Walk):
        notes = noted.conversation().messages.filter(kind=Message.Kind.NOTE, author="human")
        assert notes.count() == 8
