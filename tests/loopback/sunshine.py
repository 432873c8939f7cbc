"""Sunshine Conversations with one app: https://developer.zendesk.com/api-reference/conversations/

As strict as the real one where we know it. Users write in it, `people` answer from the Agent Workspace while that is in
control on the switchboard. It can stand alone, or share its server with the tickets of a Zendesk (`Messaging`).
"""

import base64
import json
import threading
from collections import deque
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

from tests.loopback.server import Platform, Reply, Request

APP, KEY, KEY_SECRET = "64aa00000000000000000001", "app_64aa", "a-secret-key-of-the-app"
WEBHOOK_SECRET = "8564b3e6a8b20a4bdb68b05ce9bc5936"
ROOT = rf"/sc/v2/apps/{APP}"
ID = r"(?P<id>[0-9a-f]{24})"
TALK = rf"{ROOT}/conversations/{ID}"
BOARD = rf"{ROOT}/switchboards/(?P<board>[0-9a-f]{{24}})/switchboardIntegrations"
LONGEST_TEXT, LONGEST_METADATA, PAGE = 4096, 4096, 100
AT_ONCE = 3  # events in one body at most


class Refused(Exception):
    def __init__(self, status: int, code: str, title: str) -> None:
        super().__init__(title)
        self.reply = Reply({"errors": [{"code": code, "title": title}]}, status)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Sunshine(Platform):
    routes = {
        ("POST", rf"{TALK}/messages"): "post_message",
        ("GET", rf"{TALK}/messages"): "list_messages",
        ("GET", TALK): "one_conversation",
        ("PATCH", TALK): "update_conversation",
        ("GET", rf"{TALK}/participants"): "participants",
        ("POST", rf"{TALK}/activity"): "activity",
        ("POST", rf"{TALK}/passControl"): "pass_control",
        ("GET", rf"{ROOT}/users/{ID}"): "one_talker",
        ("POST", rf"{ROOT}/attachments"): "upload_attachment",
        ("GET", r"/sc/attachments/v2/(?P<name>.+)"): "media",
        ("GET", r"/signed/(?P<name>.+)"): "signed",
        ("GET", rf"{ROOT}/integrations"): "all_integrations",
        ("POST", rf"{ROOT}/integrations"): "create_integration",
        ("DELETE", rf"{ROOT}/integrations/{ID}"): "delete_integration",
        ("GET", rf"{ROOT}/integrations/{ID}/webhooks"): "integration_webhooks",
        ("PATCH", rf"{ROOT}/integrations/{ID}/webhooks/(?P<hook>[0-9a-f]{{24}})"): "update_integration_webhook",
        ("GET", rf"{ROOT}/switchboards"): "all_switchboards",
        ("GET", BOARD): "all_places",
        ("POST", BOARD): "create_place",
        ("PATCH", rf"{BOARD}/{ID}"): "update_place",
        ("DELETE", rf"{BOARD}/{ID}"): "delete_place",
    }

    def __init__(self) -> None:
        super().__init__()
        self._made = 0
        self.talkers: dict[str, dict[str, Any]] = {}
        self.talks: dict[str, dict[str, Any]] = {}  # by id: the conversation, with `said`, `control` and `user`
        self.shown: list[str] = []  # conversations in which somebody was shown to type
        self.media_files: dict[str, tuple[str, bytes]] = {}
        self.integrations: dict[str, dict[str, Any]] = {}
        self.workspace = self._place("zd-agentWorkspace", "zd:agentWorkspace")
        self.places = [self.workspace]
        self.board = {"id": self.make(), "enabled": True, "defaultSwitchboardIntegrationId": self.workspace["id"]}
        self._news: deque[tuple[dict[str, Any], str]] = deque()  # each with the place that was in control before
        self._pushes = threading.Thread(target=self._push_events, daemon=True)
        self._threads.append(self._pushes)

    def make(self) -> str:
        self._made += 1
        return f"64aa{self._made:020x}"

    def _place(self, name: str, kind: str, integration: str = "") -> dict[str, Any]:
        known = {"id": self.make(), "name": name, "integrationId": integration or self.make(), "integrationType": kind}
        return {**known, "deliverStandbyEvents": kind == "custom"}

    def handle(self, request: Request) -> Reply:
        if not request.path.startswith("/sc/v2/"):
            return super().handle(request)
        with self.lock:
            proof = base64.b64encode(f"{KEY}:{KEY_SECRET}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {proof}":
                return Refused(401, "unauthorized", "Authorization is required").reply
            if len(request.body) > 100_000 and "json" in request.headers.get("content-type", ""):
                return Refused(413, "request_entity_too_large", "Request entity too large").reply
            try:
                return super().handle(request)
            except Refused as no:
                return no.reply

    # --- What people do -----------------------------------------------------------------------------------------------

    def begins(self, name: str = "aissist") -> None:
        """Who answers first from now on."""
        with self.lock:
            self.board["defaultSwitchboardIntegrationId"] = self._place_named(name)["id"]

    def arrives(self, name: str, **profile: str) -> str:
        """A customer opens the messenger: the conversation, with whoever answers first in control."""
        with self.lock:
            user = {"id": self.make(), "authenticated": False, "profile": {"givenName": name, **profile}}
            self.talkers[user["id"]] = user
            talk = {"id": self.make(), "type": "personal", "metadata": {}, "said": [], "user": user["id"]}
            self.talks[talk["id"]] = {**talk, "control": self.board["defaultSwitchboardIntegrationId"]}
            return str(talk["id"])

    def says(self, talk: str, text: str = "", **content: Any) -> dict[str, Any]:
        """The customer writes."""
        with self.lock:
            user = self.talkers[self.talks[talk]["user"]]
            author = {"type": "user", "userId": user["id"], "displayName": user["profile"]["givenName"], "user": user}
            said = {"type": "text", "text": text, **content}
            return self._add(talk, author, said, {"type": "web", "integrationId": self.make()})

    def presses(self, talk: str, choice: str) -> None:
        """The customer presses one of the buttons below the last message of ours."""
        with self.lock:
            actions = self.talks[talk]["said"][-1]["content"].get("actions", [])
            [action] = [each for each in actions if each["text"] == choice]
        self.says(talk, choice, payload=action["payload"])

    def answers(self, talk: str, text: str, by: str = "Grace") -> None:
        """A person answers from the Agent Workspace, which takes control if it hasn't got it."""
        with self.lock:
            if self.talks[talk]["control"] != self.workspace["id"]:
                self._pass(self.talks[talk], self.workspace, {})
            author, source = {"type": "business", "displayName": by}, {"type": "zd:agentWorkspace"}
            self._add(talk, author, {"type": "text", "text": text}, source)

    def ends(self, talk: str, name: str = "aissist") -> None:
        """The people are done with it: control goes back."""
        with self.lock:
            self._pass(self.talks[talk], self._place_named(name), {})

    def heard_in(self, talk: str) -> list[str]:
        """What the business said to the customer, files by their names."""
        with self.lock:
            said = [each["content"] for each in self.talks[talk]["said"] if each["author"]["type"] == "business"]
            return [each.get("text") or each.get("altText", "") for each in said]

    def handed(self, talk: dict[str, Any], metadata: dict[str, Any]) -> None:
        """The Agent Workspace got control: where there are tickets, one is made. Wants the lock."""

    # --- Conversations ------------------------------------------------------------------------------------------------

    def post_message(self, request: Request, id: str) -> Reply:
        self._talk(id)
        given = request.json()
        author, content = given.get("author") or {}, given.get("content") or {}
        if author.get("type") != "business":
            raise Refused(400, "bad_request", "author.type must be business here")
        self._check(content, given.get("metadata") or {})
        said = self._add(id, author, content, {"type": "api:conversations"}, given.get("metadata"))
        return Reply({"messages": [said]}, 201)

    def _check(self, content: dict[str, Any], metadata: dict[str, Any]) -> None:
        if content.get("type") not in ("text", "image", "file"):
            raise Refused(400, "bad_request", "content.type is not one of text, image, file")
        if content["type"] == "text" and not content.get("text", "").strip():
            raise Refused(400, "bad_request", "content.text must not be empty")
        if any(len(content.get(name, "")) > LONGEST_TEXT for name in ("text", "htmlText", "markdownText")):
            raise Refused(400, "bad_request", f"content.text must have at most {LONGEST_TEXT} characters")
        if content["type"] != "text" and content.get("mediaUrl", "").rpartition("/")[2] not in self.media_files:
            raise Refused(400, "bad_request", "content.mediaUrl can't be fetched")
        self._check_metadata(metadata)

    @staticmethod
    def _check_metadata(metadata: dict[str, Any]) -> None:
        flat = all(isinstance(value, str | int | float | bool) for value in metadata.values())
        if not flat or len(json.dumps(metadata)) > LONGEST_METADATA:
            raise Refused(400, "bad_request", "metadata must be flat and at most 4KB")

    def list_messages(self, request: Request, id: str) -> Reply:
        """Pages go backwards from the newest message."""
        said = self._talk(id)["said"]
        before = request.query.get("page[before]")
        end = next((at for at, each in enumerate(said) if each["id"] == before), len(said))
        page = said[max(0, end - PAGE) : end]
        more = {"hasMore": end > PAGE, **({"beforeCursor": page[0]["id"]} if end > PAGE else {})}
        return Reply({"messages": page, "meta": more})

    def one_conversation(self, request: Request, id: str) -> Reply:
        talk = self._talk(id)
        return Reply({"conversation": {**self._told(talk), "metadata": talk["metadata"]}})

    def update_conversation(self, request: Request, id: str) -> Reply:
        talk, metadata = self._talk(id), request.json().get("metadata") or {}
        self._check_metadata(metadata)
        talk["metadata"] = metadata
        return self.one_conversation(request, id)

    def participants(self, request: Request, id: str) -> Reply:
        return Reply({"participants": [{"id": self.make(), "userId": self._talk(id)["user"]}], "meta": {}})

    def one_talker(self, request: Request, id: str) -> Reply:
        if id not in self.talkers:
            raise Refused(404, "user_not_found", "User not found")
        return Reply({"user": self.talkers[id]})

    def activity(self, request: Request, id: str) -> Reply:
        self._talk(id)
        if request.json().get("type") == "typing:start":
            self.shown.append(id)
            self.lock.notify_all()
        return Reply({})

    def upload_attachment(self, request: Request) -> Reply:
        if request.query.get("access") != "public":
            raise Refused(400, "bad_request", "access is needed")
        kind = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        [part] = message_from_bytes(kind + request.body).get_payload()
        name, content = f"{self.make()}-{part.get_filename()}".replace(" ", "_"), part.get_payload(decode=True)
        self.media_files[name] = (part.get_content_type(), content)
        address = f"{self.url}/sc/attachments/v2/{name}"
        return Reply({"attachment": {"mediaUrl": address, "mediaType": part.get_content_type()}}, 201)

    def media(self, request: Request, name: str) -> Reply:
        """Private files want our key, and are elsewhere."""
        if not request.headers.get("authorization"):
            return Refused(401, "unauthorized", "Authorization is required").reply
        return Reply(status=302, headers={"Location": f"{self.url}/signed/{name}"})

    def signed(self, request: Request, name: str) -> Reply:
        return Reply(self.media_files[name][1]) if name in self.media_files else Reply(status=404)

    # --- Who is in control --------------------------------------------------------------------------------------------

    def pass_control(self, request: Request, id: str) -> Reply:
        talk, given = self._talk(id), request.json()
        metadata = given.get("metadata") or {}
        self._check_metadata(metadata)
        wanted = given.get("switchboardIntegration", "")
        if wanted == "next":
            ours = next(place for place in self.places if place["id"] == talk["control"])
            wanted = ours.get("nextSwitchboardIntegrationId") or ""
        if (place := self._place_named(wanted)) is None:
            error = {"code": "switchboard_invalid_target", "message": "Switchboard invalid target"}
            self._happened("switchboard:passControl:failure", talk, error=error)
        elif place["id"] != talk["control"]:
            self._pass(talk, place, metadata)
        return Reply({})

    def _pass(self, talk: dict[str, Any], place: dict[str, Any], metadata: dict[str, Any]) -> None:
        before, talk["control"] = talk["control"], place["id"]
        self._happened("switchboard:passControl", talk, before, metadata=metadata)
        if place is self.workspace:
            self.handed(talk, metadata)

    def _place_named(self, name: str) -> Any:
        known = ("id", "name", "integrationType")
        return next((place for place in self.places if name in [place[each] for each in known]), None)

    def _talk(self, id: str) -> dict[str, Any]:
        if id not in self.talks:
            raise Refused(404, "conversation_not_found", "Conversation not found")
        return self.talks[id]

    def _told(self, talk: dict[str, Any]) -> dict[str, Any]:
        told = {"id": talk["id"], "type": "personal"}
        control = next((place for place in self.places if place["id"] == talk["control"]), None)
        names = ("id", "name", "integrationId", "integrationType")
        return {
            **told,
            **({"activeSwitchboardIntegration": {each: control[each] for each in names}} if control else {}),
        }

    # --- The set-up ---------------------------------------------------------------------------------------------------

    def all_integrations(self, request: Request) -> Reply:
        hidden = ("webhooks",)
        known = [{k: v for k, v in each.items() if k not in hidden} for each in self.integrations.values()]
        return Reply({"integrations": known, "meta": {"hasMore": False}})

    def create_integration(self, request: Request) -> Reply:
        given = request.json()
        [hook] = given["webhooks"]
        made = {"id": self.make(), "type": given["type"], "status": "active", "displayName": given["displayName"]}
        hook = {"id": self.make(), "version": "v2", "secret": WEBHOOK_SECRET, **hook}
        self.integrations[made["id"]] = {**made, "webhooks": [hook]}
        return Reply({"integration": self.integrations[made["id"]]}, 201)

    def delete_integration(self, request: Request, id: str) -> Reply:
        if self.integrations.pop(id, None) is None:
            raise Refused(404, "not_found", "Integration not found")
        return Reply({})

    def integration_webhooks(self, request: Request, id: str) -> Reply:
        if id not in self.integrations:
            raise Refused(404, "integration_not_found", "Integration not found")
        return Reply({"webhooks": self.integrations[id]["webhooks"]})

    def update_integration_webhook(self, request: Request, id: str, hook: str) -> Reply:
        [known] = self.integrations[id]["webhooks"]
        known.update(request.json())
        return Reply({"webhook": known})

    def all_switchboards(self, request: Request) -> Reply:
        return Reply({"switchboards": [self.board]})

    def all_places(self, request: Request, board: str) -> Reply:
        return Reply({"switchboardIntegrations": self.places})

    def create_place(self, request: Request, board: str) -> Reply:
        given = request.json()
        if self._place_named(given["name"]) or given["integrationId"] not in self.integrations:
            raise Refused(400, "bad_request", "Name is taken, or there is no such integration")
        self.places.append({**self._place(given["name"], "custom", given["integrationId"]), **given})
        return Reply({"switchboardIntegration": self.places[-1]}, 201)

    def update_place(self, request: Request, board: str, id: str) -> Reply:
        [place] = [each for each in self.places if each["id"] == id]
        place.update(request.json())
        return Reply({"switchboardIntegration": place})

    def delete_place(self, request: Request, board: str, id: str) -> Reply:
        self.places = [each for each in self.places if each["id"] != id]
        return Reply({})

    # --- What we are told ---------------------------------------------------------------------------------------------

    def _add(
        self, talk: str, author: dict[str, Any], content: dict[str, Any], source: dict[str, Any], metadata: Any = None
    ) -> dict[str, Any]:
        said = {"id": self.make(), "received": now(), "author": author, "content": content, "source": source}
        said |= {"metadata": metadata} if metadata else {}
        self.talks[talk]["said"].append(said)
        self._happened("conversation:message", self.talks[talk], message=said)
        return said

    def _happened(self, kind: str, talk: dict[str, Any], before: str = "", **payload: Any) -> None:
        told = {"conversation": self._told(talk), **payload}
        event = {"id": self.make(), "createdAt": now(), "type": kind, "payload": told}
        self._news.append((event, before or talk["control"]))
        self.lock.notify_all()

    def _push_events(self) -> None:
        """In order, several in one body, until each is taken."""
        while True:
            with self.lock:
                while not self._news:
                    self.lock.wait(1)
                batch = [self._news.popleft() for _ in range(min(AT_ONCE, len(self._news)))]
                calls = [(hook, told) for place, hook in self._hooks() if (told := self._for(place, hook, batch))]
            for hook, told in calls:
                body = {"app": {"id": APP}, "webhook": {"id": hook["id"], "version": "v2"}, "events": told}
                headers = {"Content-Type": "application/json", "X-API-Key": hook["secret"]}
                self.push(hook["target"], json.dumps(body).encode(), headers)

    def _hooks(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        known = [(place, self.integrations.get(place["integrationId"])) for place in self.places]
        return [(place, hook) for place, found in known if found for hook in found["webhooks"]]

    @staticmethod
    def _for(place: dict[str, Any], hook: dict[str, Any], batch: list[tuple[dict[str, Any], str]]) -> list[Any]:
        """What concerns whoever is in control or was it just before, and all else for who listens standing by."""
        told = []
        for event, before in batch:
            control = event["payload"]["conversation"].get("activeSwitchboardIntegration", {}).get("id")
            hears = place["id"] in (before, control) or place["deliverStandbyEvents"]
            told += [event] if hears and event["type"] in hook["triggers"] else []
        return told
