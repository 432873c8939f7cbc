import json
import shlex
from io import StringIO

import pytest
import responses
from django.core.management import CommandError, call_command

from gateways import signatures
from gateways.models import Secret

KEY = "whsec_" + "aW5h" * 8
URL = "https://support.example.com/hooks/demo-webhook"


@pytest.fixture
def webhook(make_gateway, settings):
    settings.PUBLIC_URL = "https://support.example.com"
    gateway = make_gateway(platform="webhook", name="Shop webhook", public_id="demo-webhook")
    Secret.objects.create(gateway=gateway, name="signing_secret", value=KEY)
    return gateway


def say(*args):
    out = StringIO()
    call_command("say", *args, "--gateway", "demo-webhook", stdout=out)
    return out.getvalue()


@responses.activate
def test_a_message_is_sent_signed_and_its_answer_printed(webhook):
    responses.post(URL, status=202, body=b'{"receipt": 1}')
    assert say("Where is my order?", "--from", "bob", "--name", "Bob", "--id", "m-1", "--to", "shop") == (
        '202 {"receipt": 1}\n'
    )
    [call] = responses.calls
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    signatures.verify([KEY], headers, call.request.body)
    assert headers["webhook-id"] == "m-1"
    assert json.loads(call.request.body) == {
        "id": "m-1",
        "from": {"id": "bob", "name": "Bob"},
        "to": "shop",
        "content": "Where is my order?",
    }


@responses.activate
def test_without_an_id_every_message_is_a_new_one(webhook):
    responses.post(URL, status=202)
    say("Hello")
    say("Hello")
    bodies = [json.loads(call.request.body) for call in responses.calls]
    assert [body["from"] for body in bodies] == ["ada", "ada"]
    assert bodies[0]["id"] != bodies[1]["id"]


@responses.activate
def test_the_curl_command_is_printed_and_nothing_is_sent(webhook):
    printed = say("It's “mine” $HOME", "--id", "m 1", "--print-curl")
    words = shlex.split(printed.replace("\\\n", " "))
    given = [words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "--header"]
    headers = {name.lower(): value for name, value in given}
    body = words[words.index("--data-binary") + 1].encode()
    assert words[:3] == ["curl", "--include", URL]
    assert json.loads(body) == {"id": "m 1", "from": "ada", "content": "It's “mine” $HOME"}
    signatures.verify([KEY], headers, body)
    assert len(responses.calls) == 0


def test_a_site_that_is_not_there_is_said_to_be(webhook, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8329"
    with pytest.raises(CommandError) as caught:
        say("Hello")
    assert str(caught.value) == (
        "No connection to 127.0.0.1, port 8329: connection refused. Is the site running at http://127.0.0.1:8329?"
    )
