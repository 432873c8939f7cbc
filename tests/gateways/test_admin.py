"""Gateways in admin: a form made from the adapter's Config, secrets that only go in, and what arrived."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.http import NotSent
from agents.models import Agent
from gateways import receive, registry
from gateways.base import Capabilities, Health
from gateways.config import option
from gateways.errors import DeliveryError, Failure
from gateways.models import Destination, Gateway, Receipt, Secret
from tests.admin_pages import Elements, get
from tests.fakes import FakePlatform


def check_region(value: str) -> str:
    return "" if value == value.lower() else "Write it in small letters."


@dataclass(frozen=True, slots=True)
class Config:
    """One option of every kind that the form knows."""

    token: str = option("Token", "Made by us.", secret=True, generate=lambda: "hush-made")
    account: str = option("Account", "As the platform shows it.")
    password: str = option("Password", secret=True)
    old_password: str = option("Old password", secret=True, default="")
    region: str = option("Region", default="eu", check=check_region)
    plan: str = option("Plan", default="basic", choices=("basic", "plus"))
    retries: int = option("Retries", default=3)
    pace: float = option("Pace", default=1.5)
    quiet: bool = option("Quiet", default=False)
    headers: dict[str, str] = option("Headers", default={})  # noqa: RUF009 - it makes a field
    body: str = option("Body", default="", multiline=True)
    key: str = option("Key", default="", secret=True, multiline=True)


class Rich(FakePlatform):
    label = "Rich"
    Config: ClassVar[type[Any]] = Config


@pytest.fixture
def rich(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setitem(registry.ADAPTERS, "rich", Rich)
    Gateway.objects.update(platform="rich", config={"account": "a-1"})
    for name in ("token", "password"):
        Secret.objects.create(gateway=gateway, name=name, value=f"hush-{name}")
    gateway.refresh_from_db()
    return gateway


def change_url(gateway: Gateway) -> str:
    return reverse("admin:gateways_gateway_change", args=[gateway.pk])


INLINES = (
    "escalation_target",
    "handover_rules",
    "handover_settings",
    "hours",
    "destinations",
    "managing_points",
    "secrets",
    "message_templates",
)


def form(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    """The gateway's form as the browser would send it back, changed as told."""
    inlines = {f"{name}-{part}_FORMS": 0 for name in INLINES for part in ("TOTAL", "INITIAL")}
    return {
        **inlines,
        "name": gateway.name,
        "agent": gateway.agent_id,
        "mode": "auto",
        "burst_window": 0.6,
        "longest_wait": 10,
        "thinking_after": 8,
        "offer_minutes": 30,
        "on_silence": "rest",
        "first_delay": 0,
        "later_delay": 0,
        "time_zone": "Europe/Berlin",
        "on_unknown": "hold",
        "option_account": "a-1",
        "option_region": "eu",
        "option_plan": "basic",
        "option_retries": 3,
        "option_pace": 1.5,
        "option_headers": "{}",
        "option_body": "",
        **changes,
    }


def secrets(gateway: Gateway) -> dict[str, str]:
    return {secret.name: secret.value for secret in gateway.secrets.all()}


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


class TestANewGateway:
    def add(self, client: Client, agent: Agent, platform: str) -> Any:
        url = reverse("admin:gateways_gateway_add")
        return client.post(url, {"platform": platform, "agent": agent.pk, "name": "New", "mode": "auto"})

    def test_goes_on_to_the_platforms_options(self, admin_client: Client, agent: Agent, platform: Any) -> None:
        response = self.add(admin_client, agent, "fake")
        assert (response.status_code, response.url) == (302, change_url(Gateway.objects.get()))

    def test_shows_the_secrets_made_for_it_once(
        self, admin_client: Client, agent: Agent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(registry.ADAPTERS, "rich", Rich)
        response = self.add(admin_client, agent, "rich")
        new = Gateway.objects.get()
        assert response.context["secrets"] == {"Token": "hush-made"}
        assert "hush-made" in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]
        assert secrets(new) == {"token": "hush-made"}
        assert "hush" not in str(response.cookies) + str(dict(admin_client.session))
        assert "hush" not in get(admin_client, change_url(new))

    def test_must_be_on_a_platform_that_there_is(self, admin_client: Client, agent: Agent) -> None:
        assert list(errors(self.add(admin_client, agent, "made-up"))) == ["platform"]


