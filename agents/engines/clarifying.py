"""Questions back: which topics were offered, and which of them the customer picked."""

import re
from collections.abc import Sequence

from agents import wordings
from agents.engines.base import Brief, Speaker
from agents.engines.politeness_tables import MORE_YES
from agents.engines.words import fold

_NUMBER = re.compile(r"\W*(?:number|no|nr|nummer|numero|option|topic)?\W*([1-3１-３])(?:st|nd|rd)?\W*")
_YES = re.compile(
    rf"\W*(?:{MORE_YES}|yes|yep|yeah|yup|exactly|correct|right|that's it|"
    r"ja|genau|jawohl|oui|exactement|si|exacto|esatto|sim|isso|"
    r"klopt|tak|zgadza sie|はい|そうです|是|是的|对|對)(?: please| bitte)?\W*"
)


def last_question_back(brief: Brief) -> str:
    """The question back that the customer's new lines reply to; "" when the agent's last line was anything else."""
    before = [line for line in brief.transcript[: -brief.new] if line.speaker is not Speaker.CUSTOMER]
    if not before or before[-1].speaker is not Speaker.AGENT:
        return ""
    text = before[-1].text
    return text if wordings.comes_from(text, "clarify") or wordings.comes_from(text, "clarify_open") else ""


def numbered(topics: Sequence[str]) -> str:
    """Topics as a markdown list that can be answered with a number."""
    return "\n".join(f"{number}. {topic}" for number, topic in enumerate(topics, start=1))


def picked_topic(reply: str, question_back: str, titles: Sequence[str]) -> str:
    """The title that the customer chose by its number, or with a yes if only one was offered; else ""."""
    offered = re.findall(r"^\d\. (.+)$", question_back, re.MULTILINE)
    offered = [title for title in offered if title in titles]
    if match := _NUMBER.fullmatch(fold(reply)):
        number = int(match[1])
        return offered[number - 1] if number <= len(offered) else ""
    return offered[0] if len(offered) == 1 and _YES.fullmatch(fold(reply)) else ""
