"""Renewing tokens: ahead of their end, when they are refused, by one at a time, and what happens when it fails."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aissist_site import pipeline, sweep, watchdog
from conversations import resume
from conversations.models import Delivery
from gateways import poll, registry, renew
from gateways.check import check
from gateways.doorbell import Step
from gateways.errors import DeliveryError, Failure
from gateways.messages import Tokens
from gateways.models import Authorization, Cursor, Exchange, Gateway, Secret
from tests.aissist_site.test_twice import at_once
from tests.conftest import Rings, Walk
from tests.loopback.oauth import CLIENT, Vendor, Wall, issued
from tests.loopback.server import Reply

DEAD = "Wall answered invalid_grant. Reconnect it: open the gateway and press “Connect with Wall”."


def row() -> Authorization:
    return Authorization.objects.get()


def make_due(**fields: Any) -> None:
    Authorization.objects.update(renew_at=timezone.now() - timedelta(seconds=5), **fields)


def state_of(gateway: Gateway) -> tuple[str, str]:
    gateway.refresh_from_db()
    return gateway.status, gateway.status_detail


def renewed(gateway: Gateway) -> int:
    """Do here and now what a worker would do when it is rung for. Returns how many renewals."""
    return pipeline.RENEWALS.drain(gateway.pk)


# --- Ahead of their end -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestAhead:
    def test_the_sweep_finds_what_is_due_and_nothing_else(self, connected):
        assert sweep.due()[Step.RENEW] == []
        make_due()
        assert sweep.due()[Step.RENEW] == [connected.pk]
        Authorization.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
        assert sweep.due()[Step.RENEW] == []

    def test_new_tokens_take_the_place_of_the_old_ones(
        self, connected, vendor, rings, django_capture_on_commit_callbacks
    ):
        old = issued()
        make_due(error="It was down.", failing_since=timezone.now())
        Gateway.objects.update(status="error", status_detail="It was down.")
        with django_capture_on_commit_callbacks(execute=True):
            assert renewed(connected) == 1
        assert vendor.grants == ["refresh_token"]
        assert not set(issued().values()) & set(old.values())
        assert issued()["access_token"] in vendor.access_tokens
        now = row()
        assert (now.holder, now.lease_until, now.error, now.failing_since) == ("", None, "", None)
        assert (now.granted_by, now.issued_to.split()[0]) == ("grace", "process")
        assert now.expires_at - now.issued_at == timedelta(hours=1)
        assert state_of(connected) == ("ok", "")
        assert ("renew", connected.pk, 0.0) in rings.heard
        assert Exchange.objects.get().url == f"{vendor.url}/token"
        assert renewed(connected) == 0

    def test_an_error_that_is_about_something_else_stays(self, connected):
        make_due()
        Gateway.objects.update(status="error", status_detail="The channel is archived.")
        renewed(connected)
        assert state_of(connected) == ("error", "The channel is archived.")

    def test_nothing_is_asked_in_a_transaction(self, connected, vendor, monkeypatch):
        make_due()
        [renewal] = renew.claim(connected.pk, 1)
        monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", lambda *args: 1 / 0)
        done = renew.work(renewal)
        monkeypatch.undo()
        assert isinstance(done.result, Tokens)
        assert "hush" not in repr(done)

    def test_a_platform_that_was_removed_is_left_alone(self, connected, monkeypatch):
        make_due()
        monkeypatch.delitem(registry.ADAPTERS, "wall")
        assert sweep.due()[Step.RENEW] == []
        assert renew.claim(connected.pk, 1) == []


# --- One at a time ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_eight_that_are_rung_for_at_once_renew_once(connected: Gateway, vendor: Vendor, attempt: int):
    make_due()
    at_once([lambda: pipeline.RENEWALS.drain(connected.pk)] * 8)
    assert vendor.grants == ["refresh_token"]
    assert issued()["access_token"] in vendor.access_tokens
    assert row().stands


@pytest.mark.django_db(transaction=True)
def test_the_lease_holds_no_transaction(connected: Gateway, vendor: Vendor):
    """While the vendor thinks, others see the lease, and write to the same rows."""
    make_due()
    seen: list[Any] = []

    def look() -> None:
        seen.append((bool(row().holder), renew.claim(connected.pk, 1)))
        Gateway.objects.filter(pk=connected.pk).update(name="Renamed")
        Secret.objects.filter(name="client_secret").update(value=CLIENT[1])

    vendor.at_token = lambda: at_once([look])
    assert renewed(connected) == 1
    assert seen == [(True, [])]
    assert issued()["access_token"] in vendor.access_tokens


@pytest.mark.django_db(transaction=True)
def test_an_operator_who_connects_meanwhile_wins(connected: Gateway, vendor: Vendor):
    from gateways.authorize import grant

    make_due()
    [renewal] = renew.claim(connected.pk, 1)
    done = renew.work(renewal)
    grant(connected, Tokens({"access_token": "new", "refresh_token": "newer"}, 3600), "ada")
    assert renew.settle(done) is False
    assert issued() == {"access_token": "new", "refresh_token": "newer"}
    assert (row().granted_by, row().issued_to, row().holder) == ("ada", "ada", "")


@pytest.mark.django_db
class TestDying:
    """Between the vendor's answer and our writing it down."""

    @pytest.fixture
    def died(self, connected: Gateway, vendor: Vendor) -> Gateway:
        make_due()
        [renewal] = renew.claim(connected.pk, 1)
        renew.work(renewal)
        assert renewed(connected) == 0  # it may still be alive
        Authorization.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        return connected

    def test_the_old_token_is_tried_once_more_and_then_an_operator_is_told(self, died, vendor):
        kept = issued()
        assert sweep.due()[Step.RENEW] == [died.pk]
        assert renewed(died) == 1
        cut = "An earlier renewal of its tokens was cut off, perhaps after they had been replaced. "
        assert (vendor.grants, issued(), state_of(died)) == (["refresh_token", "reused"], kept, ("error", cut + DEAD))
        assert sweep.due()[Step.RENEW] == []
        assert renewed(died) == 0

    def test_where_old_tokens_still_count_nobody_notices(self, died, vendor):
        with vendor.lock:
            vendor.refresh_tokens = dict.fromkeys(vendor.refresh_tokens, True)
        assert renewed(died) == 1
        assert state_of(died) == ("ok", "") and row().stands and not row().unsure

    def test_who_only_slept_doesnt_write_over_its_successor(self, connected, vendor):
        make_due()
        [renewal] = renew.claim(connected.pk, 1)
        done = renew.work(renewal)
        Authorization.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        with vendor.lock:
            vendor.refresh_tokens = dict.fromkeys(vendor.refresh_tokens, True)
        assert renewed(connected) == 1
        kept = issued()
        assert renew.settle(done) is False
        assert issued() == kept


