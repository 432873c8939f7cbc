"""Requests that no adapter may take for good ones: one table for all of them.

For each adapter, `Case` says how its platform proves a request and what a good one looks like.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateways.base import Adapter, InboundRequest
from gateways.errors import Malformed, Refused, SignatureError, Unparsable
from gateways.messages import Ignored


@dataclass(frozen=True)
class Case:
    """`sign` gives the headers that prove a body, now or so many seconds ago. `good` is a body; `unknown` one of a
    kind that isn't acted on."""

    adapter: Adapter
    sign: Callable[[bytes, float], dict[str, str]]
    good: dict[str, Any]
    unknown: dict[str, Any]
    signs_body: bool = True  # the proof is over the body
    signs_time: bool = True  # the proof runs out

    def request(self, body: bytes, age: float = 0.0) -> InboundRequest:
        return InboundRequest("POST", {"content-type": "application/json", **self.sign(body, age)}, body)


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


def unsigned(case: Case) -> InboundRequest:
    return replace(case.request(body(case.good)), headers={"content-type": "application/json"})


def empty_proof(case: Case) -> InboundRequest:
    signed = case.request(body(case.good))
    return replace(signed, headers=dict.fromkeys(signed.headers, ""))


def foreign_proof(case: Case) -> InboundRequest:
    """As if another's secret had made it: the same shape, other characters."""
    signed = case.request(body(case.good))
    proof = {
        name: value[:-8] + ("A" * 8 if not value.endswith("A" * 8) else "B" * 8)
        for name, value in signed.headers.items()
        if name not in ("content-type", "webhook-id", "webhook-timestamp")
    }
    return replace(signed, headers={**signed.headers, **proof})


def strange_proof(case: Case) -> InboundRequest:
    signed = case.request(body(case.good))
    return replace(signed, headers={name: f"\u00e9\u4e2d {value}" for name, value in signed.headers.items()})


def tampered(case: Case) -> InboundRequest:
    return replace(case.request(body(case.good)), body=body({**case.good, "tampered": True}))


def replayed(case: Case) -> InboundRequest:
    return case.request(body(case.good), age=3600)


REFUSED = {
    "unsigned": unsigned,
    "empty proof": empty_proof,
    "foreign proof": foreign_proof,
    "strange proof": strange_proof,
    "tampered": tampered,
    "replayed": replayed,
}


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def wrong_types(good: Any) -> list[bytes]:
    """The good body with each of its values, at any depth, replaced by one of each other type."""
    return [body(changed) for other in (None, True, -1, 1.5, "x", [], {}, [[]]) for changed in _changes(good, other)]


def _changes(value: Any, other: Any) -> list[Any]:
    found = [other]
    if isinstance(value, dict):
        found += [{**value, name: each} for name, inner in value.items() for each in _changes(inner, other)]
    if isinstance(value, list):
        found += [
            [*value[:at], each, *value[at + 1 :]] for at, inner in enumerate(value) for each in _changes(inner, other)
        ]
    return found


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"message=hello",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "a list": b"[]",
    "a text": b'"hello"',
    "an empty object": b"{}",
    "deep": deep(100_000),
    "deep, but not too deep for JSON": deep(60),
    "NaN": b'{"id": NaN}',
    "a number without end": b'{"id": ' + b"9" * 10_000 + b"}",
}


def refuses(case: Case, kind: str) -> None:
    """Not verified. What a platform's proof can't tell is let through, to be recognised as a duplicate by its key."""
    request = REFUSED[kind](case)
    if (kind == "tampered" and not case.signs_body) or (kind == "replayed" and not case.signs_time):
        case.adapter.verify(request)
        return
    with pytest.raises(SignatureError) as refusal:
        case.adapter.verify(request)
    assert refusal.value.public.endswith(".")


def read(case: Case, raw: bytes) -> list[Any] | None:
    """The events in a body as the webhook view would come to them; None for one that is refused or parked."""
    request = case.request(raw)
    case.adapter.verify(request)
    try:
        case.adapter.admit(request)
        case.adapter.acknowledge(request)
        return list(case.adapter.parse(request))
    except (Refused, Unparsable) as error:
        assert str(error)
        assert isinstance(error, Malformed | Unparsable)
        return None


def survives(case: Case) -> None:
    """Whatever stands in a signed body is read, ignored or refused with a sentence; nothing else is raised."""
    good = body(case.good)
    assert read(case, good)
    for size in range(0, len(good), max(1, len(good) // 50)):
        assert read(case, good[:size]) is None
    for raw in wrong_types(case.good):
        read(case, raw)
    [ignored] = read(case, body(case.unknown)) or []
    assert isinstance(ignored, Ignored)
    huge = json.loads(good.decode().replace('"Hello"', json.dumps("x" * 1_000_000)))
    read(case, body(huge))
