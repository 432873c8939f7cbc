"""Connecting and disconnecting: what is kept, what is said, and that nothing raises."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from agents.http import NotSent
from gateways.base import Connection, Polled
from gateways.connect import connect, disconnect
from gateways.errors import DeliveryError, Failure
from gateways.models import Cursor

pytestmark = pytest.mark.django_db
ADDRESS = "https://support.example.com/hooks/"


@pytest.fixture(autouse=True)
def connects(platform, monkeypatch, settings):
    settings.PUBLIC_URL = "https://support.example.com"
    asked = []

    def made(self, address, state):
        asked.append((address, state))
        return Connection({"hook": len(asked)}, {"hook_secret": "s3cret"}, ("Now switch it on.",))

    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, connects=True))
    monkeypatch.setattr(platform, "connect", made)
    monkeypatch.setattr(platform, "disconnect", lambda self, state: asked.append(state))
    return asked


def test_what_was_made_is_kept_and_given_back(gateway, connects):
    health = connect(gateway)
    assert (health.ok, health.message) == (True, f"Fake sends to {ADDRESS}{gateway.public_id} now. Now switch it on.")
    gateway.refresh_from_db()
    assert gateway.connection == {"hook": 1}
    assert gateway.secrets.get(name="hook_secret").value == "s3cret"
    connect(gateway)
    gateway.refresh_from_db()
    assert disconnect(gateway).message == "Fake doesn't send to us any more."
    gateway.refresh_from_db()
    assert gateway.connection == {}
    assert connects == [(ADDRESS + gateway.public_id, {}), (ADDRESS + gateway.public_id, {"hook": 1}), {"hook": 2}]


def test_what_comes_after_connecting_is_not_overlooked_though_nobody_polls_yet(gateway, platform, monkeypatch):
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, polls=True))
    monkeypatch.setattr(platform, "poll", lambda self, cursor, wait: Polled((), {"from": "now on"}))
    assert connect(gateway).ok
    assert Cursor.objects.get(gateway=gateway).position == {"from": "now on"}


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (DeliveryError(Failure.CREDENTIALS, "The token is wrong."), "The token is wrong."),
        (NotSent("No connection."), "No connection."),
    ],
    ids=["they said no", "nobody there"],
)
def test_whatever_goes_wrong_is_an_answer(gateway, platform, monkeypatch, error, says):
    def fails(*args):
        raise error

    monkeypatch.setattr(platform, "connect", fails)
    health = connect(gateway)
    gateway.refresh_from_db()
    assert (health.ok, health.message, gateway.connection) == (False, says, {})


def test_a_broken_configuration_says_what_is_missing(gateway):
    gateway.config = {"region": "mars"}
    assert connect(gateway).message == "The configuration isn't complete. region: Choose one of: eu, us."


def test_a_platform_that_cannot_be_connected_says_so(gateway, platform, monkeypatch, connects):
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, connects=False))
    assert not connect(gateway).ok and not disconnect(gateway).ok
    assert connects == []


def test_two_buttons_in_admin(admin_client, gateway, platform, monkeypatch):
    page = admin_client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    assert f"/{gateway.pk}/connect/" in page and f"/{gateway.pk}/disconnect/" in page
    answer = admin_client.post(reverse("admin:gateways_gateway_connect", args=[gateway.pk]), follow=True)
    assert "Now switch it on." in answer.content.decode()
    answer = admin_client.post(reverse("admin:gateways_gateway_disconnect", args=[gateway.pk]), follow=True)
    assert "send to us any more" in answer.content.decode()
    monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, connects=False))
    page = admin_client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    assert "/connect/" not in page


def test_telegrams_page_has_its_options_and_tells_of_polling(admin_client, make_gateway):
    gateway = make_gateway(platform="telegram", name="Bot")
    page = admin_client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    for name in ("token", "receive", "groups", "username", "webhook_secret", "api_url"):
        assert f'name="option_{name}"' in page
    assert "/connect/" in page and "Not yet. The process “poll” does that" in page
    Cursor.objects.create(gateway=gateway, error="No connection.")
    page = admin_client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    assert "Failing" in page and "No connection." in page
    Cursor.objects.update(error="", polled_at=timezone.now())
    page = admin_client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    assert "Last asked what is new 0\xa0minutes ago." in page