class TestTheForm:
    def test_has_one_field_per_option(self, admin_client: Client, rich: Gateway) -> None:
        shown = admin_client.get(change_url(rich)).context["adminform"].form.fields
        ours = ("option_", "renew_", "remove_", "on_unknown")
        assert {name: type(field).__name__ for name, field in shown.items() if name.startswith(ours)} == {
            "option_token": "SecretField",
            "renew_token": "BooleanField",
            "option_account": "CharField",
            "option_password": "SecretField",
            "option_old_password": "SecretField",
            "option_region": "CharField",
            "option_plan": "ChoiceField",
            "option_retries": "IntegerField",
            "option_pace": "FloatField",
            "option_quiet": "BooleanField",
            "option_headers": "JSONField",
            "option_body": "CharField",
            "option_key": "SecretField",
            "on_unknown": "TypedChoiceField",
        }

    def test_stores_options_in_their_own_types(self, admin_client: Client, rich: Gateway) -> None:
        changes = {"option_retries": "5", "option_pace": "2", "option_quiet": "on", "option_headers": '{"A": "b"}'}
        response = admin_client.post(change_url(rich), form(rich, **changes, option_region="us", option_plan="plus"))
        assert response.status_code == 302
        rich.refresh_from_db()
        assert rich.config == {
            "account": "a-1",
            "region": "us",
            "plan": "plus",
            "retries": 5,
            "pace": 2.0,
            "quiet": True,
            "headers": {"A": "b"},
        }

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"option_account": ""}, {"option_account": ["This is needed."]}),
            ({"option_region": "EU"}, {"option_region": ["Write it in small letters."]}),
            ({"option_retries": "many"}, {"option_retries": ["Enter a whole number."]}),
            ({"option_headers": "["}, {"option_headers": ["Enter a valid JSON."]}),
        ],
        ids=["needed", "checked by the adapter", "not a number", "not JSON"],
    )
    def test_says_what_wont_do_beside_the_field(
        self, admin_client: Client, rich: Gateway, changes: dict[str, str], expected: dict[str, list[str]]
    ) -> None:
        assert errors(admin_client.post(change_url(rich), form(rich, **changes))) == expected

    def test_asks_for_statuses_only_where_the_platform_has_some(
        self, admin_client: Client, gateway: Gateway, platform: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = {"id_status_after_answer", "id_status_at_handover", "id_status_at_close"}
        assert not names & Elements(get(admin_client, change_url(gateway))).ids()
        monkeypatch.setattr(platform, "capabilities", replace(platform.capabilities, statuses=True))
        assert names <= Elements(get(admin_client, change_url(gateway))).ids()

    def test_doesnt_ask_which_platform_again(self, admin_client: Client, rich: Gateway) -> None:
        admin_client.post(change_url(rich), form(rich, platform="webhook"))
        rich.refresh_from_db()
        assert rich.platform == "rich"

    def test_offers_destinations_of_this_gateway_only(
        self, admin_client: Client, rich: Gateway, make_gateway: Any
    ) -> None:
        Destination.objects.create(gateway=make_gateway(), external_id="d", name="Somebody else's desk")
        assert "Somebody else" not in get(admin_client, change_url(rich))


class TestSecrets:
    def test_left_empty_are_kept(self, admin_client: Client, rich: Gateway) -> None:
        response = admin_client.post(change_url(rich), form(rich, option_password=""))
        assert response.status_code == 302
        assert secrets(rich) == {"token": "hush-token", "password": "hush-password"}

    def test_entered_replace_what_was_there(self, admin_client: Client, rich: Gateway) -> None:
        admin_client.post(change_url(rich), form(rich, option_password="hush-new", option_key="hush-a\nhush-b"))
        assert secrets(rich) == {"token": "hush-token", "password": "hush-new", "key": "hush-a\nhush-b"}
        rich.refresh_from_db()
        assert "hush" not in str(rich.config)

    def test_asked_for_anew_are_made_and_shown_once(self, admin_client: Client, rich: Gateway) -> None:
        response = admin_client.post(change_url(rich), form(rich, renew_token="on"))
        assert response.context["secrets"] == {"Token": "hush-made"}
        assert secrets(rich)["token"] == "hush-made"
        assert "hush" not in get(admin_client, change_url(rich))

    def test_that_can_be_done_without_can_be_removed(self, admin_client: Client, rich: Gateway) -> None:
        Secret.objects.create(gateway=rich, name="old_password", value="hush-old")
        admin_client.post(change_url(rich), form(rich, remove_old_password="on"))
        assert "old_password" not in secrets(rich)

    def test_that_are_missing_are_asked_for(self, admin_client: Client, rich: Gateway) -> None:
        rich.secrets.filter(name="password").delete()
        assert errors(admin_client.post(change_url(rich), form(rich))) == {"option_password": ["This is needed."]}

    def test_arent_repeated_when_the_form_has_errors(self, admin_client: Client, rich: Gateway) -> None:
        typed = {"option_password": "hush-typed", "option_key": "hush-key", "option_account": ""}
        more = {"secrets-TOTAL_FORMS": 1, "secrets-0-name": "crm", "secrets-0-value": "hush-crm"}
        response = admin_client.post(change_url(rich), form(rich, **typed, **more))
        assert response.status_code == 200
        assert "hush" not in response.content.decode()

    def test_say_when_they_were_set(self, admin_client: Client, rich: Gateway) -> None:
        day = rich.secrets.get(name="password").updated_at
        page = Elements(get(admin_client, change_url(rich)))
        found = next(found for _, found in page.tags if found.get("name") == "option_password")
        assert found == {
            "type": "password",
            "name": "option_password",
            "id": "id_option_password",
            "autocomplete": "new-password",
            "spellcheck": "false",
            "placeholder": f"set on {day:%-d %B %Y}; leave empty to keep",
            **({"aria-describedby": found["aria-describedby"]} if "aria-describedby" in found else {}),
        }

    def test_of_an_operators_own_name_can_be_added_and_kept(self, admin_client: Client, rich: Gateway) -> None:
        new = {"secrets-TOTAL_FORMS": 1, "secrets-0-name": "crm", "secrets-0-value": "hush-crm"}
        assert admin_client.post(change_url(rich), form(rich, **new)).status_code == 302
        kept = rich.secrets.get(name="crm")
        again = {
            "secrets-TOTAL_FORMS": 1,
            "secrets-INITIAL_FORMS": 1,
            "secrets-0-id": kept.pk,
            "secrets-0-gateway": rich.pk,
            "secrets-0-name": "crm2",
            "secrets-0-value": "",
        }
        assert admin_client.post(change_url(rich), form(rich, **again)).status_code == 302
        assert secrets(rich)["crm2"] == "hush-crm"

    def test_of_an_operators_own_name_cant_take_an_options_name(self, admin_client: Client, rich: Gateway) -> None:
        new = {"secrets-TOTAL_FORMS": 1, "secrets-0-name": "password", "secrets-0-value": "hush-crm"}
        response = admin_client.post(change_url(rich), form(rich, **new))
        found = [inline.formset.errors for inline in response.context["inline_admin_formsets"]]
        assert [{"name": ["This name belongs to one of the options above. Set it there."]}] in found

    def test_leave_no_trace_in_the_history(self, admin_client: Client, rich: Gateway) -> None:
        admin_client.post(change_url(rich), form(rich, option_password="hush-new"))
        entry = LogEntry.objects.get()
        assert "Password" in entry.get_change_message()
        assert "hush" not in entry.change_message + entry.object_repr
        history = reverse("admin:gateways_gateway_history", args=[rich.pk])
        assert "hush" not in get(admin_client, history)


class TestAddresses:
    def test_a_platform_that_calls_us_gets_a_webhook_address(self, admin_client: Client, gateway: Gateway) -> None:
        html = get(admin_client, change_url(gateway))
        assert f"http://127.0.0.1:8000/hooks/{gateway.public_id}" in html
        assert "/chat/" not in html

    def test_a_platform_of_our_own_gets_a_page_and_a_line_for_websites(
        self, admin_client: Client, gateway: Gateway, platform: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(platform, "capabilities", Capabilities(hosted=True))
        html = get(admin_client, change_url(gateway))
        assert f'href="http://127.0.0.1:8000/chat/{gateway.public_id}/"' in html
        assert f"http://127.0.0.1:8000/chat/{gateway.public_id}/widget.js" in html
        assert "/hooks/" not in html


def works() -> Health:
    return Health(ok=True, message="Signed in as Ada.")


def refused() -> Health:
    return Health(ok=False, message="The token was refused.")


def down() -> Health:
    raise NotSent("There is no server at this address.")


def throttled() -> Health:
    raise DeliveryError(Failure.THROTTLED, "They ask us to wait.")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (works, [("success", "Signed in as Ada.")]),
        (refused, [("error", "The token was refused.")]),
        (down, [("error", "There is no server at this address.")]),
        (throttled, [("error", "They ask us to wait.")]),
    ],
)
def test_test_connection_says_what_it_found(
    admin_client: Client, gateway: Gateway, platform: Any, check: Any, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "check", lambda self: check())
    url = reverse("admin:gateways_gateway_check", args=[gateway.pk])
    response = admin_client.post(url, follow=True)
    assert [(message.tags, str(message)) for message in response.context["messages"]] == expected


