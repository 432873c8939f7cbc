"""What is told to the peers, and what is said of them afterwards. No npm."""

import json
from dataclasses import replace

import pytest

from tests.bench import flows, nodejs
from tests.bench.load import Said
from tests.bench.peers import Tally, tally
from tests.bench.platform import Record

PLATFORM = "http://127.0.0.1:8405"


def said(conversation: int, acked_at: float = 0.5) -> Said:
    return Said(7, "loopback", conversation, 1, sent_at=float(conversation), acked_at=acked_at)


def record(conversation: int, at: float, outcome: str = "accepted") -> Record:
    text = f"re: Where is it? m7c{conversation}s1"
    return Record(at, "loopback", f"re-{conversation}", 1, outcome, "none", "message.created", "", "reply", text)


TWO = [said(1), said(2)]
BOTH = [record(1, 1.5), record(2, 3.0)]
FINE = Tally(acked=2, lost=0, doubled=0, took=(0.5, 1.0), per_second=1.0)
ONE = replace(FINE, lost=1, took=(0.5,), per_second=2.0)


@pytest.mark.parametrize(
    ("sent", "log", "expected"),
    [
        pytest.param(TWO, BOTH, FINE, id="all arrived"),
        pytest.param(TWO, BOTH[:1], ONE, id="one is lost"),
        pytest.param(TWO, [BOTH[0], record(2, 3.0, "refused")], ONE, id="one was only refused"),
        pytest.param(
            [said(1), said(2, acked_at=0)], BOTH[:1], replace(ONE, acked=1, lost=0), id="one that was never acked"
        ),
        pytest.param(TWO, [*BOTH, record(1, 4.0)], replace(FINE, doubled=1), id="one came again, with another id"),
        pytest.param(TWO, [*BOTH, record(1, 4.0, "repeat")], replace(FINE, doubled=1), id="one came again, same id"),
        pytest.param(TWO, [*BOTH, record(3, 9.0)], FINE, id="a warm-up's answer is nobody's business"),
        pytest.param(TWO, [*BOTH, replace(record(1, 9.0), purpose="thinking")], FINE, id="only replies count"),
        pytest.param(TWO, [], Tally(2, 2, 0, (), 0.0), id="nothing arrived"),
    ],
)
def test_what_arrived_is_counted_by_its_marker(sent: list[Said], log: list[Record], expected: Tally) -> None:
    assert tally(sent, log) == expected


def test_n8n_takes_the_webhook_makes_a_reply_and_sends_it_on() -> None:
    (workflow,) = flows.n8n_workflow("loopback", PLATFORM)
    hook, transform, send = workflow["nodes"]
    assert (hook["parameters"]["path"], hook["parameters"]["responseMode"]) == ("loopback", "onReceived")
    fields = {each["name"]: each["value"] for each in transform["parameters"]["assignments"]["assignments"]}
    assert fields == {
        "ref": "=re-{{ $json.body.id }}",
        "conversation": "={{ $json.body.from.id }}",
        "content": "=re: {{ $json.body.content }}",
    }
    assert send["parameters"]["url"] == f"{PLATFORM}/loopback"
    assert [(name, to["main"][0][0]["node"]) for name, to in workflow["connections"].items()] == [
        ("webhook", "set"),
        ("set", "httpRequest"),
    ]


def test_n8n_s_expression_isn_t_ended_early_by_two_braces_of_its_own() -> None:
    body = flows.n8n_workflow("loopback", PLATFORM)[0]["nodes"][2]["parameters"]["jsonBody"]
    assert body.startswith("={{ ")
    assert body.index("}}") == len(body) - 2


def test_node_red_answers_at_once_and_sends_from_the_same_hook() -> None:
    nodes = {node["id"]: node for node in flows.node_red_flows("loopback", PLATFORM)}
    assert nodes["hook"]["url"] == "/hooks/loopback"
    assert nodes["hook"]["wires"] == [["answer", "transform"]]
    assert nodes["transform"]["wires"] == [["send"]]
    assert nodes["send"]["url"] == f"{PLATFORM}/loopback"
    assert {target for node in nodes.values() for wire in node.get("wires", []) for target in wire} <= set(nodes)


def test_node_red_listens_on_loopback_alone_and_asks_nobody_for_news() -> None:
    settings = json.loads(flows.node_red_settings(8407).removeprefix("module.exports = ").removesuffix(";\n"))
    assert (settings["uiHost"], settings["uiPort"]) == ("127.0.0.1", 8407)
    assert settings["telemetry"] == {"enabled": False, "updateNotification": False}


def test_what_npm_installs_is_pinned_to_a_version() -> None:
    pinned = [each for package in nodejs.PACKAGES.values() for kind in package.values() for each in kind.values()]
    assert all(version.replace(".", "").isdigit() for version in pinned)
