"""The harness must report exactly the faults that are put in, or a green run would mean nothing."""

import random
from dataclasses import replace

import pytest

from tests.bench.faults import TEN_PERCENT, Fault, Faults
from tests.bench.http import post, read_request, read_response, response
from tests.bench.load import Said, plan
from tests.bench.platform import Record
from tests.bench.reconcile import Effect, Facts, PersonSaid, Reconciliation, Window

HUMAN, THREAD = "h7n1", "r7-1"


def said(seq: int, **changes: object) -> Said:
    return Said(7, "webhook", 1, seq, sent_at=seq, acked_at=seq + 0.1, posts=1, **changes)  # type: ignore[arg-type]


def record(seq: int, at: float = 0, **changes: object) -> Record:
    fine = Record(at or seq + 1, "webhook", f"ref{seq}", 1, "accepted", "none", "message.created", THREAD, "reply", "")
    return replace(fine, text=f"re: Where is it? m7c1s{seq}", **changes)  # type: ignore[arg-type]


def thinking(at: float) -> Record:
    return replace(record(9, at), purpose="thinking", text="One moment.", ref="thinking")


THREE = [said(1), said(2), said(3)]
ANSWERED = [record(1), record(2), record(3)]
RECORDED = Facts(recorded={f"m7c1s{seq}": 1 for seq in (1, 2, 3)})
OWNED = replace(RECORDED, windows=[Window(THREAD, 2.5, None)])


def broken(said_: list[Said], log: list[Record], facts: Facts = RECORDED, **more: object) -> dict[str, int]:
    verdict = Reconciliation(said_, log, facts, **more).verdict()  # type: ignore[arg-type]
    return {name: len(lines) for name, lines in verdict.broken.items() if lines}


@pytest.mark.parametrize(
    ("log", "facts", "expected"),
    [
        pytest.param(ANSWERED, RECORDED, {}, id="all answered"),
        pytest.param([replace(record(3), text="re: m7c1s1\nm7c1s2\nm7c1s3")], RECORDED, {}, id="all in one reply"),
        pytest.param(ANSWERED[:2], RECORDED, {"lost": 1}, id="one without an answer"),
        pytest.param(ANSWERED[:2], Facts(), {"lost": 1}, id="one that isn't even recorded"),
        pytest.param(ANSWERED[:2], OWNED, {}, id="one without an answer, but a person took over"),
        pytest.param(
            ANSWERED[:2],
            replace(RECORDED, windows=[Window(THREAD, 0.5, 0.9)]),
            {"lost": 1},
            id="one without an answer, long after a person gave the conversation back",
        ),
        pytest.param(
            ANSWERED[:2],
            replace(RECORDED, effects=[Effect("ref3", THREAD, 1, "unknown", "re: m7c1s3")]),
            {},
            id="one of unknown outcome, flagged",
        ),
        pytest.param([*ANSWERED, record(3, ref="other")], RECORDED, {"doubled": 1}, id="one answered twice"),
        pytest.param(
            [*ANSWERED, record(3, outcome="repeat", attempt=2)], RECORDED, {"doubled": 1}, id="a repeat that arrives"
        ),
        pytest.param(ANSWERED, replace(RECORDED, recorded={"m7c1s1": 2}), {"doubled": 1}, id="recorded twice"),
        pytest.param([record(2), record(1), record(3)], RECORDED, {"out of order": 1}, id="one too late"),
        pytest.param([*ANSWERED, thinking(9)], RECORDED, {}, id="a thinking message"),
        pytest.param(ANSWERED, replace(RECORDED, limbo=[THREAD]), {"limbo": 1}, id="limbo"),
        pytest.param(ANSWERED, replace(RECORDED, still_due={"turns": 3}), {"limbo": 1}, id="something still due"),
    ],
)
def test_exactly_the_fault_that_was_put_in_is_reported(
    log: list[Record], facts: Facts, expected: dict[str, int]
) -> None:
    assert broken(THREE, log, facts) == expected


def test_repeats_are_fine_where_the_platform_drops_them() -> None:
    assert broken(THREE, [*ANSWERED, record(3, outcome="repeat", attempt=2)], dropping=["webhook"]) == {}


def test_a_message_that_was_never_acked_is_the_senders_to_report() -> None:
    assert broken([*THREE, replace(said(4), acked_at=0.0)], ANSWERED) == {"not acked": 1}