def test_test_connection_says_which_option_is_missing(admin_client: Client, rich: Gateway) -> None:
    rich.secrets.all().delete()
    response = admin_client.post(reverse("admin:gateways_gateway_check", args=[rich.pk]), follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "The configuration isn't complete. token: This is needed.; password: This is needed."
    ]


def test_test_connection_is_no_link(admin_client: Client, gateway: Gateway) -> None:
    assert admin_client.get(reverse("admin:gateways_gateway_check", args=[gateway.pk])).status_code == 405


def user_with(*permissions: str) -> User:
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_who_may_only_look_sees_options_and_changes_none(client: Client, rich: Gateway) -> None:
    client.force_login(user_with("view_gateway"))
    html = get(client, change_url(rich))
    assert "a-1" in html
    assert "hush" not in html
    assert not any("check" in form for form in Elements(html).forms())
    assert client.post(change_url(rich), form(rich)).status_code == 403
    assert client.post(reverse("admin:gateways_gateway_check", args=[rich.pk])).status_code == 403


def test_a_gateway_whose_platform_is_gone_can_only_be_read(admin_client: Client, gateway: Gateway) -> None:
    Gateway.objects.update(platform="gone")
    assert "gone (not installed)" in get(admin_client, change_url(gateway)) + get(
        admin_client, reverse("admin:gateways_gateway_changelist")
    )
    assert admin_client.post(change_url(gateway), form(gateway)).status_code == 403


