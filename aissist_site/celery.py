"""The Celery application. Its tasks are doorbells: each says that a row is due, none carries the work itself."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aissist_site.settings")

app = Celery("aissist")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["aissist_site"])


@setup_logging.connect
def keep_the_log(**kwargs: Any) -> None:
    """Somebody listens to this signal, so Celery leaves the log as `LOGGING` has set it up."""
