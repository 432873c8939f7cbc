from typing import Any

import pytest

from agents.api.throttling import PerClient
from tests.agents.api.fixtures import Api, refused


def test_a_client_that_runs_away_is_braked_alone(api: Api, other_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PerClient, "THROTTLE_RATES", {"client": "2/day"})
    monkeypatch.setattr(PerClient, "timer", lambda self: 1_000_000.0)
    assert [api("GET", "agents").status for _ in range(3)] == [200, 200, 429]
    answer = api("GET", "agents")
    wait = "Request was throttled. Expected available in 86400 seconds."
    assert (answer.status, answer.json) == (429, refused("throttled", wait))
    assert answer.headers["Retry-After"] == "86400"
    assert other_api("GET", "agents").status == 200


def test_no_client_counts_before_it_has_said_who_it_is(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PerClient, "THROTTLE_RATES", {"client": "1/day"})
    statuses: list[Any] = [Api()("GET", "agents").status for _ in range(3)]
    assert statuses == [401, 401, 401]
    assert api("GET", "agents").status == 200
