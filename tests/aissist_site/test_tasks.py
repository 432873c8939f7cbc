"""What the beat sends is something that a worker takes and knows."""

import pytest
from django.conf import settings

from aissist_site import tasks  # noqa: F401 - registers them
from aissist_site.celery import app
from aissist_site.processes import ALL_QUEUES


@pytest.mark.parametrize("entry", settings.CELERY_BEAT_SCHEDULE)
def test_each_scheduled_task_exists_and_its_queue_is_worked_on(entry):
    scheduled = settings.CELERY_BEAT_SCHEDULE[entry]
    assert scheduled["task"] == entry
    assert entry in app.tasks
    assert scheduled["options"]["queue"] in ALL_QUEUES


def test_what_may_take_long_waits_where_no_message_waits_behind_it():
    assert settings.CELERY_BEAT_SCHEDULE["aissist.rephrase"]["options"]["queue"] == "errand"