class TestReceipts:
    def test_failed_ones_can_be_replayed(
        self, admin_client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failed = Receipt.objects.create(gateway=gateway, body=b"{}", status="failed")
        done = Receipt.objects.create(gateway=gateway, body=b"{}", status="done")
        asked: list[list[int]] = []

        def replay(ids: Iterable[int]) -> int:
            asked.append(sorted(ids))
            return 1

        monkeypatch.setattr(receive, "replay", replay)
        form = {"action": "replay", "_selected_action": [failed.pk, done.pk]}
        response = admin_client.post(reverse("admin:gateways_receipt_changelist"), form, follow=True)
        assert asked == [[failed.pk, done.pk]]
        assert [str(message) for message in response.context["messages"]] == [
            "1 will be read again. 1 had not failed and were left alone."
        ]

    @pytest.mark.parametrize(
        ("permissions", "offered"), [(["view_receipt"], False), (["view_receipt", "change_receipt"], True)]
    )
    def test_are_replayed_by_those_who_may(
        self, client: Client, gateway: Gateway, permissions: list[str], offered: bool
    ) -> None:
        Receipt.objects.create(gateway=gateway, body=b"{}", status="failed")
        client.force_login(user_with(*permissions))
        assert ('value="replay"' in get(client, reverse("admin:gateways_receipt_changelist"))) is offered

    @pytest.mark.parametrize(
        ("body", "shown", "not_shown"),
        [
            (b'{"a": "<script>"}', "{&quot;a&quot;: &quot;&lt;script&gt;&quot;}", "<script>&quot;"),
            (b"\xff\x00ok", "\ufffd", "\\xff"),
            (b"a" * 20_000 + b"bcd", "… and 3 more bytes", "aabcd"),
        ],
        ids=["markup", "bytes that are no text", "a long one"],
    )
    def test_show_their_body_as_text(
        self, admin_client: Client, gateway: Gateway, body: bytes, shown: str, not_shown: str
    ) -> None:
        receipt = Receipt.objects.create(gateway=gateway, body=body)
        html = get(admin_client, reverse("admin:gateways_receipt_change", args=[receipt.pk]))
        assert shown in html
        assert not_shown not in html

    def test_cant_be_changed(self, admin_client: Client, gateway: Gateway) -> None:
        receipt = Receipt.objects.create(gateway=gateway, body=b"{}")
        url = reverse("admin:gateways_receipt_change", args=[receipt.pk])
        assert admin_client.post(url, {"status": "done"}).status_code == 403
        assert admin_client.get(reverse("admin:gateways_receipt_add")).status_code == 403

    def test_are_listed_without_reading_their_bodies(
        self, admin_client: Client, gateway: Gateway, django_assert_num_queries: Any
    ) -> None:
        url = reverse("admin:gateways_receipt_changelist")
        Receipt.objects.create(gateway=gateway, body=b"{}")
        with django_assert_num_queries(8) as captured:
            admin_client.get(url)
        assert not any('"gateways_receipt"."body"' in query["sql"] for query in captured.captured_queries)
        Receipt.objects.bulk_create(Receipt(gateway=gateway, body=b"{}") for _ in range(30))
        with django_assert_num_queries(8):
            admin_client.get(url)


@pytest.mark.parametrize("platform_name", ["fake", "gone"], ids=["who may only look at the gateway", "no platform"])
def test_a_named_secret_isnt_shown_where_the_gateway_cant_be_changed(
    client: Client, gateway: Gateway, platform_name: str
) -> None:
    Gateway.objects.update(platform=platform_name)
    Secret.objects.create(gateway=gateway, name="named", value="kept-to-itself")
    looks = "view_gateway" if platform_name == "fake" else "change_gateway"
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=[looks, "change_secret"]))
    client.force_login(user)
    response = client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk]))
    assert response.status_code == 200 and "kept-to-itself" not in response.content.decode()
