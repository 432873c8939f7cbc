"""Turn the scripts in `conversations.toml` into history: one function per kind of step."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agents.engines.base import Decision, Escalation, Evidence, Reason
from agents.models import Article
from aissist_site.demo.past import Past
from contacts.models import Contact, Identity
from conversations.models import Conversation, Message, MessageTemplate, Turn
from conversations.wording import wording
from gateways.messages import Purpose
from gateways.models import Gateway
from handover.hand_over import OPEN
from handover.models import Handover
from handover.policy import Choice
from handover.route import to_people
from handover.summarize import summarize

Script = Mapping[str, Any]

PAUSE = 2.0  # minutes between two steps, unless the script says otherwise
QUICK, SLOW = 1.0, 9.0  # seconds until the agent's answer, without and with a thinking message first


def enact(scripts: Iterable[Script], gateways: Mapping[str, Gateway], articles: Mapping[str, Article]) -> None:
    """Write each script's conversation. `gateways` by public id, `articles` by file stem. Wants a transaction."""
    now = timezone.now()
    for number, script in enumerate(scripts, start=1):
        conversation = _conversation(gateways[script["gateway"]], script, f"past-{number:02}")
        began = now - timedelta(hours=script["hours_ago"])
        _Scene(Past(conversation, began), articles).play(script["steps"])


def _conversation(gateway: Gateway, script: Script, external_id: str) -> Conversation:
    contact = Contact.objects.create(**script["customer"])
    return Conversation.objects.create(
        gateway=gateway,
        identity=Identity.objects.create(contact=contact, gateway=gateway, external_id=external_id),
        external_id=external_id,
        subject=script.get("subject", ""),
        language=script["language"],
    )


