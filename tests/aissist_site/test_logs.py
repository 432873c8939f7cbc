"""Lines of the log: one for each event, with the bound ids, and never with a secret."""

import io
import json
import logging
import logging.config

import pytest
import structlog

from aissist_site import logs

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer abcdefgh", "[redacted]"),
        ("Authorization", "anything", "[redacted]"),
        ("access_token", "abc", "[redacted]"),
        ("client-secret", "abc", "[redacted]"),
        ("api_key", "abc", "[redacted]"),
        ("password", "abc", "[redacted]"),
        ("set-cookie", "a=b", "[redacted]"),
        ("headers", {"X-Token": "abc", "Accept": "*/*"}, {"X-Token": "[redacted]", "Accept": "*/*"}),
        ("tokens", ["abc"], ["[redacted]"]),
        ("path", "/oauth/callback?code=abc&state=d.e-f", "/oauth/callback?code=[redacted]&state=[redacted]"),
        ("event", "sent with Bearer abcdefgh.ijk", "sent with Bearer [redacted]"),
        ("event", "sent with Basic dXNlcjpwYXNz", "sent with Basic [redacted]"),
        ("event", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw said no", "[redacted] said no"),
        ("event", "sk-proj-0123456789", "[redacted]"),
        ("event", f"POST /bot{TELEGRAM}/sendMessage", "POST /bot[redacted]/sendMessage"),
        ("event", "GET /x?access_token=abc&page=2", "GET /x?access_token=[redacted]&page=2"),
        ("event", '{"password": "abc", "name": "Ann"}', '{"password": "[redacted]", "name": "Ann"}'),
        (
            "exception",
            "HTTPError: 401 for url: https://x.example/?token=abc",
            "HTTPError: 401 for url: https://x.example/?token=[redacted]",
        ),
        ("event", "basic questions about a bearer bond", "basic questions about a bearer bond"),
        ("event", "order 123456789 is on its way", "order 123456789 is on its way"),
        ("receipt", 17, 17),
        ("key", None, None),
        ("monkey", "banana", "banana"),
        ("keyboard", "qwerty", "qwerty"),
    ],
)
def test_secrets_are_taken_out_by_name_and_by_looks(name, value, shown):
    assert logs.redact(None, "info", {name: value}) == {name: shown}


@pytest.fixture
def log_to():
    """`log_to(form)` sets logging up as settings do and returns what a handler on it has written."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    structlog.contextvars.clear_contextvars()

    def configure(form):
        formatter = logging.config.dictConfig({**logs.configuration("INFO", form), "loggers": {}})
        assert formatter is None
        written = io.StringIO()
        root.handlers[0].setStream(written)
        return written

    yield configure
    root.handlers[:], root.level = before
    structlog.contextvars.clear_contextvars()


def test_an_exception_is_one_line_of_json_with_the_bound_ids_and_without_the_secret(log_to):
    written = log_to("json")
    structlog.contextvars.bind_contextvars(conversation=5)
    try:
        raise ValueError("refused: Bearer abcdefgh12345")
    except ValueError:
        structlog.get_logger("deliver").exception("not_sent", part=2)
    [line] = written.getvalue().splitlines()
    event = json.loads(line)
    assert {name: event[name] for name in ("event", "level", "logger", "conversation", "part")} == {
        "event": "not_sent",
        "level": "error",
        "logger": "deliver",
        "conversation": 5,
        "part": 2,
    }
    assert event["exception"].endswith("ValueError: refused: Bearer [redacted]")


def test_lines_of_libraries_take_the_same_way(log_to):
    written = log_to("json")
    structlog.contextvars.bind_contextvars(turn=9)
    logging.getLogger("gunicorn.error").warning("Worker %s with token=%s", 3, "abc")
    [line] = written.getvalue().splitlines()
    event = json.loads(line)
    assert (event["event"], event["turn"], event["level"]) == ("Worker 3 with token=[redacted]", 9, "warning")


def test_the_console_form_is_for_people(log_to):
    written = log_to("console")
    structlog.get_logger("turn").info("taken", turn=4, token="abc")
    assert "taken" in written.getvalue()
    assert "turn=4" in written.getvalue()
    assert "abc" not in written.getvalue()
