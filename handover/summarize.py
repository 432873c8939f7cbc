"""The summary that people get with a handover: who it is, what they want, what was tried, in the words said."""

from collections.abc import Iterable, Iterator, Mapping

from agents import facts, summaries
from agents.engines.base import ActionCall, Decision
from agents.models import SubAgent
from conversations import background
from conversations.models import Conversation, Message
from handover.summary_words import words

LINES = 6
ASKED = 20  # of the last messages, among which the customer's question is looked for
LONGEST = 300  # characters of one line


def summarize(conversation: Conversation, why: str, decision: Decision | None, language: str = "en") -> str:
    """Markdown for an internal note: who, what they want, what was tried, what is open, what to do, on what grounds.

    `language` is the one in which operators read; what was said stays as it was said.
    """
    own = words(language)
    sub_agent = _sub_agent(conversation, decision)
    if decision and sub_agent and sub_agent.summary_template:
        values = _values(conversation, why, decision)
        return f"**{own['handed_over']}:** {why}\n\n{summaries.fill(sub_agent.summary_template, values)}"
    missing = _missing(sub_agent, decision)
    parts = [
        ("handed_over", why),
        ("customer", _customer(conversation)),
        *_about(conversation, decision, own),
        *_left(conversation, missing, own),
        ("articles", _articles(conversation, decision)),
        *_before(conversation),
        ("last_said", _lines(f"{_who(each)}: {_short(each.text)}" for each in _said(conversation, LINES))),
    ]
    return "\n\n".join(f"**{own[name]}:**{_after(text)}" for name, text in parts if text)


def collected(decision: Decision, language: str = "en") -> str:
    """Markdown of what the customer was asked for, for people."""
    return f"**{words(language)['collected']}:**{_after(_facts(decision))}"


def _after(text: str) -> str:
    return f"\n{text}" if text.startswith("- ") else f" {text}"


def _about(conversation: Conversation, decision: Decision | None, own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What they want, and what was tried."""
    yield "wants", _question(conversation)
    replies = [each for each in _said(conversation, ASKED) if each.author == Message.Author.AGENT]
    last = own["replied"].format(count=len(replies), text=_short(replies[-1].text)) if replies else own["nothing"]
    yield "tried", last
    if decision:
        yield "facts", _facts(decision)
        yield "note", decision.note
        yield "actions", _lines(map(_called, decision.actions))


def _before(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """What the platform knows: its people may be elsewhere now."""
    said, known = background.before_us(conversation, _said(conversation, ASKED))
    yield "known", _lines(f"{name}: {_short(value)}" for name, value in known.items())
    yield "before", _lines(f"{past.author or past.who}: {_short(past.text)}" for past in said[-LINES:])


def _left(conversation: Conversation, missing: str, own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is open, and what to do next."""
    said = _said(conversation, ASKED)
    answered = bool(said) and said[-1].author != Message.Author.CUSTOMER
    last = next((each for each in reversed(said) if each.author == Message.Author.CUSTOMER), None)
    unanswered = own["unanswered"].format(text=_short(last.text)) if last and not answered else ""
    yield "open", _lines(filter(None, (own["missing"].format(names=missing) if missing else "", unanswered)))
    steps = (own["check"].format(names=missing) if missing else "", own["done"] if answered else "", own["reply"])
    yield "next", _lines(filter(None, steps))


def _customer(conversation: Conversation) -> str:
    contact = conversation.identity.contact
    known = (contact.email, contact.phone, conversation.spoken, *contact.tags)
    about = [each for each in known if each and each != str(contact)]
    return f"{contact} ({', '.join(about)})" if about else str(contact)


def _articles(conversation: Conversation, decision: Decision | None) -> str:
    if not decision or not decision.articles:
        return ""
    titles = conversation.gateway.agent.articles.filter(pk__in=decision.articles).values_list("title", flat=True)
    return ", ".join(titles)


def _missing(sub_agent: SubAgent | None, decision: Decision | None) -> str:
    """The names of the facts that the sub agent wants and the customer hasn't told."""
    told = {each.name for each in decision.collected} if decision else set()
    return ", ".join(fact.name for fact in facts.briefs(sub_agent.facts) if fact.name not in told) if sub_agent else ""


def _sub_agent(conversation: Conversation, decision: Decision | None) -> SubAgent | None:
    if not decision or not decision.sub_agent:
        return None
    return SubAgent.objects.filter(agent=conversation.gateway.agent_id, slug=decision.sub_agent).first()


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _values(conversation: Conversation, why: str, decision: Decision) -> dict[str, str]:
    """What may stand in a template's placeholders: `summaries.PLACEHOLDERS`."""
    return {
        "customer": str(conversation.identity.contact),
        "facts": _facts(decision),
        "language": conversation.language,
        "note": decision.note,
        "question": _question(conversation),
        "reason": why,
        "reply": decision.words,
        "sub_agent": decision.sub_agent,
    }


def _facts(decision: Decision) -> str:
    return _lines(f"{each.name}: {_short(each.value)}" for each in decision.collected)


def _question(conversation: Conversation) -> str:
    """What the customer has written since a person last did."""
    own: list[str] = []
    for message in _said(conversation, ASKED):
        if message.author == Message.Author.HUMAN:
            own.clear()
        elif message.author == Message.Author.CUSTOMER:
            own.append(_short(message.text))
    return "\n".join(own)


def _said(conversation: Conversation, most: int) -> list[Message]:
    """The last things said, oldest first."""
    return list(conversation.messages.filter(kind=Message.Kind.MESSAGE).order_by("-seq")[:most])[::-1]


def _called(call: ActionCall) -> str:
    shown = f" {_short(call.outputs)}" if call.outputs else ""
    return f"{call.name} `{_short(call.arguments)}`: {call.outcome}{shown}"


def _who(message: Message) -> str:
    return message.author_name or message.get_author_display()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
