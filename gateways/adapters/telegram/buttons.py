"""Buttons under a message: https://core.telegram.org/bots/api#inlinekeyboardmarkup"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateways.bodies import Data, read_id, read_mapping
from gateways.messages import Answered

LONGEST_DATA = 64  # bytes that come back when a button is pressed
LONGEST_ROW = 30  # characters that are shown whole on a phone


def keyboard(choices: Sequence[str]) -> dict[str, Any]:
    """Of `sendMessage` and its like: a button for each, beside each other where there is room. Nothing for none."""
    if not choices:
        return {}
    buttons = [{"text": choice, "callback_data": _data(choice)} for choice in choices]
    rows = [buttons] if sum(map(len, choices)) <= LONGEST_ROW else [[button] for button in buttons]
    return {"reply_markup": {"inline_keyboard": rows}}


def _data(choice: str) -> str:
    """The words themselves: they count where Telegram, after a long time, doesn't tell what stands on the button."""
    return choice.encode()[:LONGEST_DATA].decode(errors="ignore")


def label(message: Data, data: str) -> str:
    """What is written on the button with this data."""
    rows = read_mapping(message, "reply_markup").get("inline_keyboard")
    buttons = [button for row in rows if isinstance(row, list) for button in row] if isinstance(rows, list) else []
    found = (each.get("text") for each in buttons if isinstance(each, dict) and each.get("callback_data") == data)
    return next((text for text in found if isinstance(text, str) and text), data)


def pressed(message: Data, data: str) -> dict[str, str]:
    """What is kept with the words of somebody who pressed a button: which one, and under which message."""
    return {"button": data, **({"answers": answers} if (answers := read_id(message, "message_id")) else {})}


def pressed_under(answers: Answered | None) -> int | None:
    """The message whose button the customer pressed last, if they did."""
    known: Mapping[str, Any] = answers.metadata if answers else {}
    message_id = str(known.get("answers", ""))
    return int(message_id) if "button" in known and message_id.isdigit() else None
