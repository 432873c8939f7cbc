from typing import Any

import pytest

from gateways.models import Gateway
from handover.configuration import text
from handover.configuration.describe import describe, shown
from tests.agents.api.fixtures import Api, allow

BODY = {"kind": "gateway", "name": "Desk", "mode": "off"}


def path(gateway: Gateway) -> str:
    return f"agents/{gateway.agent_id}/gateways/{gateway.pk}/configuration"


def mode(gateway: Gateway) -> str:
    gateway.refresh_from_db()
    return gateway.mode


def test_the_whole_configuration_is_read(api: Api, gateway: Gateway) -> None:
    gateway.secrets.create(name="token", value="hunter2")
    answer = api("GET", path(gateway))
    gateway.refresh_from_db()
    assert (answer.status, answer.json) == (200, text.as_values(shown(describe(gateway))))
    assert answer.json["secrets"] == {"token": {"env": "AISSIST_SECRET_DESK_TOKEN"}}


def test_it_is_made_so_and_then_nothing_is_left_to_do(api: Api, gateway: Gateway) -> None:
    answer = api("PUT", path(gateway), BODY)
    assert (answer.status, answer.json["changes"]) == (200, ['~ mode: "auto" → "off"'])
    assert answer.json["configuration"]["mode"] == mode(gateway) == "off"
    assert api("PUT", path(gateway), BODY).json["changes"] == []


def test_what_was_read_can_be_sent_back(api: Api, gateway: Gateway) -> None:
    gateway.secrets.create(name="token", value="hunter2")
    assert api("PUT", path(gateway), api("GET", path(gateway)).json).json["changes"] == []


def test_a_dry_run_changes_nothing(api: Api, gateway: Gateway) -> None:
    answer = api("PUT", path(gateway) + "?dry_run=true", BODY)
    assert (answer.status, answer.json["changes"], mode(gateway)) == (200, ['~ mode: "auto" → "off"'], "auto")


def test_yaml_does_as_well(api: Api, gateway: Gateway) -> None:
    answer = api("PUT", path(gateway), "kind: gateway\nname: Desk\nmode: off", content_type="application/yaml")
    assert (answer.status, mode(gateway)) == (200, "off")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], "Give names and values, beginning with “kind”."),
        ({"name": "Desk"}, "configuration: kind: Give one of: agent, gateway."),
        ({"kind": "agent", "name": "Shop"}, "configuration: agent “Shop”: Here it has to be of the kind “gateway”."),
        ({**BODY, "moode": 1}, "configuration: gateway “Desk”: “moode” isn't known here. Did you mean “mode”?"),
        (
            {**BODY, "agent": "Other shop"},
            "configuration: gateway “Desk”: agent: A key can't give a gateway",
        ),
    ],
    ids=["list", "no kind", "agent", "unknown", "another agent"],
)
def test_what_will_not_do_is_refused(api: Api, gateway: Gateway, other_agent: Any, body: Any, detail: str) -> None:
    answer = api("PUT", path(gateway), body)
    assert (answer.status, answer.json["type"]) == (400, "validation_error")
    assert answer.json["errors"][0]["detail"].startswith(detail)
    assert mode(gateway) == "auto"


def test_another_agents_key_finds_nothing(other_api: Api, gateway: Gateway) -> None:
    assert [other_api(method, path(gateway), BODY).status for method in ("GET", "PUT")] == [404, 404]


def test_staff_need_the_permissions_of_admin(signed_in: Api, staff: Any, gateway: Gateway) -> None:
    headers = {"headers": {"X-CSRFToken": "x"}}
    assert signed_in("PUT", path(gateway), BODY, **headers).status == 403
    allow(staff, "gateways.change_gateway")
    assert signed_in("PUT", path(gateway), {**BODY, "secrets": {"token": None}}, **headers).status == 200
    gateway.secrets.create(name="token", value="hunter2")
    answer = signed_in("PUT", path(gateway), {**BODY, "mode": "auto", "secrets": {"token": None}}, **headers)
    assert (answer.status, mode(gateway), gateway.secrets.count()) == (403, "off", 1)
