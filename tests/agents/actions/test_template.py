"""What an action's request looks like, and that no argument reaches where it doesn't belong."""

from typing import Any

import pytest

from agents.actions import template
from agents.actions.action import CannotRender, Outcome
from tests.agents.actions.shop import TOKEN, cancel, find

NAMES, NEEDED = ("order", "q"), ("order",)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("17", "https://api.example.com/orders/17"),
        (17, "https://api.example.com/orders/17"),
        (True, "https://api.example.com/orders/true"),
        ("a b/c", "https://api.example.com/orders/a%20b%2Fc"),
        ("?admin=1#x", "https://api.example.com/orders/%3Fadmin%3D1%23x"),
        ("@evil.example", "https://api.example.com/orders/%40evil.example"),
        ("//evil.example", "https://api.example.com/orders/%2F%2Fevil.example"),
        ("ü", "https://api.example.com/orders/%C3%BC"),
        ("{order}", "https://api.example.com/orders/%7Border%7D"),
        ("{{secrets.token}}", "https://api.example.com/orders/%7B%7Bsecrets.token%7D%7D"),
        ("1\r\nHost: evil", "https://api.example.com/orders/1%0D%0AHost%3A%20evil"),
        ("%2e%2e", "refused"),
        ("..", "refused"),
        (".", "refused"),
        ("../admin", "refused"),
        ("a\\..\\admin", "refused"),
        ("", "refused"),
        (None, "refused"),
        (["1"], "refused"),
        ({"a": 1}, "refused"),
    ],
    ids=repr,
)
def test_an_argument_stays_one_piece_of_the_path(value: Any, url: str):
    try:
        assert template.render(find(), {"order": value}).url == url
    except CannotRender as problem:
        assert (url, problem.outcome) == ("refused", Outcome.INVALID)


@pytest.mark.parametrize(
    ("action", "values", "url"),
    [
        ({"query": {"q": "{q}"}}, {"q": "a&b=c"}, "https://api.example.com/orders/1?q=a%26b%3Dc"),
        ({"query": {"q": "{q}"}}, {}, "https://api.example.com/orders/1"),
        ({"query": {"q": "{q}"}}, {"q": ["a", "b"]}, "https://api.example.com/orders/1?q=a&q=b"),
        ({"query": {"q": "x {q}", "n": 3}}, {"q": 1}, "https://api.example.com/orders/1?q=x+1&n=3"),
        (
            {"url": "https://api.example.com/find?o={order}", "query": {"n": 1}},
            {},
            "https://api.example.com/find?o=1&n=1",
        ),
    ],
)
def test_a_query(action: dict[str, Any], values: dict[str, Any], url: str):
    assert template.render(find(**action), {"order": "1", **values}).url == url


def test_a_body_holds_values_of_their_own_type_and_leaves_out_what_wasnt_given():
    body = {
        "order": "{order}",
        "count": "{count}",
        "text": "No. {order}",
        "note": "{note}",
        "list": ["{count}", "{note}"],
    }
    made = template.render(cancel(body=body), {"order": 'a"b', "count": 2})
    assert made.body == b'{"order": "a\\"b", "count": 2, "text": "No. a\\"b", "list": [2]}'
    assert made.headers == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {TOKEN}",
    }


def test_what_is_shown_is_the_request_without_its_secrets():
    made = template.shown(find(), {"order": "1"})
    assert made.headers["Authorization"] == f"Bearer {template.HIDDEN}"


def test_a_secret_that_isnt_set_for_this_address_sends_nothing():
    with pytest.raises(CannotRender) as problem:
        template.render(find(secrets={}), {"order": "1"})
    assert problem.value.outcome is Outcome.REFUSED
    assert problem.value.public == (
        "The secret “token” isn't set for https://api.example.com. Enter it on the action's page."
    )


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://api.example.com", True),
        ("https://api.example.com:8443/a/{order}?b={order}", True),
        ("http://[::1]:80/{order}", True),
        ("ftp://api.example.com/", False),
        ("{order}", False),
        ("https://{order}.example.com/", False),
        ("https://api.example.com{order}", False),
        ("https://me:pass@api.example.com/", False),
        ("https://api.example.com\\@evil.example/", False),
        ("https://api.example.com/#{order}", False),
        ("https://api.example.com/{unknown}", False),
        ("https://api.example.com/{q}", False),
        ("https://api.example.com/{{secrets.token}}", False),
        ("https://api.example.com/{", False),
        ("https://api.example.com:port/", False),
        ("https:///orders", False),
        ("", False),
    ],
    ids=repr,
)
def test_an_address(url: str, fine: bool):
    assert (template.check_url(url, NAMES, NEEDED) == "") is fine


@pytest.mark.parametrize(
    ("made", "fine"),
    [
        ({"a": "{order}"}, True),
        (None, True),
        ([1, {"b": ["{q}"]}], True),
        ({"a": "{nothing}"}, False),
        ({"a": "{{secrets.token}}"}, False),
        ({"{{secrets.token}}": 1}, False),
    ],
    ids=repr,
)
def test_a_template(made: Any, fine: bool):
    assert (template.check_template(made, NAMES) == "") is fine


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({"X-Key": "{{secrets.key}}"}, True),
        ({"X-Key": "{{ secrets.key }} x"}, True),
        ({"X-Key": "{{key}}"}, False),
        ({"X-Key": "a\nb"}, False),
        ({"Host": "evil.example"}, False),
        ({"a b": "c"}, False),
        ({"X-Key": 1}, False),
        ([], False),
    ],
    ids=repr,
)
def test_headers(headers: Any, fine: bool):
    assert (template.check_headers(headers) == "") is fine


@pytest.mark.parametrize(
    ("url", "origin"),
    [("HTTPS://A.example/x", ""), ("https://A.example:1/x?y", "https://a.example:1"), ("nonsense", "")],
)
def test_the_origin_that_secrets_are_kept_for(url: str, origin: str):
    assert template.origin(url) == origin
