"""The openai engine with actions, against real servers on loopback: the model's, and the API that it calls."""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from agents.actions.action import ActionBrief, ActionResult, Outcome
from agents.engines import prompt, prompt_actions
from agents.engines.answers import SCHEMA_WITH_ACTIONS
from agents.engines.base import ActionCall, Brief, Decision, EngineError, Escalation, Means, Reason
from agents.engines.openai import Config, OpenAI
from agents.http import Http, Policy
from tests.agents.actions.api_server import redirect
from tests.agents.actions.api_server import serving as serving_api
from tests.agents.actions.shop import ORDER, TOKEN, cancel, find
from tests.agents.engines import small
from tests.agents.engines.model_server import ModelServer, answer, completion, decided
from tests.agents.engines.test_prompt import INJECTIONS

LOOPBACK = Http(Policy.of(["127.0.0.0/8"]))
NO_TOOLS = {"error": {"message": "small does not support tools"}}
FOUND = answer(200, {"status": "sent", "card": "4111"})


@pytest.fixture
def shop_api() -> Iterator[ModelServer]:
    with serving_api() as server:
        yield server


def draw_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for the articles, others for what actions return."""
    marks = itertools.chain(["f00d"], itertools.repeat("beef"))
    monkeypatch.setattr(prompt.secrets, "token_hex", lambda size: next(marks))


def calls(*asked: tuple[str, Any], finish: str = "tool_calls") -> Any:
    """An answer that asks for tool calls; arguments that are a text are sent as they are."""
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for number, (name, given) in enumerate(asked, start=1)
    ]
    return completion(None, finish=finish, tool_calls=made)


def brief(
    server: ModelServer, *actions: ActionBrief, said: tuple[str, ...] = ("Where is order 17?",), **more: Any
) -> Brief:
    config = Config(**{"model": "small", "base_url": f"{server.url}/v1", **more.pop("options", {})})
    agent = dataclasses.replace(small.agent(**more.pop("agent", {})), actions=actions, revision="with actions")
    return dataclasses.replace(small.brief(*said, of=agent), means=Means(config, LOOPBACK), **more)


def ask(server: ModelServer, *actions: ActionBrief, engine: OpenAI | None = None, **more: Any) -> Decision:
    return (engine or OpenAI()).decide(brief(server, *actions, **more))


def states(decision: Decision) -> list[tuple[str, Outcome]]:
    return [(call.name, call.state) for call in decision.actions]


class TestACall:
    def test_is_made_and_its_outputs_come_back_as_data(
        self, model: ModelServer, shop_api: ModelServer, monkeypatch: pytest.MonkeyPatch
    ):
        draw_marks(monkeypatch)
        model.script.extend([calls(("find_order", {"order": "17"})), completion(decided(articles=[]))])
        shop_api.script.append(FOUND)
        decision = ask(model, find(shop_api.url))
        assert decision.reply == "Within 5 working days."
        (call,) = decision.actions
        assert dataclasses.replace(call, milliseconds=0) == ActionCall(
            "find_order", '{"order": "17"}', "It answered 200.", Outcome.DONE, '{"/status": "sent"}', 0, 1
        )
        assert [asked.path for asked in shop_api.asked] == ["GET /orders/17"]
        first, second = (asked.json for asked in model.asked)
        closed = {"properties": {}, "additionalProperties": False, **ORDER}
        tool = {"name": "find_order", "description": "Status of an order.", "parameters": closed}
        assert first["tools"] == second["tools"] == [{"type": "function", "function": tool}]
        assert second["messages"][: len(first["messages"])] == first["messages"]
        assert second["messages"][len(first["messages"]) :] == [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "find_order", "arguments": '{"order": "17"}'},
                    }
                ],
            },
            {
                "role": "tool",
                "tool_call_id": "call_1",
                "content": 'beef result\n{"outcome": "done", "outputs": {"/status": "sent"}}\nbeef end of result',
            },
        ]

    def test_counts_all_its_requests_in_the_cost(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend([calls(("find_order", {"order": "17"})), completion(decided())])
        shop_api.script.append(FOUND)
        used = ask(model, find(shop_api.url), options={"input_price": 1.0}).cost
        assert (used.input_tokens, used.output_tokens, used.cost) == (2400, 160, pytest.approx(0.0024))

    def test_that_is_repeated_is_answered_from_memory(self, model: ModelServer, shop_api: ModelServer):
        again = calls(("find_order", {"order": "17"}))
        model.script.extend([again, again, completion(decided())])
        shop_api.script.append(FOUND)
        assert states(ask(model, find(shop_api.url))) == [("find_order", Outcome.DONE)]
        assert len(shop_api.asked) == 1

    def test_may_be_several_at_once(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend(
            [calls(("find_order", {"order": "1"}), ("find_order", {"order": "2"})), completion(decided())]
        )
        shop_api.script.extend([FOUND, answer(404, {})])
        assert [call.state for call in ask(model, find(shop_api.url)).actions] == [Outcome.DONE, Outcome.HTTP_ERROR]
        told = [each["tool_call_id"] for each in model.asked[1].json["messages"] if each["role"] == "tool"]
        assert told == ["call_1", "call_2"]


def told_invalid(problem: str) -> str:
    return json.dumps({"outcome": "invalid_arguments", "problem": problem})


def last_told(model: ModelServer) -> str:
    return str(model.asked[-1].json["messages"][-1]["content"]).splitlines()[1]


@pytest.mark.parametrize(
    ("asked", "behaviour", "told"),
    [
        (("delete_everything", {}), None, told_invalid("There is no action of this name.")),
        (("find_order", "{not JSON"), None, told_invalid("The arguments must be a JSON object.")),
        (("find_order", "[" * 5000), None, told_invalid("The arguments must be a JSON object.")),
        (("find_order", {}), None, told_invalid("'order' is a required property.")),
        (
            ("find_order", {"order": "../admin"}),
            None,
            '{"outcome": "invalid_arguments", "problem": "An argument would change the path of the address."}',
        ),
        (("find_order", {"order": "17"}), answer(500, b"secret trace"), '{"outcome": "http_error"}'),
        (("find_order", {"order": "17"}), redirect("http://127.0.0.1/"), '{"outcome": "http_error"}'),
        (("find_order", {"order": "17"}), answer(200, b"x" * 1_100_000), '{"outcome": "unreadable"}'),
        (("find_order", {"order": "17"}), answer(200, b"<html>"), '{"outcome": "unreadable"}'),
    ],
    ids=["unknown", "bad JSON", "nested JSON", "missing", "path", "500", "redirect", "huge", "not JSON"],
)  # fmt: skip
def test_what_goes_wrong_is_told_to_the_model_which_answers_all_the_same(
    model: ModelServer, shop_api: ModelServer, asked: Any, behaviour: Any, told: str
):
    model.script.extend([calls(asked), completion(decided())])
    shop_api.script.extend([behaviour] if behaviour else [])
    assert ask(model, find(shop_api.url)).reply == "Within 5 working days."
    assert last_told(model) == told
    assert len(shop_api.asked) == (1 if behaviour else 0)


def test_what_is_long_is_cut_off_before_the_model_sees_it(model: ModelServer, shop_api: ModelServer):
    model.script.extend([calls(("find_order", {"order": "17"})), completion(decided())])
    shop_api.script.append(answer(200, {"status": "x" * 100_000}))
    ask(model, find(shop_api.url))
    assert 4_000 < len(last_told(model)) < 4_200


class TestEnough:
    def test_a_loop_ends_with_people_and_what_was_found(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend(calls(("find_order", {"order": str(number)})) for number in range(50))
        shop_api.script.extend([FOUND] * 50)
        decision = ask(model, find(shop_api.url), options={"calls": 3})
        assert (decision.escalation, decision.reason, decision.reply) == (Escalation.NOW, Reason.ACTION_FAILED, "")
        assert decision.why == "The model called actions more than 3 times in one turn."
        assert [call.outputs for call in decision.actions] == ['{"/status": "sent"}'] * 3
        assert (len(model.asked), decision.cost.input_tokens) == (4, 4800)

    def test_many_at_once_are_too_many(self, model: ModelServer, shop_api: ModelServer):
        model.script.append(calls(*(("find_order", {"order": str(number)}) for number in range(9))))
        assert ask(model, find(shop_api.url)).reason is Reason.ACTION_FAILED
        assert shop_api.asked == []

    def test_a_turns_tokens_end_it(self, model: ModelServer, shop_api: ModelServer):
        model.script.append(calls(("find_order", {"order": "17"})))
        shop_api.script.append(FOUND)
        decision = ask(model, find(shop_api.url), options={"turn_tokens": 1000})
        assert (decision.reason, decision.why) == (Reason.ACTION_FAILED, "The turn has taken its 1,000 tokens.")

    def test_a_conversations_tokens_end_it(self, model: ModelServer, shop_api: ModelServer):
        model.script.append(calls(("find_order", {"order": "17"})))
        shop_api.script.append(FOUND)
        decision = ask(model, find(shop_api.url), agent={"conversation_tokens": 5000}, spent=4000)
        assert decision.why == "The conversation has taken all its tokens."

    def test_a_conversation_that_has_none_left_isnt_asked_about(self, model: ModelServer):
        with pytest.raises(EngineError, match=r"^The conversation has taken its 5,000 tokens\.$"):
            ask(model, agent={"conversation_tokens": 5000}, spent=5000)
        assert model.asked == []

    def test_an_action_that_times_out_twice_ends_it_with_what_was_found_before(
        self, model: ModelServer, shop_api: ModelServer
    ):
        model.script.extend([calls(("find_order", {"order": "1"})), calls(("find_order", {"order": "2"}))])
        shop_api.script.extend([FOUND, shop_api.slow, shop_api.slow])
        decision = ask(model, find(shop_api.url, seconds=0.3))
        assert decision.reason is Reason.ACTION_FAILED and "“find_order” took too long" in decision.why
        assert [call.state for call in decision.actions] == [Outcome.DONE, Outcome.TIMEOUT]
        assert (len(model.asked), len(shop_api.asked)) == (2, 3)

    def test_the_time_of_actions_isnt_the_models(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend([calls(("find_order", {"order": "1"})), completion(decided())])
        shop_api.script.extend([shop_api.slow, FOUND])
        assert ask(model, find(shop_api.url, seconds=0.6), options={"seconds": 0.5}).reply


class TestWriting:
    def test_is_only_asked_for(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend([calls(("cancel_order", {"order": "17"})), completion(decided(reply="I'm on it."))])
        decision = ask(model, cancel(shop_api.url))
        assert states(decision) == [("cancel_order", Outcome.REQUESTED)]
        assert last_told(model) == '{"outcome": "requested"}'
        assert shop_api.asked == []

    def test_waits_for_approval_where_that_is_set(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend([calls(("cancel_order", {"order": "17"})), completion(decided())])
        decision = ask(model, cancel(shop_api.url, needs_approval=True))
        assert states(decision) == [("cancel_order", Outcome.WAITING)]

    def test_with_arguments_that_dont_fit_isnt_asked_for(self, model: ModelServer, shop_api: ModelServer):
        model.script.extend([calls(("cancel_order", {"order": ""})), completion(decided())])
        assert states(ask(model, cancel(shop_api.url))) == [("cancel_order", Outcome.INVALID)]

    @pytest.mark.parametrize("state", [Outcome.REQUESTED, Outcome.WAITING, Outcome.UNKNOWN])
    def test_isnt_asked_for_while_the_same_is_open(self, model: ModelServer, shop_api: ModelServer, state: Outcome):
        earlier = ActionCall("cancel_order", '{"order": "17"}', "", state)
        model.script.extend([calls(("cancel_order", {"order": "17"})), completion(decided())])
        assert states(ask(model, cancel(shop_api.url), results=(earlier,))) == [("cancel_order", Outcome.INVALID)]

    def test_isnt_believed_when_the_model_only_claims_it(self, model: ModelServer, shop_api: ModelServer):
        claimed = [{"name": "nothing", "arguments": "{}", "state": "requested", "action_id": 2}]
        model.script.extend([completion(decided(actions=claimed)), completion(decided())])
        assert ask(model, cancel(shop_api.url)).actions == ()
        assert shop_api.asked == []


class TestWhatCameOfIt:
    DONE = ActionCall("cancel_order", '{"order": "17"}', "It answered 200.", Outcome.DONE, '{"/status": "gone"}')

    def told(self, model: ModelServer) -> list[dict[str, Any]]:
        model.script.append(completion(decided(reply="It is cancelled.")))
        said = ("Cancel order 17", "I'm on it.")
        base = brief(model, cancel(), said=(*said, "x"), results=(self.DONE,))
        follow_up = dataclasses.replace(base, transcript=base.transcript[:2], new=0)
        assert OpenAI().decide(follow_up).reply == "It is cancelled."
        return list(model.asked[0].json["messages"])

    def test_is_told_after_the_agents_own_words(self, model: ModelServer, monkeypatch: pytest.MonkeyPatch):
        draw_marks(monkeypatch)
        *_, words, result = self.told(model)
        assert (words["role"], words["content"]) == ("assistant", "I'm on it.")
        assert words["tool_calls"][0]["function"] == {"name": "cancel_order", "arguments": '{"order": "17"}'}
        assert result == {
            "role": "tool",
            "tool_call_id": "earlier_1",
            "content": 'beef result\n{"outcome": "done", "outputs": {"/status": "gone"}}\nbeef end of result',
        }

    def test_asks_for_the_next_writing_action_only_with_approval(self, model: ModelServer):
        model.script.extend([calls(("cancel_order", {"order": "18"})), completion(decided())])
        base = brief(model, cancel(), results=(self.DONE,))
        decision = OpenAI().decide(dataclasses.replace(base, new=0))
        assert states(decision) == [("cancel_order", Outcome.WAITING)]


class TestAServerWithoutToolCalls:
    def test_is_asked_in_text_now_and_from_then_on(self, model: ModelServer, shop_api: ModelServer):
        engine = OpenAI()
        wanted = decided(reply="", actions=[{"name": "find_order", "arguments": '{"order": "17"}'}])
        fine = completion(decided(actions=[]))
        model.script.extend([answer(400, NO_TOOLS), completion(wanted), fine, fine])
        shop_api.script.append(FOUND)
        decision = ask(model, find(shop_api.url), engine=engine)
        assert states(decision) == [("find_order", Outcome.DONE)]
        ask(model, find(shop_api.url), engine=engine)
        assert ["tools" in asked.json for asked in model.asked] == [True, False, False, False]
        assert model.asked[1].json["response_format"]["json_schema"]["schema"] == SCHEMA_WITH_ACTIONS
        assert "find_order: Status of an order." in model.asked[1].json["messages"][0]["content"]
        roles = [message["role"] for message in model.asked[2].json["messages"]]
        assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
        shown = model.asked[2].json["messages"][-1]["content"]
        assert '{"outcome": "done", "outputs": {"/status": "sent"}}' in shown

    @pytest.mark.parametrize("given", [{"order": "17"}, '{"order": "17"}'], ids=["an object", "a text"])
    def test_may_give_arguments_in_both_forms(self, model: ModelServer, shop_api: ModelServer, given: Any):
        wanted = decided(reply="", actions=[{"name": "find_order", "arguments": given}])
        model.script.extend([answer(400, NO_TOOLS), completion(wanted), completion(decided(actions=[]))])
        shop_api.script.append(FOUND)
        assert states(ask(model, find(shop_api.url))) == [("find_order", Outcome.DONE)]

    def test_that_loops_ends_with_people(self, model: ModelServer, shop_api: ModelServer):
        wanted = decided(reply="", actions=[{"name": "find_order", "arguments": {"order": "17"}}])
        model.script.extend([answer(400, NO_TOOLS), *[completion(wanted)] * 20])
        shop_api.script.append(FOUND)
        assert ask(model, find(shop_api.url)).reason is Reason.ACTION_FAILED


@pytest.mark.parametrize("native", [True, False], ids=["tools", "in text"])
@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_what_an_action_returns_stays_data(model: ModelServer, text: str, native: bool):
    """It changes no byte of the rules, stands in one message of its own, and ends no mark."""
    said = text.encode("utf-8", "ignore").decode().replace("\x00", "")

    def returned(*_: Any) -> ActionResult:
        return ActionResult(Outcome.DONE, "It answered 200.", {"/status": said})

    refusal = [] if native else [answer(400, NO_TOOLS)]
    asked = (
        calls(("find_order", {"order": "1"}))
        if native
        else completion(decided(actions=[{"name": "find_order", "arguments": {"order": "1"}}]))
    )
    model.script.extend([*refusal, asked, completion(decided(actions=[]))])
    base = brief(model, find())
    OpenAI().decide(dataclasses.replace(base, means=dataclasses.replace(base.means, run=returned)))
    before, after = model.asked[-2].json["messages"], model.asked[-1].json["messages"]
    assert after[: len(before)] == before
    request, result = after[len(before) :]
    assert (request["role"], result["role"]) == ("assistant", "tool" if native else "user")
    lines = result["content"].splitlines()
    mark = lines[-1].removesuffix(" end of result")
    assert mark and mark not in said
    assert [line for line in lines if line.startswith(mark)] == [f"{mark} result", f"{mark} end of result"]
    assert json.loads(lines[-2]) == {"outcome": "done", "outputs": {"/status": said}}


def test_rules_and_secrets(model: ModelServer, shop_api: ModelServer):
    """Without actions nothing is said of them; with them, no secret and no address is."""
    model.script.extend([completion(decided()), completion(decided())])
    ask(model)
    ask(model, find(shop_api.url))
    without, with_them = (asked.json for asked in model.asked)
    assert "tools" not in without and prompt_actions.RULES not in without["messages"][0]["content"]
    assert prompt_actions.RULES in with_them["messages"][0]["content"]
    assert TOKEN not in json.dumps(with_them) and shop_api.url not in json.dumps(with_them)