@pytest.mark.parametrize(
    ("at", "begun", "expected"),
    [
        pytest.param(3.0, (2.4,), {}, id="begun before the takeover"),
        pytest.param(3.0, (2.7,), {"over a human": 1}, id="begun after it"),
        pytest.param(3.0, (1.0, 2.7), {"over a human": 1}, id="begun before it, and again after it"),
        pytest.param(3.0, (), {}, id="nobody knows when it began, but it may have been under way"),
        pytest.param(4.0, (), {"over a human": 1}, id="nobody knows when it began, and it comes too late"),
        pytest.param(2.4, (2.3,), {}, id="accepted before it"),
    ],
)
def test_what_the_agent_says_over_a_person(at: float, begun: tuple[float, ...], expected: dict[str, int]) -> None:
    effect = Effect("ref3", THREAD, 1, "sent", "re: m7c1s3", begun)
    facts = replace(OWNED, effects=[effect])
    assert broken(THREE, [record(1, 1.5), record(2, 2.2), record(3, at)], facts) == expected


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        pytest.param([2.0], {}, id="one before the reply"),
        pytest.param([2.0, 2.1], {"thinking misplaced": 1}, id="two before the reply"),
        pytest.param([5.0], {"thinking misplaced": 1}, id="one after the reply"),
    ],
)
def test_thinking_messages_have_their_place(moments: list[float], expected: dict[str, int]) -> None:
    effects = [Effect("ref3", THREAD, 5, "sent", ""), Effect("thinking", THREAD, 5, "sent", "")]
    log = sorted([*ANSWERED, *map(thinking, moments)], key=lambda one: one.at)
    assert broken(THREE, log, replace(RECORDED, effects=effects)) == expected


@pytest.mark.parametrize(
    ("times", "certain", "expected"),
    [
        (1, True, {}),
        (0, True, {"people's words lost or doubled": 1}),
        (0, False, {}),
        (2, False, {"people's words lost or doubled": 1}),
    ],
)
def test_what_people_say_is_sent_once(times: int, certain: bool, expected: dict[str, int]) -> None:
    log = [replace(record(1), purpose="human", text=HUMAN, ref=f"h{number}") for number in range(times)]
    assert broken(THREE, ANSWERED + log, people=[PersonSaid(HUMAN, certain)]) == expected


def test_faults_depend_on_seed_id_and_attempt_and_nothing_else() -> None:
    faults = Faults(seed=1, rates=TEN_PERCENT)
    once = [faults.of_request(f"ref{number}", 1) for number in range(5_000)]
    assert once == [Faults(seed=1, rates=TEN_PERCENT).of_request(f"ref{number}", 1) for number in range(5_000)]
    assert once != [faults.of_request(f"ref{number}", 2) for number in range(5_000)]
    assert once != [replace(faults, seed=2).of_request(f"ref{number}", 1) for number in range(5_000)]
    assert 0.08 < 1 - once.count(Fault.NONE) / len(once) < 0.12
    assert set(once) == set(Fault)


def test_a_plan_numbers_each_conversation_without_gaps() -> None:
    planned = plan(7, ["a", "b"], 500, 40, 50, random.Random(1), copy_every=20)
    by_conversation: dict[int, list[int]] = {}
    for one in planned:
        by_conversation.setdefault(one.conversation, []).append(one.seq)
    assert len(planned) == 500
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_conversation.values())
    assert {one.gateway for one in planned} == {"a", "b"}
    assert max(one.copies for one in planned) > 1


@pytest.mark.parametrize("cut", [0, 10, 40])
def test_a_message_is_read_when_it_is_whole(cut: int) -> None:
    whole = post("/hooks/a", {"Webhook-Id": "e-1"}, b'{"a": 1}')
    buffer = bytearray(whole[: len(whole) - cut] if cut else whole + b"POST")
    request = read_request(buffer)
    assert (request is None) == bool(cut)
    if request:
        assert (request.path, request.headers["webhook-id"], request.body) == ("/hooks/a", "e-1", b'{"a": 1}')
        assert buffer == b"POST"


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(response(202, b'{"receipt": 1}'), id="with a length"),
        pytest.param(
            b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", id="in chunks"
        ),
    ],
)
def test_an_answer_is_read_when_it_is_whole(whole: bytes) -> None:
    buffer = bytearray(whole[:-1])
    assert read_response(buffer) is None
    buffer += whole[-1:]
    assert (read_response(buffer), buffer) == (202, bytearray())
