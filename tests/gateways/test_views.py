"""The one webhook view: status codes and error bodies, as the platforms see them."""

import pytest
from django.db import OperationalError
from django.test import Client

from gateways import views
from gateways.base import Answer
from gateways.models import Gateway, Receipt

pytestmark = pytest.mark.django_db

RIGHT = {"x-proof": "right"}


def post(gateway: Gateway, body: bytes = b"[]", **headers: str):
    return Client().post(f"/hooks/{gateway.public_id}", body, content_type="application/json", headers=headers)


def error(code: str, message: str) -> dict:
    return {"error": {"code": code, "message": message}}


def test_202_once_it_is_kept(gateway):
    answer = post(gateway, **RIGHT)
    assert (answer.status_code, answer.json()) == (202, {"receipt": Receipt.objects.get().pk})


@pytest.mark.parametrize(
    ("headers", "body", "status", "said"),
    [
        ({}, b"[]", 401, error("signatureerror", "The proof is wrong.")),
        (RIGHT, b"", 400, error("malformed", "The body is empty.")),
        (RIGHT, b"x" * 1_048_577, 413, error("toolarge", "The request is larger than this server takes.")),
    ],
    ids=["unsigned", "malformed", "oversized"],
)
def test_refusals(gateway, headers, body, status, said):
    answer = post(gateway, body, **headers)
    assert (answer.status_code, answer.json()) == (status, said)
    assert not Receipt.objects.exists()


def test_404_for_an_unknown_address(client):
    answer = client.post("/hooks/nobody", b"", content_type="application/json")
    assert (answer.status_code, answer.json()) == (404, error("not_found", "There is no gateway at this address."))


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_405_for_other_methods(gateway, client, method):
    assert getattr(client, method)(f"/hooks/{gateway.public_id}").status_code == 405


def test_503_when_the_database_is_down(gateway, monkeypatch):
    def down(*args):
        raise OperationalError("no such host: db.internal")

    monkeypatch.setattr(views, "receive", down)
    answer = post(gateway, **RIGHT)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "db.internal" not in answer.content.decode()


def test_503_when_the_gateway_isnt_configured(gateway):
    Gateway.objects.update(config={"region": "mars"})
    assert post(gateway, **RIGHT).status_code == 503


def test_a_handshake_gets_the_answer_it_wants(gateway, platform, monkeypatch, client):
    monkeypatch.setattr(platform, "handshake", lambda self, request: Answer(200, request.query["challenge"]))
    answer = client.get(f"/hooks/{gateway.public_id}?challenge=42", headers=RIGHT)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"42", "text/plain")
