"""Telegram: a bot that customers write to, by webhook or by long polling. https://core.telegram.org/bots/api

In:  updates, one per request: https://core.telegram.org/bots/api#update. They come with a secret that we chose, or are
     asked for. There is no time in them, so a replayed one is recognised by its key alone.
Out: sendMessage in HTML, and as plain text where Telegram can't read that; files, each by itself. There is neither a
     key for repeats nor a way to read back, so what has an unknown outcome is the operator's to decide.
"""

import hmac
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateways.adapters.telegram.buttons import keyboard, pressed_under
from gateways.adapters.telegram.calls import BIGGEST_FILE, CallError, Calls
from gateways.adapters.telegram.options import TELEGRAM, Config
from gateways.adapters.telegram.updates import Bot, event
from gateways.adapters.telegram.uploads import BIGGEST, DOCUMENT, best_way
from gateways.base import Adapter, Answer, Capabilities, Connection, Files, Health, InboundRequest, Polled, Unit, length
from gateways.bodies import read_object
from gateways.errors import DeliveryError, Failure, Malformed, SignatureError, Unparsable
from gateways.formatting.render import plain
from gateways.formatting.telegram_html import telegram_html, visible
from gateways.messages import Attachment, Event, Outgoing, Purpose, Reply, Sent, Typing

Say = Callable[[Mapping[str, Any], Mapping[str, Any]], Sent]  # where, and in which words

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")  # of updates that we want
PORTS = (443, 80, 88, 8443)  # that Telegram calls
AT_ONCE = 1.0  # seconds in which the Bot API says that a webhook stands in the way
SHOWN_OFF = {"is_disabled": True}  # link previews
AGENTS_ANSWER = (Purpose.REPLY, Purpose.HANDOVER)
PRIVATE_PACE, GROUP_PACE = 1.0, 3.0  # seconds: one message per second in a chat, twenty per minute in a group


