"""A small receiver on this machine for trying out a webhook gateway: it prints what the gateway sends."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from gateways import signatures
from gateways.errors import SignatureError
from gateways.models import Gateway

MOST_BYTES = 5_000_000


class Command(BaseCommand):
    help = "Prints what a webhook gateway sends to http://127.0.0.1:<port>/. Stop it with Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("port", nargs="?", type=int, default=8099, help="Port on 127.0.0.1, 8099 by default.")
        parser.add_argument(
            "--gateway", default="", help="Check the signatures of this gateway: its public id or name."
        )

    def handle(self, *args: Any, port: int, gateway: str, **options: Any) -> None:
        keys = secrets_of(find(gateway), "outbound_secret") if gateway else ()
        inbox = Inbox(self._say, keys)
        try:
            server = HTTPServer(("127.0.0.1", port), handler(inbox))
        except OSError as error:
            raise CommandError(f"Port {port} can't be used: {error.strerror}. Choose another one.") from error
        self._say(f"Listening on http://127.0.0.1:{port}/. {self._about_signatures(gateway)} Stop with Ctrl-C.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self._say("Stopped.")
        finally:
            server.server_close()

    def _about_signatures(self, gateway: str) -> str:
        return f"Signatures of {gateway} are checked." if gateway else "Signatures aren't checked; see --gateway."

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def find(gateway: str) -> Gateway:
    """The webhook gateway with this public id or name. Raises CommandError naming those that there are."""
    webhooks = Gateway.objects.filter(platform="webhook")
    if found := webhooks.filter(Q(public_id=gateway) | Q(name=gateway)).first():
        return found
    known = ", ".join(webhooks.values_list("public_id", flat=True)) or "none yet"
    raise CommandError(f"There is no webhook gateway “{gateway}”. Choose one of: {known}.")


def secrets_of(gateway: Gateway, *names: str) -> tuple[str, ...]:
    """The values of those secrets of the gateway that are set. Raises CommandError when none is."""
    kept = {secret.name: secret.value for secret in gateway.secrets.filter(name__in=names)}
    if not kept:
        raise CommandError(f"The gateway “{gateway}” has no {names[0]} yet. Save it in admin to have one made.")
    return tuple(kept[name] for name in names if name in kept)


class Inbox:
    """Takes deliveries, tells about each in one line, and drops repeats."""

    def __init__(self, say: Callable[[str], None], keys: tuple[str, ...] = ()) -> None:
        self.say = say
        self.keys = keys
        self.seen: set[str] = set()

    def take(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """The status and the answer for one delivery. `headers` has names in lower case."""
        if self.keys:
            try:
                signatures.verify(self.keys, headers, body)
            except SignatureError as error:
                self.say(f"refused: {error.public}")
                return 401, {"error": error.public}
        message_id = headers.get(signatures.ID, "")
        if message_id and message_id in self.seen:
            self.say(f"repeat of {message_id}: dropped")
        else:
            self.seen.add(message_id)
            self.say(describe(body))
        return 200, {"id": message_id} if message_id else {}


def describe(body: bytes) -> str:
    """One delivery as a line: type, then who says what to whom."""
    try:
        message = json.loads(body)
        kind, data = str(message["type"]), dict(message["data"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"not a message of ours: {body[:200]!r}"
    told = [kind]
    if "conversation" in data:
        told.append(f"[{data['conversation']}]")
    if "purpose" in data:
        told.append(f"({data['purpose']}) {data.get('author', '')}:")
    if "content" in data:
        told.append(str(data["content"]))
    told += [f"{sign}{tag}" for sign, tags in (("+", "add"), ("-", "remove")) for tag in data.get(tags, ())]
    if "reason" in data:
        told.append(f"to {(data.get('destination') or {}).get('name', 'nobody in particular')}: {data['reason']}")
    line = " ".join(told)
    return "".join(character if character.isprintable() else " " for character in line)


def handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds; deliveries are taken one after the other, so none may hold up the rest

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
                return self._answer(413 if length.isdigit() else 411, {"error": "Send a length, of at most 5 MB."})
            body = self.rfile.read(int(length))
            return self._answer(*inbox.take({name.lower(): value for name, value in self.headers.items()}, body))

        do_PUT = do_POST  # noqa: N815 - http.server's name

        def _answer(self, status: int, answer: Mapping[str, str]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The inbox tells all there is to tell."""

    return Handler
