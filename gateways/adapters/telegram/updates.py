"""What an Update says, https://core.telegram.org/bots/api#update: a table from its kinds to events.

A conversation is a chat, or a topic of one: “-100123” or “-100123/7”. Old and unusual shapes are common, so only what
is needed is demanded.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from gateways.adapters.telegram import buttons, media
from gateways.bodies import Data, read_id, read_line, read_mapping, read_needed_id
from gateways.errors import Malformed
from gateways.messages import CustomerSaid, Edited, Event, Gone, Ignored, Person, Unreachable

START = re.compile(r"/start(?!\w)")
STARTED = "👋"  # what it means to press “Start”; the command stands in the metadata, with the payload of a deep link
PRIVATE, GROUPS = "private", ("group", "supergroup")


@dataclass(frozen=True, slots=True)
class Bot:
    """Who we are in chats, and which messages in groups are ours to answer."""

    id: str
    username: str = ""  # without @, lower case
    groups: str = "addressed"


def event(update: Data, bot: Bot) -> Event:
    """Raises Malformed for what is no update."""
    key = f"update:{read_needed_id(update, 'update_id')}"
    kind = next((kind for kind in READERS if kind in update), "")
    if kind:
        return READERS[kind](key, read_mapping(update, kind), bot)
    others = ", ".join(sorted(name for name in update if name != "update_id"))[:80]
    return Ignored(key, f"Updates of this kind aren't acted on: {others or 'none that we know'}.")


def thread_of(message: Data) -> str:
    chat = read_needed_id(read_mapping(message, "chat"), "id", "chat.id")
    topic = read_id(message, "message_thread_id") if message.get("is_topic_message") is True else ""
    return f"{chat}/{topic}" if topic else chat


def _said(key: str, message: Data, bot: Bot) -> Event:
    chat = read_mapping(message, "chat")
    if "migrate_to_chat_id" in message:
        into = read_needed_id(message, "migrate_to_chat_id")
        return Gone(key, thread_of(message), "The group has become a supergroup.", into=into)
    if why := _not_ours(message, chat, bot):
        return Ignored(key, why)
    thread, message_id = thread_of(message), read_needed_id(message, "message_id")
    text = _text(message, bot)
    if not text:
        return Ignored(key, "It holds nothing that anyone wrote.")
    return CustomerSaid(
        key=f"message:{thread_of({**message, 'is_topic_message': False})}:{message_id}",
        thread=thread,
        sender=_person(read_mapping(message, "from")),
        text=text,
        message_id=message_id,
        subject=read_line(chat, "title"),
        at=_time(message),
        metadata=_metadata(message),
        attachments=media.attachments(message),
    )


def _edited(key: str, message: Data, bot: Bot) -> Event:
    if why := _not_ours(message, read_mapping(message, "chat"), bot):
        return Ignored(key, why)
    message_id, text = read_needed_id(message, "message_id"), _text(message, bot)
    return Edited(key, thread_of(message), message_id, text=text) if text else Ignored(key, "Nothing is left of it.")


def _pressed(key: str, query: Data, bot: Bot) -> Event:
    """A button under a message was pressed: what stands on it counts as said."""
    message, data = read_mapping(query, "message"), query.get("data")
    if not isinstance(data, str) or not data or "chat" not in message:
        return Ignored(key, "A button was pressed that isn't in any chat of ours.")
    sender = _person(read_mapping(query, "from"))
    key, text = f"callback:{read_needed_id(query, 'id')}", buttons.label(message, data)
    return CustomerSaid(key, thread_of(message), sender, text, metadata=buttons.pressed(message, data))


def _member(key: str, change: Data, bot: Bot) -> Event:
    """What happened to the bot itself in a chat."""
    status, thread = read_mapping(change, "new_chat_member").get("status"), thread_of(change)
    private = read_mapping(change, "chat").get("type") == PRIVATE
    if status not in ("kicked", "left"):
        return Ignored(key, "The bot may write in this chat.")
    if private:
        return Unreachable(key, thread, "The customer has blocked the bot.")
    return Gone(key, thread, "The bot was removed from the group.")


def _ignored(why: str, key: str, data: Data, bot: Bot) -> Event:
    return Ignored(key, why)


READERS: Mapping[str, Callable[[str, Data, Bot], Event]] = {
    "message": _said,
    "edited_message": _edited,
    "callback_query": _pressed,
    "my_chat_member": _member,
    "channel_post": partial(_ignored, "Channels aren't conversations."),
    "edited_channel_post": partial(_ignored, "Channels aren't conversations."),
    "business_message": partial(_ignored, "Chats of business accounts aren't looked after."),
    "edited_business_message": partial(_ignored, "Chats of business accounts aren't looked after."),
}


# --- Whose message it is ----------------------------------------------------------------------------------------------


def _not_ours(message: Data, chat: Data, bot: Bot) -> str:
    """Why a message isn't ours to answer, as a sentence; "" if it is."""
    kind, sender = chat.get("type"), read_mapping(message, "from")
    if not sender or sender.get("is_bot") is True or message.get("is_automatic_forward") is True:
        return "No person wrote it."
    if kind == PRIVATE:
        return ""
    if kind not in GROUPS:
        return "Channels aren't conversations."
    if bot.groups == "none":
        return "Groups aren't looked after."
    if bot.groups == "all" or _addresses(message, bot):
        return ""
    return "It was said in a group, and not to the bot."


def _addresses(message: Data, bot: Bot) -> bool:
    """Whether it mentions the bot, answers it or is a command for it."""
    if read_id(read_mapping(read_mapping(message, "reply_to_message"), "from"), "id") == bot.id:
        return True
    for kind, text, entity in media.entities(message):
        name = text.lower().partition("@")[2]
        if kind == "text_mention" and read_id(read_mapping(entity, "user"), "id") == bot.id:
            return True
        if kind == "mention" and name == bot.username != "":
            return True
        if kind == "bot_command" and (name == bot.username != "" or not name):
            return True
    return False


# --- What it says -----------------------------------------------------------------------------------------------------


def _text(message: Data, bot: Bot) -> str:
    """The words, with what can't be shown as words told in brackets, and without our own name."""
    text = media.text(message)
    if START.match(text):
        return STARTED
    if bot.username:
        text = re.sub(rf"@{bot.username}\b", "", text, flags=re.IGNORECASE)
    return "\n".join(filter(None, (text.strip(), media.told(message))))


def _metadata(message: Data) -> dict[str, Any]:
    answered = read_mapping(message, "reply_to_message")
    text = media.text(message)
    command, _, payload = text[1:].partition(" ") if text.startswith("/") else ("", "", "")
    found = {
        "username": read_line(read_mapping(message, "from"), "username"),
        "language": read_line(read_mapping(message, "from"), "language_code"),
        "answers": read_id(answered, "message_id"),
        "answers_text": (media.text(answered) if answered else "")[:300],
        "command": command.partition("@")[0],
        "payload": payload[:64],
        "album": read_id(message, "media_group_id"),
        "forwarded": "yes" if "forward_origin" in message or "forward_date" in message else "",
    }
    return {name: value for name, value in found.items() if value}


def _person(user: Data) -> Person:
    names = (read_line(user, "first_name"), read_line(user, "last_name"))
    return Person(read_needed_id(user, "id", "from.id"), " ".join(filter(None, names)) or read_line(user, "username"))


def _time(message: Data) -> datetime | None:
    seconds = message.get("date")
    if not isinstance(seconds, int) or not 0 < seconds < 10**11:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Malformed("“date” must be seconds since 1970.") from None
