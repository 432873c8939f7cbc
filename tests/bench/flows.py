"""What n8n and Node-RED are told to do: take a webhook, answer at once, write a reply, send it with an id of its own.

The events in and the messages out are those of our own webhook platform, so that one sender and one loopback platform
serve everybody. Neither checks the signature, which ours does.
"""

import json
from itertools import pairwise
from typing import Any

WORKFLOW = "bench00000000001"  # n8n's id for it


def n8n_workflow(gateway: str, platform: str) -> list[dict[str, Any]]:
    """A file for `n8n import:workflow`. `platform` is the loopback platform's address, without a slash at its end.

    https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/ (and .set, .httprequest)
    """
    fields = {
        "ref": "=re-{{ $json.body.id }}",
        "conversation": "={{ $json.body.from.id }}",
        "content": "=re: {{ $json.body.content }}",
    }
    assignments = [{"id": name, "name": name, "value": value, "type": "string"} for name, value in fields.items()]
    # Two closing braces in a row would end n8n's expression.
    message = (
        "{type: 'message.created', data: {conversation: $json.conversation, purpose: 'reply', content: $json.content} }"
    )
    request = {
        "method": "POST",
        "url": f"{platform}/{gateway}",
        "sendHeaders": True,
        "headerParameters": {"parameters": [{"name": "webhook-id", "value": "={{ $json.ref }}"}]},
        "sendBody": True,
        "specifyBody": "json",
        "jsonBody": f"={{{{ JSON.stringify({message}) }}}}",
        "options": {},
    }
    hook = {"httpMethod": "POST", "path": gateway, "responseMode": "onReceived", "options": {}}
    nodes = [
        _n8n_node("webhook", 2, hook) | {"webhookId": gateway},
        _n8n_node("set", 3.4, {"assignments": {"assignments": assignments}, "options": {}}),
        _n8n_node("httpRequest", 4.2, request),
    ]
    names = [node["name"] for node in nodes]
    wires = {one: {"main": [[{"node": next_one, "type": "main", "index": 0}]]} for one, next_one in pairwise(names)}
    settings = {"executionOrder": "v1"}
    return [
        {"id": WORKFLOW, "name": "bench", "active": False, "settings": settings, "nodes": nodes, "connections": wires}
    ]


def _n8n_node(kind: str, version: float, parameters: dict[str, Any]) -> dict[str, Any]:
    own = {"id": kind, "name": kind, "type": f"n8n-nodes-base.{kind}", "typeVersion": version}
    return {**own, "position": [0, 0], "parameters": parameters}


def node_red_flows(gateway: str, platform: str) -> list[dict[str, Any]]:
    """Node-RED's flows.json; its connections to the platform are kept alive.

    https://nodered.org/docs/user-guide/nodes
    """
    function = """
        const said = msg.payload;
        const data = {conversation: said.from.id, purpose: "reply", content: "re: " + said.content};
        return {
            headers: {"content-type": "application/json", "webhook-id": "re-" + said.id},
            payload: {type: "message.created", data},
        };
    """
    hook = {"url": f"/hooks/{gateway}", "method": "post", "wires": [["answer", "transform"]]}
    send = {"url": f"{platform}/{gateway}", "method": "POST", "ret": "txt", "persist": True, "wires": [[]]}
    nodes = {
        "hook": {"type": "http in", **hook},
        "answer": {"type": "http response", "statusCode": "200", "headers": {}, "wires": []},
        "transform": {"type": "function", "func": function, "outputs": 1, "wires": [["send"]]},
        "send": {"type": "http request", **send},
    }
    tab = {"id": "bench", "type": "tab", "label": "bench"}
    return [tab, *({"id": name, "z": "bench", "name": name, "x": 0, "y": 0, **node} for name, node in nodes.items())]


def node_red_settings(port: int) -> str:
    """Node-RED's settings.js: headless, at 127.0.0.1 alone, asking nobody for news.

    https://nodered.org/docs/user-guide/runtime/configuration
    """
    settings = {
        "uiHost": "127.0.0.1",
        "uiPort": port,
        "flowFile": "flows.json",
        "disableEditor": True,
        "credentialSecret": False,
        "telemetry": {"enabled": False, "updateNotification": False},
        "logging": {"console": {"level": "warn", "metrics": False, "audit": False}},
    }
    return f"module.exports = {json.dumps(settings, indent=1)};\n"
