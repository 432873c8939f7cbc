"""Step 1: what is kept, what is refused, what is replayed."""

import pytest

from gateways.base import Answer, InboundRequest
from gateways.errors import ConfigError, Malformed, SignatureError
from gateways.models import Gateway, Receipt
from gateways.receive import keep, receive, replay
from gateways.registry import adapter
from tests.conftest import Rings

pytestmark = pytest.mark.django_db

HEADERS = {"x-proof": "right", "x-event": "e1", "content-type": "application/json", "authorization": "Bearer s3cret"}


def post(body: bytes = b"[]", **headers: str) -> InboundRequest:
    return InboundRequest(method="POST", headers={**HEADERS, **headers}, body=body, query={"a": "b"})


def test_a_request_is_kept_exactly_but_for_its_proofs(gateway: Gateway):
    receipt = receive(gateway, adapter(gateway), post(b'[ {"odd":\xff} ]'))
    assert isinstance(receipt, Receipt)
    receipt.refresh_from_db()
    assert bytes(receipt.body) == b'[ {"odd":\xff} ]'
    assert receipt.headers == {"content-type": "application/json", "x-event": "e1"}
    assert (receipt.query, receipt.status) == ({"a": "b"}, "pending")


def test_the_doorbell_rings_once_it_is_committed(gateway, rings: Rings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        receive(gateway, adapter(gateway), post())
        assert rings.heard == []
    [ring] = callbacks
    ring()
    assert rings.heard == [("ingest", gateway.pk, 0.0)]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (post(**{"x-proof": "wrong"}), SignatureError),
        (post(b""), Malformed),
        (InboundRequest(method="GET", headers=HEADERS, body=b"x"), Malformed),
    ],
    ids=["wrong proof", "not admitted", "a GET that is no handshake"],
)
def test_what_is_refused_leaves_no_trace(gateway, request_, error):
    with pytest.raises(error):
        receive(gateway, adapter(gateway), request_)
    assert not Receipt.objects.exists()


def test_a_handshake_is_answered_and_not_kept(gateway, platform, monkeypatch):
    monkeypatch.setattr(platform, "handshake", lambda self, request: Answer(200, "challenge"))
    assert receive(gateway, adapter(gateway), post()) == Answer(200, "challenge")
    assert not Receipt.objects.exists()


def test_a_gateway_with_a_broken_configuration_takes_nothing(gateway):
    gateway.config = {"region": "mars", "colour": "red"}
    with pytest.raises(ConfigError) as error:
        keep(gateway, b"[]")
    assert error.value.errors == {"region": "Choose one of: eu, us.", "colour": "There is no such option."}


def test_an_api_clients_words_are_kept_without_a_proof(gateway):
    assert bytes(keep(gateway, b'{"x": 1}').body) == b'{"x": 1}'


def test_only_failed_receipts_are_replayed(gateway, rings, django_capture_on_commit_callbacks):
    made = {
        status: Receipt.objects.create(gateway=gateway, body=b"", status=status, error="x").pk
        for status in ("pending", "done", "failed")
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert replay(made.values()) == 1
    failed = Receipt.objects.get(pk=made["failed"])
    assert (failed.status, failed.error) == ("pending", "")
    assert rings.heard == [("ingest", gateway.pk, 0.0)]
