"""The doorbells' other end: each task calls one step of the pipeline with one id. No rules in here."""

from celery import shared_task

from aissist_site import pipeline
from aissist_site import sweep as sweeper
from aissist_site import tidy as tidier
from conversations import rephrase as rephraser


@shared_task(name="aissist.ingest")
def ingest(gateway_id: int) -> None:
    pipeline.ingest(gateway_id)


@shared_task(name="aissist.turn")
def turn(turn_id: int) -> None:
    pipeline.take_turn(turn_id)


@shared_task(name="aissist.deliver")
def deliver(conversation_id: int) -> None:
    pipeline.deliver(conversation_id)


@shared_task(name="aissist.timer")
def timer(timer_id: int) -> None:
    pipeline.fire(timer_id)


@shared_task(name="aissist.sweep")
def sweep() -> None:
    sweeper.sweep()


@shared_task(name="aissist.tidy")
def tidy() -> None:
    tidier.tidy()


@shared_task(name="aissist.rephrase")
def rephrase() -> None:
    rephraser.rephrase_missing()
