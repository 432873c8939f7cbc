"""A task that only wakes somebody costs the broker no acknowledgement."""

from types import SimpleNamespace

import pytest
from django.conf import settings

from aissist_site import tasks
from aissist_site.bells import Unacknowledged


@pytest.mark.parametrize("name", [*settings.DOORBELLS, "action", "renew"])
def test_doorbells_are_never_acknowledged(name):
    task = getattr(tasks, name)
    assert task.Request == "aissist_site.bells:Unacknowledged"
    request = SimpleNamespace(acknowledged=False)
    Unacknowledged.acknowledge(request)
    assert request.acknowledged


def test_the_broker_expects_none_of_their_queues_and_of_all_others():
    assert {queue.name: queue.no_ack for queue in settings.CELERY_TASK_QUEUES} == {
        "ingest": True,
        "turn": True,
        "deliver": True,
        "timer": True,
        "errand": False,
        "sweep": False,
    }


def test_what_does_its_work_in_the_task_is_acknowledged():
    for name in ("fetch", "sweep", "notify", "rephrase", "imports", "embed", "tidy", "watch"):
        assert getattr(tasks, name).Request != "aissist_site.bells:Unacknowledged"
