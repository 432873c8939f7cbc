"""Make, list and revoke keys of the REST API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.models import Agent, ApiKey


class Command(BaseCommand):
    help = "Make, list and revoke keys of the REST API. A key acts for one agent and is shown once, when it is made."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="make a key and print it, this once")
        create.add_argument("--agent", required=True, help="name of the agent that the key acts for")
        create.add_argument("--name", required=True, help="what the key is for; stands in the audit trail")
        listing = acts.add_parser("list", help="list the keys, each by its first eight characters")
        listing.add_argument("--agent", help="only the keys of this agent")
        revoke = acts.add_parser("revoke", help="make a key useless, for good")
        revoke.add_argument("prefix", help="the key's first eight characters, as listed")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["act"])(options)

    def create(self, options: dict[str, Any]) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= 50:
            raise CommandError("Give the key a name of 1 to 50 characters.")
        _, key = ApiKey.objects.create_key(agent=_agent(options["agent"]), name=name)
        self.stderr.write("Keep this key. It isn't shown again.")
        self.stdout.write(key)  # alone on its stream, so that scripts can take it

    def list(self, options: dict[str, Any]) -> None:
        keys = ApiKey.objects.select_related("agent").order_by("agent__name", "created")
        if options["agent"]:
            keys = keys.filter(agent=_agent(options["agent"]))
        for key in keys:
            self.stdout.write(f"{key.prefix}  {_state(key):8}  {key.created:%Y-%m-%d}  {key.agent}: {key.name}")

    def revoke(self, options: dict[str, Any]) -> None:
        key = ApiKey.objects.filter(prefix=options["prefix"].partition(".")[0]).first()
        if key is None:
            raise CommandError("There is no such key. “api_key list” shows them all.")
        ApiKey.objects.filter(pk=key.pk).update(revoked=True)
        self.stdout.write(f"{key.prefix} is revoked.")


def _agent(name: str) -> Agent:
    agent = Agent.objects.filter(name=name).first()
    if agent is None:
        names = ", ".join(Agent.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no agent “{name}”. Agents: {names}.")
    return agent


def _state(key: ApiKey) -> str:
    return "revoked" if key.revoked else "expired" if key.has_expired else "usable"
