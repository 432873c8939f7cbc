"""What a task is that only wakes somebody: as little of Celery as that takes."""

from datetime import UTC

from celery import Task
from celery.worker.request import Request


class Unacknowledged(Request):
    """For queues without acknowledgements, see `DOORBELLS` in settings.

    The transport for Redis acknowledges even there, in two more commands and with a new client each time. The time zone
    is asked for with each task that expires. https://docs.celeryq.dev/en/stable/userguide/tasks.html#requests-and-custom-requests
    """

    _tzlocal = UTC

    def acknowledge(self) -> None:
        self.acknowledged = True


class Bell(Task[..., None]):
    Request = "aissist_site.bells:Unacknowledged"