# --- Failing ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestFailing:
    @pytest.mark.parametrize(
        ("error", "shortest", "longest", "unsure"),
        [
            (DeliveryError(Failure.UNREACHABLE, "It is down."), 5, 10, False),
            (DeliveryError(Failure.THROTTLED, "Later.", retry_after=77), 77, 77, False),
            (DeliveryError(Failure.THROTTLED, "Later."), 30, 30, False),
            (DeliveryError(Failure.UNKNOWN, "No answer."), 5, 10, True),
            (KeyError("hush"), 5, 10, True),
        ],
        ids=["down", "throttled for 77 s", "throttled", "no answer", "our code"],
    )
    @pytest.mark.parametrize("ended", [False, True])
    def test_what_may_pass_is_tried_again(self, connected, monkeypatch, error, shortest, longest, unsure, ended):
        def fails(self):
            raise error

        monkeypatch.setattr(Wall, "refresh", fails)
        kept, began = issued(), timezone.now()
        make_due(expires_at=began + timedelta(seconds=-1 if ended else 600))
        assert renewed(connected) == 1
        now = row()
        assert issued() == kept
        assert (now.holder, now.unsure, now.stands) == ("", unsure, True)
        assert began + timedelta(seconds=shortest) <= now.renew_at <= timezone.now() + timedelta(seconds=longest)
        assert now.error.startswith("Its tokens couldn't be renewed. ") and "hush" not in now.error
        assert state_of(connected) == (("error", now.error) if ended else ("ok", ""))

    def test_tries_get_rarer_and_say_the_newest(self, connected, vendor):
        vendor.fail("/token", lambda request: Reply({}, 503), times=1)
        make_due(expires_at=timezone.now(), failing_since=timezone.now() - timedelta(hours=1), error="Before.")
        Gateway.objects.update(status="error", status_detail="Before.")
        renewed(connected)
        assert row().renew_at > timezone.now() + timedelta(seconds=140)
        assert state_of(connected)[1].startswith("Its tokens couldn't be renewed. The URL answered 503")
        make_due()
        renewed(connected)
        assert state_of(connected) == ("ok", "")

    def test_a_dead_token_needs_an_operator(self, connected, vendor, caplog):
        vendor.revoke()
        make_due()
        renewed(connected)
        assert (state_of(connected), row().stands, row().renew_at) == (("error", DEAD), False, None)
        [trouble] = [one for one in watchdog.troubles(timezone.now()) if one.kind == "gateway"]
        assert trouble.says == f"Error: needs an operator. {DEAD} 0 deliveries wait."
        assert "hush" not in caplog.text

    def test_nothing_to_renew_is_said_where_somebody_connected_it(self, connected, vendor):
        Secret.objects.filter(name="refresh_token").delete()
        make_due(expires_at=None)
        renewed(connected)
        says = "Wall gave us nothing to renew our access with. Reconnect it: open the gateway and press"
        assert state_of(connected)[1].startswith(says)

    def test_options_that_dont_do_need_an_operator_and_another_try_when_they_do(self, connected, vendor):
        Gateway.objects.update(config={})
        make_due()
        renewed(connected)
        assert state_of(connected) == ("error", "The configuration isn't complete. url: This is needed.")
        Gateway.objects.update(config={"url": vendor.url})
        assert renew.ask(Gateway.objects.get(pk=connected.pk)) == renew.UNDER_WAY
        assert renewed(connected) == 1
        assert row().stands


