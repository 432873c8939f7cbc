"""Say something to a webhook gateway as a customer would: signed, over HTTP, or as a curl command to run elsewhere."""

import json
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agents.http import Http, HttpError, Policy
from aissist_site.management.commands.listen import find, secrets_of
from gateways import signatures


class Command(BaseCommand):
    help = "Sends one message to a webhook gateway, signed with its signing secret, as a customer's system would."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", help="What the customer says.")
        parser.add_argument("--gateway", default="demo-webhook", help="Public id or name; the demo's by default.")
        parser.add_argument("--from", dest="sender", default="ada", help="Id of the customer, “ada” by default.")
        parser.add_argument("--name", default="", help="Name of the customer.")
        parser.add_argument("--to", default="", help="Id of the address or inbox that it is sent to.")
        parser.add_argument("--conversation", default="", help="Id of the conversation, by default the customer's id.")
        parser.add_argument("--id", default="", help="Id of the message. Sent twice with one id, it counts once.")
        parser.add_argument(
            "--print-curl",
            action="store_true",
            help="Print the command to send it with, in place of sending it. Its signature holds for five minutes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = find(options["gateway"])
        message_id = options["id"] or f"say-{uuid4()}"
        body = json.dumps(message(message_id, options), ensure_ascii=False).encode(errors="replace")
        (key,) = secrets_of(gateway, "signing_secret")
        try:
            headers = {"Content-Type": "application/json", **signatures.sign([key], _header_safe(message_id), body)}
        except ValueError as error:
            raise CommandError(f"The signing secret of “{gateway}” can't be used. Make a new one in admin.") from error
        url = f"{settings.PUBLIC_URL}/hooks/{gateway.public_id}"
        self.stdout.write(curl(url, headers, body) if options["print_curl"] else _post(url, headers, body))


def message(message_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The body in the webhook gateway's own format, without what is empty."""
    sender = {"id": options["sender"], "name": options["name"]} if options["name"] else options["sender"]
    whole = {
        "id": message_id,
        "from": sender,
        "to": options["to"],
        "conversation": options["conversation"],
        "content": options["text"],
    }
    return {name: value for name, value in whole.items() if value != "" or name == "content"}


def curl(url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The same request as a command for a POSIX shell."""
    lines = [f"curl --include {shlex.quote(url)}"]
    lines += [f"  --header {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"  --data-binary {shlex.quote(body.decode())}")
    return " \\\n".join(lines)


def _post(url: str, headers: Mapping[str, str], body: bytes) -> str:
    policy = Policy.of([*settings.OUTBOUND_ALLOWED_NETWORKS, "127.0.0.0/8", "::1/128"])
    try:
        response = Http(policy).request("POST", url, headers=headers, body=body)
    except HttpError as error:
        raise CommandError(f"{error.public} Is the site running at {settings.PUBLIC_URL}?") from error
    return f"{response.status} {response.body.decode(errors='replace')}".rstrip()


def _header_safe(message_id: str) -> str:
    """The id as a webhook-id, which takes fewer characters than the body's."""
    return message_id if signatures.MESSAGE_ID.fullmatch(message_id) else f"say-{uuid4()}"