class Telegram(Adapter):
    label = "Telegram"
    docs = "https://core.telegram.org/bots/api"
    capabilities = Capabilities(
        rate=30.0,
        quotes=True,
        polls=True,
        connects=True,
        edits=True,
        typing=True,
        choices=True,
        files=Files.APART,
        max_file=BIGGEST,
        max_length=4096,
        unit=Unit.UTF16,
    )
    Config = Config

    # --- In ---

    def verify(self, request: InboundRequest) -> None:
        given, ours = request.headers.get(SECRET_HEADER, ""), self.config.webhook_secret
        if not ours:
            raise SignatureError("This gateway has no webhook secret yet. Ask its operator to set one.")
        if not hmac.compare_digest(given.encode(), ours.encode()):
            raise SignatureError("The secret token is missing or wrong. Connect the gateway again.")

    def parse(self, request: InboundRequest) -> Iterable[Event]:
        try:
            yield event(read_object(request.body), self._bot())
        except Malformed as error:
            raise Unparsable(error.public) from error

    def acknowledge(self, request: InboundRequest) -> Answer | None:
        """A pressed button turns until it is told that somebody has noticed."""
        if b'"callback_query"' not in request.body:
            return None
        try:
            query = read_object(request.body).get("callback_query")
        except Malformed:
            return None
        if not isinstance(query, dict) or not isinstance(query.get("id"), str):
            return None
        called = {"method": "answerCallbackQuery", "callback_query_id": query["id"]}
        return Answer(200, json.dumps(called), "application/json")

    def wants_polling(self) -> bool:
        return bool(self.config.receive == "polling")

    def poll(self, cursor: Mapping[str, Any], wait: float) -> Polled:
        offset = {"offset": cursor["offset"]} if "offset" in cursor else {}
        began = time.monotonic()
        try:
            updates = self._calls().call(
                "getUpdates", wait=wait, timeout=int(wait), limit=100, allowed_updates=KINDS, **offset
            )
        except CallError as error:
            if error.vendor_code == "409" and time.monotonic() - began < AT_ONCE:
                self._make_way()  # what comes later is somebody's setting a webhook just now
            raise
        known = [update for update in updates or [] if isinstance(update.get("update_id"), int)]
        for update in known:
            self._notice(update)
        following = {"offset": max(update["update_id"] for update in known) + 1} if known else dict(cursor)
        headers = {"content-type": "application/json"}
        return Polled(tuple(InboundRequest("POST", headers, json.dumps(each).encode()) for each in known), following)

    def fetch(self, attachment: Attachment) -> bytes:
        if (attachment.size or 0) > BIGGEST_FILE and self.config.api_url == TELEGRAM:
            raise DeliveryError(Failure.REJECTED, "Telegram gives bots no files of more than 20 MB.")
        file = self._calls().call("getFile", file_id=attachment.reference)
        path = file.get("file_path") if isinstance(file, dict) else None
        if not isinstance(path, str) or not path:
            raise DeliveryError(Failure.REJECTED, "Telegram doesn't have this file any more.")
        return self._calls().download(path)

    # --- Out ---

    @classmethod
    def length(cls, text: str) -> int:
        """As Telegram counts, in either of the two forms in which it may go out."""
        return max(length(form, Unit.UTF16) for form in (visible(telegram_html(text)), plain(text)))

    @classmethod
    def pace(cls, thread: str) -> float:
        return GROUP_PACE if thread.startswith("-") else PRIVATE_PACE

    def send(self, outgoing: Outgoing) -> Sent:
        match outgoing.effect:
            case Typing():
                self._calls().call("sendChatAction", action="typing", **_chat(outgoing.thread))
                return Sent()
            case Reply() as reply:
                self._take_buttons_away(outgoing)
                return self._send_file(outgoing) if outgoing.files else self._send_text(outgoing, reply)
        raise DeliveryError(Failure.REJECTED, f"Telegram has nothing like a {outgoing.effect.kind}.")

    def _send_text(self, outgoing: Outgoing, reply: Reply) -> Sent:
        buttons = keyboard(reply.choices)
        if not reply.replaces:
            return self._say(reply.text, {**_chat(outgoing.thread), **_answered(outgoing), **buttons}, self._sent)
        chat = {"chat_id": _chat(outgoing.thread)["chat_id"], **buttons}  # an edit names no topic
        return self._say(reply.text, {**chat, "message_id": int(reply.replaces)}, self._edited)

    def _send_file(self, outgoing: Outgoing) -> Sent:
        """As what it is, and as a document where Telegram doesn't find that it is that; in the group it is in now."""
        where, [file] = {**_chat(outgoing.thread), **_answered(outgoing)}, outgoing.files
        way = best_way(file)
        try:
            return self._uploaded(way, file, where)
        except CallError as error:
            if error.vendor_code != "400" or way == DOCUMENT:
                raise
        return self._uploaded(DOCUMENT, file, where)

    def _uploaded(self, way: tuple[str, str], file: Attachment, where: Mapping[str, Any]) -> Sent:
        method, field = way
        try:
            return _numbered(self._calls().upload(method, {field: file}, **where))
        except CallError as error:
            if not isinstance(moved := error.parameters.get("migrate_to_chat_id"), int):
                raise
        return _numbered(self._calls().upload(method, {field: file}, chat_id=moved))

    def _take_buttons_away(self, outgoing: Outgoing) -> None:
        """After one was pressed, before the agent's answer. What is polled for is seen sooner: see `_notice`."""
        said_by_agent = isinstance(outgoing.effect, Reply) and outgoing.effect.purpose in AGENTS_ANSWER
        message_id = pressed_under(outgoing.answers)
        if said_by_agent and message_id is not None and not self.wants_polling():
            chat = {"chat_id": _chat(outgoing.thread)["chat_id"]}
            self._calls().try_to("editMessageReplyMarkup", **chat, message_id=message_id)

    def _say(self, text: str, where: Mapping[str, Any], say: Say) -> Sent:
        """In HTML, else plain; in the group that this one has become, if it has."""
        html = {"text": telegram_html(text), "parse_mode": "HTML"}
        try:
            return say(where, html)
        except CallError as error:
            if "can't parse entities" in error.description:
                return say(where, {"text": plain(text)})
            if not isinstance(moved := error.parameters.get("migrate_to_chat_id"), int):
                raise
        buttons = {name: where[name] for name in ("reply_markup",) if name in where}
        return self._sent({"chat_id": moved, **buttons}, html)

    def _edited(self, where: Mapping[str, Any], text: Mapping[str, Any]) -> Sent:
        """The same message with other words. An edit that has been made already is made."""
        try:
            self._calls().call("editMessageText", **where, **text, link_preview_options=SHOWN_OFF)
        except CallError as error:
            if "message is not modified" not in error.description:
                raise
        return Sent(str(where["message_id"]))

    def _sent(self, where: Mapping[str, Any], text: Mapping[str, Any]) -> Sent:
        return _numbered(self._calls().call("sendMessage", **where, **text, link_preview_options=SHOWN_OFF))

    # --- The account ---

    def check(self) -> Health:
        bot = self._calls().call("getMe")
        hook = self._calls().call("getWebhookInfo")
        name = f"@{bot.get('username', '?')}"
        problem = self._mismatch(name, hook)
        return Health(ok=not problem, message=problem or f"The token is {name}'s. {_in_words(hook)}".strip())

    def connect(self, address: str, state: Mapping[str, Any]) -> Connection:
        parts = urlsplit(address)
        if self.config.api_url == TELEGRAM and (parts.scheme != "https" or (parts.port or 443) not in PORTS):
            sentence = f"Telegram calls only https addresses on the ports {', '.join(map(str, PORTS))}. Set PUBLIC_URL."
            raise DeliveryError(Failure.REJECTED, sentence)
        if self.config.receive != "webhook":
            raise DeliveryError(Failure.REJECTED, "This gateway polls. Set “Receive by” to “webhook” and save first.")
        secret = self.config.webhook_secret
        self._calls().call("setWebhook", url=address, secret_token=secret, allowed_updates=KINDS)
        return Connection(state={"url": address})

    def disconnect(self, state: Mapping[str, Any]) -> None:
        self._calls().call("deleteWebhook")

    def _mismatch(self, name: str, hook: Mapping[str, Any]) -> str:
        """What of the configuration doesn't fit what Telegram says, as a sentence."""
        url, host = str(hook.get("url") or ""), urlsplit(str(hook.get("url") or "")).hostname
        if self.config.username and self._bot().username != name.lstrip("@").lower():
            return f"The token is {name}'s, not @{self._bot().username}'s. Correct the user name."
        if self.wants_polling() and url:
            return f"{name} has a webhook at {host}, so it can't be polled. Disconnect it there, or choose “webhook”."
        if not self.wants_polling() and not url:
            return f"{name} has no webhook yet. Press “Connect”."
        if not self.wants_polling() and not self._is_ours(url):
            return f"{name} has a webhook at {host} that isn't this gateway's. Press “Connect” to take it over."
        if not self.wants_polling() and hook.get("last_error_message") and hook.get("pending_update_count"):
            return f"Telegram can't deliver to {host}. {_in_words(hook)}"
        return ""

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url).path.endswith(f"/hooks/{self.account.public_id}")

    def _make_way(self) -> None:
        """Remove our own webhook, which was left from before; raise for anybody else's."""
        url = str(self._calls().call("getWebhookInfo").get("url") or "")
        if self._is_ours(url):
            self._calls().call("deleteWebhook")
        elif url:
            sentence = (
                f"The bot has a webhook at {urlsplit(url).hostname}, so it can't be polled. Remove it there first."
            )
            raise DeliveryError(Failure.CREDENTIALS, sentence)

    def _notice(self, update: Mapping[str, Any]) -> None:
        """The same as `acknowledge`, for what was asked for. A button that goes on turning is no harm."""
        query = update.get("callback_query")
        if not isinstance(query, dict) or not isinstance(query.get("id"), str):
            return
        self._calls().try_to("answerCallbackQuery", callback_query_id=query["id"])
        message = query.get("message")
        chat = message.get("chat") if isinstance(message, dict) else None
        if isinstance(message, dict) and isinstance(chat, dict):
            where = {"chat_id": chat.get("id"), "message_id": message.get("message_id")}
            self._calls().try_to("editMessageReplyMarkup", **where)

    def _bot(self) -> Bot:
        """The number before the colon of the token is the bot's id."""
        username = self.config.username.lstrip("@").lower()
        return Bot(self.config.token.partition(":")[0], username, self.config.groups)

    def _calls(self) -> Calls:
        return Calls(self.http, self.config.api_url, self.config.token)