class _Scene:
    """One script, played step by step."""

    def __init__(self, past: Past, articles: Mapping[str, Article]) -> None:
        self.past = past
        self.conversation = past.conversation
        self.articles = articles
        self.asked: list[tuple[Message, datetime]] = []  # what the agent has to deal with next, and when it was said

    def play(self, steps: Iterable[Script]) -> None:
        for number, step in enumerate(steps):
            (kind,) = STEPS.keys() & step.keys()
            usual = PAUSE if number and kind not in AGENTS else 0.0
            self.past.at += timedelta(minutes=step.get("minutes", usual))
            STEPS[kind](self, step)
        self.past.finish()

    def customer(self, step: Script) -> None:
        message = self.past.hear(step["customer"])
        if self.conversation.status == Conversation.Status.CLOSED:
            self.past.owned_by(Conversation.Owner.AGENT)
            self.past.event("reopened", "The customer wrote again after it was closed.")
        if self.conversation.owner == Conversation.Owner.HUMAN:
            self.past.event("left_alone", "A person owns the conversation.")
        else:
            self.asked.append((message, self.past.at))

    def agent(self, step: Script) -> None:
        turn = self._turn(_answer(step, self.articles), slow=step.get("slow", False))
        self.past.say(step["agent"], Purpose.REPLY, turn=turn)

    def hand_over(self, step: Script) -> None:
        decision = _escalation(step)
        turn = self._turn(decision)
        choice = to_people(self.conversation.gateway, decision.sub_agent, self.conversation)
        why = f"{decision.why} {choice.why}"
        self.past.owned_by(Conversation.Owner.HUMAN)
        self.past.say(wording(self.conversation, MessageTemplate.Kind.HANDOVER), Purpose.HANDOVER, turn=turn)
        handover = self._handover(turn, decision, choice, why)
        self.past.note(handover.summary, turn)
        self.past.assign(str(handover.destination or "Waiting for people"), decision.why, turn)
        self.past.event("handed_over", why, actor="agent", turn=turn)

    def person(self, step: Script) -> None:
        if self.conversation.owner != Conversation.Owner.HUMAN:
            self.past.owned_by(Conversation.Owner.HUMAN)
            self.past.event("taken_over", "A person replied.", actor=step["person"])
        self.past.say(step["text"], Purpose.HUMAN, person=step["person"])
        self.conversation.answered_seq = self.conversation.last_seq
        waiting = self.conversation.handovers.filter(state=Handover.State.WAITING)
        waiting.update(state=Handover.State.ACCEPTED, accepted_at=self.past.at)

    def give_back(self, step: Script) -> None:
        self.past.owned_by(Conversation.Owner.AGENT)
        self._end(Handover.State.RETURNED)
        why = "The agent answers the customer's next message, and none before it."
        self.past.event("given_back", why, actor=step["give_back"])

    def close(self, step: Script) -> None:
        self.past.owned_by(Conversation.Owner.NOBODY, Conversation.Status.CLOSED)
        self._end(Handover.State.CLOSED)
        self.past.event("closed", "The customer's next message reopens it.", actor=step["close"])

    def _turn(self, decision: Decision, slow: bool = False) -> Turn:
        """The agent deals with all that was asked; time goes on until it has."""
        asked, self.asked = self.asked, []
        took = SLOW if slow else QUICK
        self.past.at += timedelta(seconds=took)
        thought = took - self.conversation.gateway.burst_window
        turn = self.past.turn(decision, asked, milliseconds=round(thought * 1000))
        if slow:
            self._think(turn, asked[0][1], answered_at=self.past.at)
        if turn.outcome != Turn.Outcome.HANDED_OVER:
            self.past.event(turn.outcome, decision.why, actor="agent", turn=turn)
        self.conversation.answered_seq = turn.upto_seq
        return turn

    def _think(self, turn: Turn, asked_at: datetime, answered_at: datetime) -> None:
        seconds = self.conversation.gateway.thinking_after
        self.past.at = asked_at + timedelta(seconds=seconds)
        self.past.say(wording(self.conversation, MessageTemplate.Kind.THINKING), Purpose.THINKING, turn=turn)
        self.past.event("thinking", f"No answer after {seconds:g} s: the thinking message was sent.", turn=turn)
        self.past.at = answered_at

    def _handover(self, turn: Turn, decision: Decision, choice: Choice, why: str) -> Handover:
        handover = Handover.objects.create(
            conversation=self.conversation,
            turn=turn,
            epoch=self.conversation.epoch,
            destination_id=choice.destination_id,
            rule_id=choice.rule_id,
            reason=decision.reason.value,
            why=why,
            summary=summarize(self.conversation, decision.why, decision),
        )
        self.past.date(handover)
        return handover

    def _end(self, state: Handover.State) -> None:
        self.conversation.answered_seq = self.conversation.last_seq
        self.conversation.handovers.filter(state__in=OPEN).update(state=state)


STEPS: dict[str, Callable[[_Scene, Script], None]] = {
    "customer": _Scene.customer,
    "agent": _Scene.agent,
    "hand_over": _Scene.hand_over,
    "person": _Scene.person,
    "give_back": _Scene.give_back,
    "close": _Scene.close,
}
AGENTS = ("agent", "hand_over")  # steps that follow at once


def _answer(step: Script, articles: Mapping[str, Article]) -> Decision:
    cited = [articles[stem] for stem in step.get("articles", ())]
    titles = " and ".join(f"“{article.title}”" for article in cited)
    asks = step.get("asks", False)
    why = f"{titles} may answer it, depending on this." if asks else f"Answered from {titles}."
    return Decision(
        reply=step["agent"],
        escalation=Escalation.NONE,
        reason=Reason(step.get("reason", Reason.ANSWERED)),
        why=why if cited else "Small talk: nothing is being asked.",
        confidence=step["confidence"],
        sub_agent=step.get("sub_agent", ""),
        evidence=tuple(Evidence("article", article.title, step["confidence"]) for article in cited),
        articles=tuple(article.pk for article in cited),
        clarifies=asks,
    )


def _escalation(step: Script) -> Decision:
    return Decision(
        reply="",
        escalation=Escalation.NOW,
        reason=Reason(step["reason"]),
        why=step["hand_over"],
        confidence=step.get("confidence", 0.9),
        sub_agent=step.get("sub_agent", ""),
        note=step["summary"],
    )
