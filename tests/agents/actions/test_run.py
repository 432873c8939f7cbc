"""Actions against a real server on loopback that behaves well, slowly and wrongly."""

import logging
from typing import Any

import pytest

from agents.actions.action import ActionBrief, ActionResult, Outcome
from agents.actions.run import run
from agents.http import Http, Policy
from tests.agents.actions.api_server import answer, redirect
from tests.agents.actions.shop import TOKEN, cancel, find
from tests.agents.engines.model_server import ModelServer, cut

LOOPBACK = Http(Policy.of(["127.0.0.0/8"]))
SENT = {"status": "sent", "card": "4111 1111"}


def call(action: ActionBrief, values: Any = None, http: Http = LOOPBACK, **options: Any) -> ActionResult:
    return run(action, {"order": "17"} if values is None else values, http, **options)


def test_the_whole_request(shop_api: ModelServer):
    shop_api.script.append(answer(200, SENT))
    result = call(cancel(shop_api.url), key="action-request-5")
    assert (result.outcome, result.status, result.outputs) == (Outcome.DONE, 200, {"/status": "sent"})
    (asked,) = shop_api.asked
    assert asked.path == "POST /orders/17/cancel"
    assert asked.body == b'{"reason": "customer"}'
    assert asked.headers == {
        "host": shop_api.url.removeprefix("http://"),
        "user-agent": "Aissist-Gateways",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/json",
        "content-length": "22",
        "authorization": f"Bearer {TOKEN}",
        "idempotency-key": "action-request-5",
    }


@pytest.mark.parametrize(
    ("make", "behaviour", "outcome", "says"),
    [
        (find, answer(200, SENT), Outcome.DONE, "It answered 200."),
        (find, answer(404, SENT), Outcome.HTTP_ERROR, "It answered 404."),
        (find, answer(500, SENT), Outcome.HTTP_ERROR, "It answered 500."),
        (find, answer(200, {"other": 1}), Outcome.UNREADABLE, "It answered 200, but with none of the outputs"),
        (find, answer(200, b"<html>"), Outcome.UNREADABLE, "It answered 200, but with none of the outputs"),
        (find, answer(200, b"\xff\x00"), Outcome.UNREADABLE, "It answered 200 with neither JSON nor text."),
        (find, answer(200, b"x" * 1_100_000), Outcome.UNREADABLE, "The answer (200) has more than 1,000,000 bytes."),
        (find, cut, Outcome.UNREADABLE, "The answer (200) broke off: the connection was cut."),
        (find, redirect("http://127.0.0.1:1/"), Outcome.HTTP_ERROR, "It answered with a redirect (302), which isn't"),
        (cancel, answer(200, {}), Outcome.DONE, "It answered 200."),
        (cancel, answer(204, b""), Outcome.DONE, "It answered 204."),
        (cancel, answer(409, {}), Outcome.HTTP_ERROR, "It answered 409."),
        (cancel, answer(500, {}), Outcome.UNKNOWN, "It answered 500, and may have happened all the same."),
        (cancel, redirect("/done"), Outcome.UNKNOWN, "It answered 302, and may have happened all the same."),
        (cancel, cut, Outcome.DONE, "The answer (200) broke off"),
        (
            cancel,
            lambda handler: handler.connection.close(),
            Outcome.UNKNOWN,
            "The request was sent, and no answer came: the connection was cut. It may have happened: nobody knows.",
        ),
    ],
)
def test_answers(shop_api: ModelServer, make: Any, behaviour: Any, outcome: Outcome, says: str):
    shop_api.script.append(behaviour)
    result = call(make(shop_api.url))
    assert result.outcome is outcome
    assert result.says.startswith(says)
    assert len(shop_api.asked) == 1
    assert "4111" not in repr(result)


class TestTime:
    def test_a_reading_action_is_called_twice(self, shop_api: ModelServer):
        shop_api.script.extend([shop_api.slow, answer(200, SENT)])
        result = call(find(shop_api.url, seconds=0.2))
        assert (result.outcome, result.outputs, len(shop_api.asked)) == (Outcome.DONE, {"/status": "sent"}, 2)

    def test_and_no_more_than_that(self, shop_api: ModelServer):
        shop_api.script.extend([shop_api.slow] * 3)
        result = call(find(shop_api.url, seconds=0.2))
        assert (result.outcome, len(shop_api.asked)) == (Outcome.TIMEOUT, 2)
        assert result.says.endswith("It was tried twice.")

    def test_a_writing_one_is_called_once_and_nobody_knows(self, shop_api: ModelServer):
        shop_api.script.extend([shop_api.slow] * 2)
        result = call(cancel(shop_api.url, seconds=0.2))
        assert (result.outcome, len(shop_api.asked)) == (Outcome.UNKNOWN, 1)

    def test_that_isnt_left_isnt_taken(self, shop_api: ModelServer):
        shop_api.script.extend([shop_api.slow] * 2)
        result = call(find(shop_api.url, seconds=60), seconds=0.2)
        assert (result.outcome, len(shop_api.asked)) == (Outcome.TIMEOUT, 1)


@pytest.mark.parametrize("make", [find, cancel])
def test_nothing_goes_into_a_private_network(shop_api: ModelServer, make: Any):
    result = call(make(shop_api.url), http=Http(Policy()))
    assert result.outcome is Outcome.REFUSED and "not a public address" in result.says
    assert shop_api.asked == []


@pytest.mark.parametrize("make", [find, cancel])
def test_what_isnt_there_surely_did_nothing(make: Any):
    assert call(make("http://127.0.0.1:1")).outcome is Outcome.HTTP_ERROR


@pytest.mark.parametrize("values", [{}, {"order": ""}, {"order": ".."}, {"order": 1}, [], "text"], ids=repr)
def test_arguments_that_dont_fit_send_nothing(shop_api: ModelServer, values: Any):
    assert call(find(shop_api.url), values).outcome is Outcome.INVALID
    assert shop_api.asked == []


def test_a_secret_that_comes_back_is_shown_to_nobody(shop_api: ModelServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    shop_api.script.append(answer(200, {"status": f"you sent Bearer {TOKEN}"}))
    action = find(shop_api.url)
    result = call(action)
    assert result.outputs == {"/status": "you sent Bearer •••"}
    assert TOKEN not in repr(result) + repr(action) + caplog.text
