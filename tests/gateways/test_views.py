"""The one webhook view: status codes and error bodies, as the platforms see them."""

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import Client, RequestFactory

from aissist_site.wsgi import application
from gateways import doors, views
from gateways.base import Answer
from gateways.errors import SignatureError
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


def test_what_the_platform_wants_to_hear_once_it_is_kept(gateway, platform, monkeypatch):
    said = Answer(200, '{"method": "noticed"}', "application/json")
    monkeypatch.setattr(platform, "acknowledge", lambda self, request: said)
    answer = post(gateway, **RIGHT)
    assert (answer.status_code, answer.json(), answer["Content-Type"]) == (
        200,
        {"method": "noticed"},
        said.content_type,
    )
    assert Receipt.objects.count() == 1
    assert post(gateway).status_code == 401


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


class TestTheShortWay:
    """Webhooks as gunicorn serves them, past all middleware."""

    @pytest.fixture(autouse=True)
    def keep_the_connection(self):
        """A request closes old connections at its ends, and with them the test's transaction."""
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)

    def serve(self, path: str, body: bytes = b"[]", **headers: str) -> tuple[str, bytes]:
        said: list[str] = []
        environ = RequestFactory().post(path, body, content_type="application/json", headers=headers).environ
        answer = application(environ, lambda status, headers: said.append(status))
        return said[0], b"".join(answer)

    def test_costs_one_query(self, gateway, django_assert_num_queries):
        assert self.serve(f"/hooks/{gateway.public_id}", **RIGHT)[0] == "202 Accepted"
        with django_assert_num_queries(1):
            assert self.serve(f"/hooks/{gateway.public_id}", **RIGHT)[0] == "202 Accepted"

    def test_refuses_and_knows_no_other_address(self, gateway):
        assert self.serve(f"/hooks/{gateway.public_id}")[0] == "401 Unauthorized"
        assert self.serve("/hooks/nobody")[0] == "404 Not Found"

    def test_answers_a_bug_without_telling_about_it(self, gateway, monkeypatch, settings):
        monkeypatch.setattr(views, "receive", lambda *args: 1 // 0)
        settings.DEBUG_PROPAGATE_EXCEPTIONS = False
        status, body = self.serve(f"/hooks/{gateway.public_id}", **RIGHT)
        assert status == "500 Internal Server Error" and b"ZeroDivision" not in body

    def test_is_for_webhooks_only(self, gateway):
        assert self.serve("/admin/login/")[0].startswith("403")  # CSRF: the middleware is there


def test_a_changed_gateway_counts_after_a_second(gateway, monkeypatch):
    assert post(gateway, **RIGHT).status_code == 202
    Gateway.objects.update(config={"region": "mars"})
    assert post(gateway, **RIGHT).status_code == 202
    monkeypatch.setattr(doors, "FRESH", 0.0)
    assert post(gateway, **RIGHT).status_code == 503


def test_a_new_secret_counts_at_once(gateway, platform, monkeypatch):
    """A platform calls as soon as it knows the secret, and doesn't call again where that is refused."""

    def verify(self, request):
        if request.headers.get("x-proof") != (self.secrets.get("token") or "right"):
            raise SignatureError("The proof is wrong.")

    monkeypatch.setattr(platform, "verify", verify)
    assert post(gateway, **RIGHT).status_code == 202
    gateway.secrets.create(name="token", value="new")
    assert post(gateway, **{"x-proof": "new"}).status_code == 202
    assert post(gateway, **RIGHT).status_code == 401


def test_a_gateway_that_has_gone_refuses_for_itself_no_more(gateway):
    assert post(gateway, **RIGHT).status_code == 202
    Gateway.objects.all().delete()
    assert post(gateway).status_code == 404