def _chat(thread: str) -> dict[str, Any]:
    chat, _, topic = thread.partition("/")
    try:
        return {"chat_id": int(chat), **({"message_thread_id": int(topic)} if topic else {})}
    except ValueError:
        raise DeliveryError(Failure.REJECTED, "The conversation has no chat of Telegram's.") from None


def _numbered(message: Any) -> Sent:
    return Sent(str(message["message_id"]) if isinstance(message, dict) and "message_id" in message else "")


def _answered(outgoing: Outgoing) -> dict[str, Any]:
    """In groups, which message it answers; in a chat of two nobody has to ask."""
    answers, effect = outgoing.answers, outgoing.effect
    if not outgoing.thread.startswith("-") or not isinstance(effect, Reply) or effect.purpose is not Purpose.REPLY:
        return {}
    if answers is None or not answers.message_id.isdigit():
        return {}
    return {"reply_parameters": {"message_id": int(answers.message_id), "allow_sending_without_reply": True}}


def _in_words(hook: Mapping[str, Any]) -> str:
    """What getWebhookInfo tells that somebody may have to look after."""
    waiting, error = hook.get("pending_update_count"), hook.get("last_error_message")
    words = [
        f"{waiting} updates wait to be delivered." if waiting else "",
        f"Its last error: {error}." if error else "",
    ]
    return " ".join(filter(None, words))
