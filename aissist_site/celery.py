"""The Celery application. Its tasks are doorbells: each says that a row is due, none carries the work itself."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aissist_site.settings")

app = Celery("aissist")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["aissist_site"])
