"""A Bot API server with one bot: https://core.telegram.org/bots/api. As strict as the real one where we know it."""

import json
import re
import threading
import time
from html.parser import HTMLParser
from typing import Any

from tests.loopback.forms import Sent, read_form
from tests.loopback.server import Platform, Reply, Request

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Shop", "username": "shop_support_bot"}
KINDS = ("photo", "document", "voice", "video", "audio")
TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "tg-spoiler"}


class Refusal(Exception):
    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def _asked(request: Request) -> dict[str, Any]:
    """The parameters, which come as JSON, or with files as a form."""
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        return dict(request.json())
    form = read_form(content_type, request.body)
    return {name: value if isinstance(value, Sent) else json.loads(value) for name, value in form.items()}


def _keyboard(asked: dict[str, Any]) -> dict[str, Any]:
    """What to keep of a message's buttons. Refuses what the real one refuses."""
    if "reply_markup" not in asked:
        return {}
    for button in [button for row in asked["reply_markup"]["inline_keyboard"] for button in row]:
        if not button.get("text") or not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": asked["reply_markup"]}


def _words(message: dict[str, Any]) -> str:
    return next((f"[{kind} {message[kind].name}]" for kind in KINDS if kind in message), message.get("text", ""))


class Entities(HTMLParser):
    """Reads the marks out of a text, or refuses it in the words of the real one."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.text, self.open = "", list[str]()
        self.feed(text)
        self.close()
        if self.open:
            raise Refusal(
                400, f"Bad Request: can't parse entities: Can't find end tag corresponding to {self.open[-1]}"
            )

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in TAGS:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}" at byte offset 0')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refusal(400, "Bad Request: can't parse entities: Unmatched end tag at byte offset 0")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise Refusal(400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 0")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        self.text += {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}.get(name, f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name.startswith("x") else int(name))


class BotApi(Platform):
    routes = {
        ("POST", r"/bot(?P<token>[^/]+)/(?P<method>\w+)"): "called",
        ("GET", r"/file/bot(?P<token>[^/]+)/(?P<path>.+)"): "file",
    }

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[dict[str, Any]] = []  # not confirmed yet
        self.messages: dict[int, list[dict[str, Any]]] = {}  # by chat
        self.actions: list[tuple[int, str]] = []
        self.callbacks: list[str] = []
        self.files: dict[str, bytes] = {}
        self.blocked: set[int] = set()
        self.webhook: dict[str, Any] = {}
        self.last_error = ""
        self._number = 1000
        self._pushes: threading.Thread | None = None

    # --- What people do in their Telegram -----------------------------------------------------------------------------

    def says(self, user: int, text: str = "", *, chat: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A person writes, in the chat with the bot unless another is given."""
        sender = {"id": user, "is_bot": False, "first_name": f"User {user}", "language_code": "en"}
        where = chat or {"id": user, "type": "private", "first_name": sender["first_name"]}
        with self.lock:
            message = {"message_id": self._next(), "from": sender, "chat": where, "date": int(time.time()), **fields}
            if text:
                message["text"] = text
            self.messages.setdefault(where["id"], []).append(message)
            self.happens(message=message)
        return message

    def edits(self, message: dict[str, Any], text: str) -> None:
        with self.lock:
            message.update(text=text, edit_date=int(time.time()))
            self.happens(edited_message=dict(message))

    def blocks(self, user: int) -> None:
        with self.lock:
            self.blocked.add(user)
            bot = {"user": BOT, "status": "kicked", "until_date": 0}
            old, sender = {"user": BOT, "status": "member"}, {"id": user, "is_bot": False, "first_name": "User"}
            chat = {"id": user, "type": "private"}
            told = {"chat": chat, "from": sender, "date": int(time.time()), "old_chat_member": old}
            self.happens(my_chat_member={**told, "new_chat_member": bot})

    def presses(self, user: int, message: dict[str, Any], data: str) -> None:
        with self.lock:
            sender = {"id": user, "is_bot": False, "first_name": f"User {user}"}
            query = {"id": str(self._next()), "from": sender, "message": message, "chat_instance": "1", "data": data}
            self.happens(callback_query=query)

    def happens(self, **kind: Any) -> None:
        """An update for the bot. Wants the lock."""
        self.updates.append({"update_id": self._next(), **kind})
        self.lock.notify_all()

    def sends(self, user: int, kind: str, name: str, content: bytes, **fields: Any) -> dict[str, Any]:
        """A person sends a file: a document, voice …"""
        with self.lock:
            file = {"file_id": f"file{self._next()}", "file_unique_id": "1", "file_size": len(content)}
            self.files[f"documents/{file['file_id']}"] = content
        return self.says(user, **{kind: {**file, "file_name": name, **fields}})

    def heard(self, chat: int) -> list[str]:
        """What the bot said in the chat; a file as its kind and name."""
        with self.lock:
            return [_words(each) for each in self.messages.get(chat, []) if each["from"] == BOT]

    def sent(self, chat: int) -> list[tuple[str, Sent]]:
        """The files that the bot sent to the chat, each with its kind."""
        with self.lock:
            said = [each for each in self.messages.get(chat, []) if each["from"] == BOT]
            return [(kind, each[kind]) for each in said for kind in KINDS if kind in each]

    def buttons(self, chat: int) -> list[str]:
        """What stands on the buttons under the bot's last message with any."""
        rows = next((each["reply_markup"]["inline_keyboard"] for each in self._offers(chat)), [])
        return [button["text"] for row in rows for button in row]

    def presses_one(self, user: int, text: str) -> None:
        """A person presses the button with this text in their chat with the bot."""
        offer = self._offers(user)[0]
        [data] = [
            button["callback_data"]
            for row in offer["reply_markup"]["inline_keyboard"]
            for button in row
            if button["text"] == text
        ]
        self.presses(user, dict(offer), data)

    def _offers(self, chat: int) -> list[dict[str, Any]]:
        with self.lock:
            return [each for each in reversed(self.messages.get(chat, [])) if "reply_markup" in each]

    # --- What the bot may call ----------------------------------------------------------------------------------------

    def called(self, request: Request, token: str, method: str) -> Reply:
        try:
            if token != TOKEN:
                raise Refusal(401, "Unauthorized")
            act = getattr(self, f"on_{method}", None)
            if act is None:
                raise Refusal(404, "Not Found: method not found")
            return Reply({"ok": True, "result": act(_asked(request))})
        except Refusal as no:
            told = {"ok": False, "error_code": no.code, "description": no.description}
            return Reply({**told, **({"parameters": no.parameters} if no.parameters else {})}, no.code)

    def file(self, request: Request, token: str, path: str) -> Reply:
        found = self.files.get(path) if token == TOKEN else None
        return (
            Reply({"ok": False, "error_code": 404, "description": "Not Found"}, 404) if found is None else Reply(found)
        )

    def on_getMe(self, asked: dict[str, Any]) -> Any:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False}

    def on_getUpdates(self, asked: dict[str, Any]) -> Any:
        """The last one to ask gets them: an earlier one that still waits is told so."""
        until = time.monotonic() + asked.get("timeout", 0)
        with self.lock:
            self.asking = ours = object()
            self.lock.notify_all()
            if "offset" in asked:
                self.updates = [update for update in self.updates if update["update_id"] >= asked["offset"]]
            while True:
                if self.webhook:
                    raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
                if self.asking is not ours:
                    about = "terminated by other getUpdates request; make sure that only one bot instance is running"
                    raise Refusal(409, f"Conflict: {about}")
                left = until - time.monotonic()
                if self.updates or left <= 0:
                    return self.updates[: asked.get("limit", 100)]
                self.lock.wait(left)

    def on_setWebhook(self, asked: dict[str, Any]) -> Any:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", asked.get("secret_token", "x")):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        with self.lock:
            self.webhook = dict(asked)
            self.lock.notify_all()
            if self._pushes is None:
                self._pushes = threading.Thread(target=self._push_updates, daemon=True)
                self._pushes.start()
        return True

    def on_deleteWebhook(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            self.webhook = {}
        return True

    def on_getWebhookInfo(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            info = {"url": self.webhook.get("url", ""), "has_custom_certificate": False}
            error = {"last_error_message": self.last_error, "last_error_date": 1} if self.last_error else {}
            return {**info, "pending_update_count": len(self.updates), **error}

    def on_sendMessage(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            chat = self._chat(asked)
            text = self._text(asked)
            sent = {"message_id": self._next(), "from": BOT, "chat": {"id": chat}, "date": int(time.time())}
            answered = {"reply_to_message": asked["reply_parameters"]} if "reply_parameters" in asked else {}
            self.messages[chat].append({**sent, "text": text, **answered, **_keyboard(asked)})
            self.lock.notify_all()
            return self.messages[chat][-1]

    def on_sendPhoto(self, asked: dict[str, Any]) -> Any:
        if len(asked["photo"].content) > 10_000_000:
            raise Refusal(400, "Bad Request: file is too big for a photo")
        if not asked["photo"].content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self._take(asked, "photo")

    def on_sendDocument(self, asked: dict[str, Any]) -> Any:
        return self._take(asked, "document")

    def on_sendVoice(self, asked: dict[str, Any]) -> Any:
        return self._take(asked, "voice")

    def on_sendVideo(self, asked: dict[str, Any]) -> Any:
        return self._take(asked, "video")

    def on_sendAudio(self, asked: dict[str, Any]) -> Any:
        return self._take(asked, "audio")

    def _take(self, asked: dict[str, Any], kind: str) -> Any:
        file = asked.get(kind)
        if not isinstance(file, Sent):
            raise Refusal(400, f"Bad Request: there is no {kind} in the request")
        if not file.content:
            raise Refusal(400, "Bad Request: file must be non-empty")
        if len(file.content) > 50_000_000:
            raise Refusal(413, "Request Entity Too Large")
        with self.lock:
            chat = self._chat(asked)
            told = {"message_id": self._next(), "from": BOT, "chat": {"id": chat}, "date": int(time.time())}
            self.messages[chat].append({**told, kind: file, **_keyboard(asked)})
            self.lock.notify_all()
            return told

    def on_editMessageReplyMarkup(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            sent = [each for each in self.messages[self._chat(asked)] if each["message_id"] == asked.get("message_id")]
            if not sent or sent[0]["from"] != BOT:
                raise Refusal(400, "Bad Request: message to edit not found")
            if sent[0].pop("reply_markup", None) == asked.get("reply_markup"):
                raise Refusal(400, "Bad Request: message is not modified")
            sent[0].update(_keyboard(asked))
            self.lock.notify_all()
            return sent[0]

    def on_editMessageText(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            sent = [each for each in self.messages[self._chat(asked)] if each["message_id"] == asked.get("message_id")]
            if not sent or sent[0]["from"] != BOT:
                raise Refusal(400, "Bad Request: message to edit not found")
            if sent[0]["text"] == (text := self._text(asked)):
                raise Refusal(400, "Bad Request: message is not modified")
            sent[0].pop("reply_markup", None)
            sent[0].update(text=text, **_keyboard(asked))
            self.lock.notify_all()
            return sent[0]

    def on_sendChatAction(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            self.actions.append((self._chat(asked), asked["action"]))
            self.lock.notify_all()
        return True

    def on_answerCallbackQuery(self, asked: dict[str, Any]) -> Any:
        with self.lock:
            self.callbacks.append(asked["callback_query_id"])
        return True

    def on_getFile(self, asked: dict[str, Any]) -> Any:
        if (path := f"documents/{asked['file_id']}") not in self.files:
            raise Refusal(400, "Bad Request: invalid file_id")
        return {"file_id": asked["file_id"], "file_unique_id": "1", "file_path": path}

    # --- How it does so -----------------------------------------------------------------------------------------------

    def _chat(self, asked: dict[str, Any]) -> int:
        chat = asked.get("chat_id")
        if chat not in self.messages:
            raise Refusal(400, "Bad Request: chat not found")
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return int(chat)

    @staticmethod
    def _text(asked: dict[str, Any]) -> str:
        text = Entities(asked["text"]).text if asked.get("parse_mode") == "HTML" else asked.get("text", "")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        return str(text)

    def _push_updates(self) -> None:
        """One after the other, the next once this one is taken."""
        while True:
            with self.lock:
                while not (self.webhook and self.updates):
                    self.lock.wait(1)
                update, hook = self.updates[0], self.webhook
            headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": hook["secret_token"]}
            taken = self.push(hook["url"], json.dumps(update).encode(), headers)
            with self.lock:
                self.last_error = "" if taken else "Wrong response from the webhook"
                if taken:
                    self.updates = [each for each in self.updates if each["update_id"] != update["update_id"]]

    def _next(self) -> int:
        self._number += 1
        return self._number