# --- Refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestRefused:
    @pytest.fixture
    def walk(self, connected: Gateway, platform: Any) -> Walk:
        return Walk(connected, platform)

    def test_tokens_that_are_refused_are_renewed_and_what_waited_goes_out(
        self, walk, vendor, rings: Rings, django_capture_on_commit_callbacks
    ):
        vendor.end_access()
        with django_capture_on_commit_callbacks(execute=True):
            walk.customer("Hello")
            walk.run()
        assert (vendor.wall, state_of(walk.gateway)) == ([], ("ok", ""))  # nobody is troubled with it
        assert ("renew", walk.gateway.pk, 0.0) in rings.heard
        assert renewed(walk.gateway) == 1
        rings.heard.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert resume.resume(walk.gateway.pk) == 1
        assert ("deliver", walk.gateway.pk, 0.0) in rings.heard
        walk.run()
        assert vendor.wall == ["re: Hello"]
        assert vendor.grants == ["refresh_token"]
        assert Delivery.objects.get().attempts_used == 0

    def test_what_is_refused_in_spite_of_new_tokens_isnt_about_tokens(self, walk, vendor):
        vendor.fail("/wall", lambda request: Reply({}, 403), times=9)
        walk.answer("Hello")
        renewed(walk.gateway)
        resume.resume(walk.gateway.pk)
        walk.run()
        assert vendor.grants == ["refresh_token"]
        assert state_of(walk.gateway)[0] == "error"
        assert "it doesn't accept our credentials" in state_of(walk.gateway)[1]
        Delivery.objects.update(due_at=timezone.now())
        walk.run()
        assert renewed(walk.gateway) == 0
        assert vendor.grants == ["refresh_token"]

    def test_who_was_refused_with_former_tokens_tries_again_at_once(self, connected, vendor):
        before = Gateway.objects.prefetch_related("secrets").get(pk=connected.pk)
        [secret for secret in before.secrets.all() if secret.value]
        make_due()
        renewed(connected)
        assert renew.ask(before) == renew.REPLACED
        assert row().renew_at > timezone.now()

    def test_a_gateway_that_was_never_connected_says_what_its_platform_says(self, gate, platform, vendor):
        walk = Walk(gate, platform)
        walk.answer("Hello")
        assert renewed(gate) == 1  # it may have been given a token to renew by hand
        assert (vendor.grants, state_of(gate)) == ([], ("ok", ""))
        Delivery.objects.update(due_at=timezone.now())
        walk.run()
        assert "it doesn't accept our credentials" in state_of(gate)[1]
        Delivery.objects.update(due_at=timezone.now())
        walk.run()
        assert renewed(gate) == 0

    def test_platforms_without_oauth_are_as_they_were(self, gateway, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert renew.ask(gateway) is None
            assert renew.explain(gateway, "No.") == "No."

    def test_a_dead_token_and_then_a_new_connection(self, walk, vendor, django_capture_on_commit_callbacks):
        from gateways.authorize import grant

        vendor.revoke()
        walk.answer("Hello")
        renewed(walk.gateway)
        assert state_of(walk.gateway) == ("error", DEAD)
        Delivery.objects.update(due_at=timezone.now())
        walk.run()
        assert (state_of(walk.gateway), vendor.wall) == (("error", DEAD), [])  # the sentence stays
        assert renewed(walk.gateway) == 0
        told = vendor.issue()
        grant(walk.gateway, Tokens({"access_token": told["access_token"]}, 3600), "grace")
        assert state_of(walk.gateway) == ("ok", "")
        resume.resume(walk.gateway.pk)
        walk.run()
        assert vendor.wall == ["re: Hello"]

    def test_while_dead_tokens_still_let_us_in_the_operator_is_told_all_the_same(self, walk, vendor):
        with vendor.lock:
            vendor.refresh_tokens = dict.fromkeys(vendor.refresh_tokens, False)
            access = set(vendor.access_tokens)
        make_due()
        renewed(walk.gateway)
        with vendor.lock:
            vendor.access_tokens = access
        walk.answer("Hello")
        assert (vendor.wall, state_of(walk.gateway)) == (["re: Hello"], ("error", DEAD))
        Gateway.objects.update(status="rate_limited", status_detail="Later.")
        walk.answer("And?")
        assert (vendor.wall[1:], state_of(walk.gateway)) == (["re: And?"], ("error", DEAD))

    def test_polling_waits_for_new_tokens_too(self, connected, vendor, monkeypatch):
        def refused(self, cursor, wait):
            raise DeliveryError(Failure.CREDENTIALS, "No.")

        monkeypatch.setattr(Wall, "poll", refused)
        monkeypatch.setattr(Wall, "wants_polling", lambda self: True)
        assert poll.claim(connected, "me")
        assert poll.poll(connected.pk, "me") == renew.UNDER_WAY
        assert state_of(connected) == ("ok", "")
        vendor.revoke()
        renewed(connected)
        assert poll.poll(connected.pk, "me") == poll.MENDING_PAUSE
        assert (state_of(connected), Cursor.objects.get().error) == (("error", DEAD), "No.")


# --- Test connection --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestCheck:
    @pytest.mark.parametrize(
        ("left", "fields", "says"),
        [
            (timedelta(days=3), {}, ""),
            (timedelta(seconds=1230), {}, " Its tokens end in 20\xa0minutes. They are renewed by themselves."),
            (timedelta(seconds=1230), {"error": "It is down."}, " Its tokens end in 20\xa0minutes. It is down."),
            (timedelta(seconds=-5), {}, " Its tokens have ended. They are renewed by themselves."),
        ],
        ids=["long", "soon", "soon, and failing", "over"],
    )
    def test_it_says_when_tokens_end(self, connected, left, fields, says):
        Authorization.objects.update(expires_at=timezone.now() + left, **fields)
        health = check(connected)
        assert (health.ok, health.message) == (True, f"We are Desk.{says}")

    def test_tokens_without_an_end_need_no_word(self, connected):
        Authorization.objects.update(expires_at=None)
        assert check(connected).message == "We are Desk."

    def test_refused_ones_are_renewed(self, connected, vendor):
        vendor.end_access()
        health = check(connected)
        assert not health.ok and health.message.endswith("New tokens are being fetched. Test again in some seconds.")
        renewed(connected)
        assert check(Gateway.objects.get()).ok

    def test_dead_ones_are_dead(self, connected, vendor):
        vendor.revoke()
        make_due()
        renewed(connected)
        health = check(Gateway.objects.get())
        assert (health.ok, health.message) == (False, DEAD)
        vendor.access_tokens.add(issued()["access_token"])
        health = check(Gateway.objects.get())
        assert (health.ok, health.message) == (False, f"We are Desk. {DEAD}")
