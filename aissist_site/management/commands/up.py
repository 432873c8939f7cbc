"""`manage.py up`: everything, in the foreground, with one log."""

import subprocess
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from aissist_site import embedded, prepare, processes
from aissist_site.supervise import Stop, Supervisor


class Command(BaseCommand):
    help = "Run everything in the foreground: broker, web, workers, beat and poller, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default: %(default)s)")
        parser.add_argument("--no-demo", action="store_true", help="start with an empty database, without demo data")

    def handle(self, *args: Any, host: str, port: int, no_demo: bool, **options: Any) -> None:
        if local_url(settings.PORT) == settings.PUBLIC_URL:
            settings.PUBLIC_URL = local_url(port)  # children are forks: they see it too
        supervisor = Supervisor(routine=(*embedded.ROUTINE, *processes.ROUTINE))
        supervisor.listen()
        try:
            prepare.folder(settings.DATA_DIR)
            with prepare.claim(settings.DATA_DIR, settings.PUBLIC_URL):
                prepare.port_is_free(host, port)
                status = run(supervisor, host, port, demo=settings.EMBEDDED and not no_demo)
        except Stop:
            status = 0
        if status:
            raise SystemExit(status)


def run(supervisor: Supervisor, host: str, port: int, demo: bool) -> int:
    """Prepare, fork, watch; whatever happens, nothing is left running. Returns the exit status."""
    try:
        prepare.database()
        password = prepare.first_start(demo)
        if password:
            supervisor.say(f"Sign in to the admin as “operator” with the password {password} (shown only this once).")
        adopted = settings.EMBEDDED_BROKER and not start_broker(supervisor)
        prepare.share_memory()
        supervisor.fork("web", lambda: processes.run_web(host, port))
        supervisor.fork("worker", lambda: processes.run_worker(processes.WALK_QUEUES, settings.WORK_CONCURRENCY))
        supervisor.fork("worker", lambda: processes.run_worker(processes.ERRAND_QUEUES, settings.WORK_CONCURRENCY))
        supervisor.fork("beat", processes.run_beat)
        supervisor.fork("poll", processes.run_poll)
        return supervisor.watch(Tick(supervisor, host, port, adopted))
    finally:
        supervisor.stop()


class Tick:
    """Between two looks at the children: say when the site answers, and replace an adopted broker that is gone."""

    def __init__(self, supervisor: Supervisor, host: str, port: int, adopted: bool) -> None:
        self.supervisor = supervisor
        self.address = (host, port)
        self.adopted = adopted
        self.announced = False

    def __call__(self) -> None:
        if self.adopted and not embedded.answers(settings.DATA_DIR):
            self.adopted = not start_broker(self.supervisor)
        if not self.announced and prepare.answers(*self.address):
            self.announced = True
            for sentence in addresses():
                self.supervisor.say(sentence)


def start_broker(supervisor: Supervisor) -> bool:
    """Whether the broker is a child of ours. One that other processes on this data folder have started is not."""
    process = embedded.ensure(settings.DATA_DIR, output=subprocess.PIPE)
    if process is None or process.stdout is None:
        return False
    supervisor.take("broker", process.pid, process.stdout, last=True)
    return True


def addresses() -> list[str]:
    return [
        "Ready. Ctrl-C stops everything.",
        f"  Admin:           {settings.PUBLIC_URL}/admin/",
        f"  Demo chat page:  {settings.PUBLIC_URL}/chat/demo-chat/",
        f"  API docs:        {settings.PUBLIC_URL}/api/docs",
    ]


def local_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
