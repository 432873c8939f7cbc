"""Deadlines: each is kept, the cancelled ones aren't, and one thread is enough for all."""

import threading

from agents.deadlines import Deadlines


def test_the_earliest_is_first_however_they_were_set():
    deadlines, heard, over = Deadlines(), [], threading.Event()
    deadlines.set(0.06, over.set)
    deadlines.set(0.04, lambda: heard.append("late"))
    deadlines.set(0.01, lambda: heard.append("early"))
    assert over.wait(5)
    assert heard == ["early", "late"]


def test_a_cancelled_one_isnt_heard():
    deadlines, heard, over = Deadlines(), [], threading.Event()
    cancelled = deadlines.set(0.01, lambda: heard.append("cancelled"))
    cancelled.cancel()
    deadlines.set(0.03, over.set)
    assert over.wait(5)
    assert heard == []


def test_a_hundred_take_one_thread():
    deadlines, over = Deadlines(), threading.Event()
    before = threading.active_count()
    for _ in range(100):
        deadlines.set(60, over.set).cancel()
    assert threading.active_count() == before + 1
