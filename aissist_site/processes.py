"""The four processes of the site, as the verbs `web`, `worker`, `beat`, `poll` and the children of `up` run them."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from celery.beat import Service
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from django.conf import settings
from django.db import Error
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from agents import languages
from agents.engines import embedding
from aissist_site import canary, clock, embedded, heartbeats, leash, pipeline, prepare
from aissist_site.celery import app
from gateways import doorbell, doors
from gateways.idle import let_go
from gateways.pollers import Pollers

WALK_QUEUES = (*settings.DOORBELLS, "sweep")  # a message's whole walk, from step to step without the broker
ERRAND_QUEUES = ("errand",)  # tasks that wait inside, so that no message has to wait behind them
ALL_QUEUES = (*WALK_QUEUES, *ERRAND_QUEUES)
NICE = 5  # steps by which workers stand behind those who accept webhooks, and behind the database
GARBAGE = (10_000, 10, 10)  # objects made and not freed, after which Python looks for rings of them; see `look_rarely`
SWITCH = 0.001  # seconds that a thread computes while others wait: what asks the database waits after each answer
LAST_SECONDS = 15.0  # for what is under way when a worker is told to stop
ROUTINE = (b"worker: Warm shutdown",)  # Celery's answer to SIGTERM, past every log setting


def make_ready() -> None:
    """What each verb needs when it runs alone: the right key, and a broker if that is ours."""
    canary.check()
    if settings.EMBEDDED_BROKER:
        embedded.keep(settings.DATA_DIR)
    prepare.let_go()  # the web server forks


def run_web(host: str, port: int) -> None:
    """Serve requests until SIGTERM. Requests under way get five seconds."""
    Web(host, port).run()


def run_worker(queues: Sequence[str], concurrency: int) -> None:
    """Work on `queues` until SIGTERM; tasks under way are finished first."""
    os.nice(NICE)
    # The warning about root is about pickled messages. Ours are JSON, and containers often have no other user.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # The one about cancelling tasks when the broker goes away: threads can't be cancelled, and rows are the queue.
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
    sys.setswitchinterval(SWITCH)
    worker = app.Worker(
        hostname=f"{'-'.join(queues)}@{socket.gethostname()}",
        pool="threads",
        concurrency=concurrency,
        queues=list(queues),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,  # ours stand in the database
        quiet=True,
    )
    heartbeats.start([heartbeats.queue_name(queue) for queue in queues])
    for step, wake in pipeline.BELLS.items():
        if step.queue in queues:
            doorbell.hear(step, wake)
    if "timer" in queues:
        clock.start()
    if "ingest" in queues:
        languages.load()
    if "turn" in queues:
        embedding.embedder()  # now, and not while the first customer waits
    look_rarely()
    worker.start()
    pipeline.finish(LAST_SECONDS)
    sys.exit(worker.exitcode)


def run_beat() -> None:
    """Send what is due by the schedule until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())  # the service saves its state on the way out
    app.finalize()
    forget_removed_entries(settings.CELERY_BEAT_SCHEDULE)
    heartbeats.start([heartbeats.BEAT])
    Service(app, scheduler_cls=DatabaseScheduler).start()


def run_poll() -> None:
    """Ask platforms what is new until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    signal.signal(signal.SIGINT, lambda number, frame: stop.set())
    heartbeats.start([heartbeats.POLL])
    Pollers().run(stop)


def warm_up() -> None:
    """Before the first request of a web process: connect, and make the statement that each webhook begins with.

    Otherwise the first ones after a start take a quarter of a second. A database that is away they may find out by
    themselves.
    """
    look_rarely()
    with suppress(Error):
        doors.read("")
    let_go()


def look_rarely() -> None:
    """Have Python look for garbage seldom, and never again at what has been loaded until now.

    By itself it looks after every 700 objects, and time and again at all there are, which are some hundred thousand
    here: a tenth of a worker's time, and pauses of a fifth of a second. https://docs.python.org/3/library/gc.html
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def forget_removed_entries(scheduled: Iterable[str]) -> None:
    """Drop our entries that aren't `scheduled` any more. The scheduler writes new and changed ones by itself."""
    PeriodicTask.objects.filter(name__startswith="aissist.").exclude(name__in=scheduled).delete()


class Log(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """gunicorn's lines through the site's own log."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True


class Web(BaseApplication):  # type: ignore[misc]  # gunicorn is untyped
    """gunicorn, set up in code: no configuration file, no command line of its own."""

    def __init__(self, host: str, port: int) -> None:
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": self.address,
            "workers": settings.WEB_WORKERS,
            "threads": settings.WEB_THREADS,
            "worker_class": "gthread",
            "timeout": 60,
            "graceful_timeout": 5,
            "keepalive": 5,
            "logger_class": Log,
            "control_socket_disable": True,
            "post_fork": lambda arbiter, worker: leash.tie(worker.ppid),
            "post_worker_init": lambda worker: warm_up(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        from aissist_site.wsgi import application  # here, because it builds the handler as it is imported

        return application
