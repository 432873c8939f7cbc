"""The doorbells' other end: each task wakes one step of the pipeline for one gateway. No rules in here."""

from celery import shared_task

from agents.imports import wake
from aissist_site import pipeline, watchdog
from aissist_site import sweep as sweeper
from aissist_site import tidy as tidier
from aissist_site.bells import Bell
from conversations import attach
from conversations import rephrase as rephraser
from handover import notices


@shared_task(name="aissist.ingest", base=Bell)
def ingest(gateway_id: int) -> None:
    pipeline.ingest(gateway_id)


@shared_task(name="aissist.turn", base=Bell)
def turn(gateway_id: int) -> None:
    pipeline.TURNS.wake(gateway_id)


@shared_task(name="aissist.deliver", base=Bell)
def deliver(gateway_id: int) -> None:
    pipeline.DELIVERIES.wake(gateway_id)


@shared_task(name="aissist.timer", base=Bell)
def timer(gateway_id: int) -> None:
    pipeline.TIMERS.wake(gateway_id)


@shared_task(name="aissist.action", base=Bell)
def action(gateway_id: int) -> None:
    pipeline.ACTIONS.wake(gateway_id)


@shared_task(name="aissist.fetch")
def fetch(gateway_id: int) -> None:
    attach.fetch(gateway_id)


@shared_task(name="aissist.renew", base=Bell)
def renew(gateway_id: int) -> None:
    pipeline.renew(gateway_id)


@shared_task(name="aissist.sweep")
def sweep() -> None:
    sweeper.sweep()


@shared_task(name="aissist.notify")
def notify() -> None:
    notices.send_due()


@shared_task(name="aissist.watch")
def watch() -> None:
    watchdog.watch()


@shared_task(name="aissist.tidy")
def tidy() -> None:
    tidier.tidy()


@shared_task(name="aissist.rephrase")
def rephrase() -> None:
    rephraser.rephrase_missing()


@shared_task(name="aissist.imports")
def imports() -> None:
    wake.IMPORTS.wake()


@shared_task(name="aissist.embed")
def embed() -> None:
    wake.EMBEDDINGS.wake()
