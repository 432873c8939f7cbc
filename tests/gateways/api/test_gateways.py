from typing import Any

import pytest

from agents.http import Interrupted
from agents.models import Agent
from gateways import registry
from gateways.api.options import NAME
from gateways.api.serializers import GatewayCreationSerializer
from gateways.errors import DeliveryError, Failure
from gateways.models import Gateway, Secret
from tests.agents.api.fixtures import Api, invalid, refused
from tests.conftest import Walk
from tests.fakes import FakePlatform

KEY = "k" * 40


def shown(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    """All of `gateway`, as the API shows it. `changes` are what a test expects by itself."""
    gateway.refresh_from_db()
    return {
        "id": gateway.pk,
        "agent": gateway.agent_id,
        "platform": "fake",
        "name": "Desk",
        "mode": "auto",
        "scheduled": False,
        "time_zone": "UTC",
        "schedule": [],
        "config": {},
        "secret_names": [
            {"name": secret.name, "updated_at": iso(secret.updated_at)} for secret in gateway.secrets.all()
        ],
        "webhook_url": f"http://127.0.0.1:8000/hooks/{gateway.public_id}",
        "authorized": False,
        "tokens_expire_at": None,
        "managing_points": [],
        "excluded_tags": [],
        "only_channels": [],
        "only_senders": [],
        "only_brands": [],
        "only_languages": [],
        "answers_assigned": False,
        "teammate_id": "",
        "teammate_name": "",
        "places_read_at": None,
        "places_error": "",
        "status": "ok",
        "status_detail": "",
        "burst_window": 0.0,
        "longest_wait": 60.0,
        "first_delay": 0.0,
        "later_delay": 0.0,
        "thinking_after": 0.0,
        "offer_minutes": 30,
        "on_silence": "rest",
        "on_unknown": "hold",
        "command_names": {},
        "team_language": "en",
        "notes_as_context": True,
        "status_after_answer": "pending",
        "status_at_handover": "open",
        "status_at_close": "solved",
        "widget_origins": "",
        "created_at": iso(gateway.created_at),
        "updated_at": iso(gateway.updated_at),
        **changes,
    }


def iso(at: Any) -> str:
    return str(at.isoformat().replace("+00:00", "Z"))


@pytest.fixture(autouse=True)
def public_url(settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"


def test_a_gateway_is_read(api: Api, gateway: Gateway) -> None:
    answer = api("GET", f"agents/{gateway.agent_id}/gateways/{gateway.pk}")
    assert (answer.status, answer.json) == (200, shown(gateway))


def test_gateways_are_listed(api: Api, gateway: Gateway, make_gateway: Any) -> None:
    second = make_gateway(name="Second")
    answer = api("GET", f"agents/{gateway.agent_id}/gateways")
    assert answer.json == {"next": None, "previous": None, "results": [shown(gateway), shown(second, name="Second")]}


def test_the_list_costs_the_same_however_long_it_is(
    api: Api, agent: Agent, make_gateway: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(20):
        Secret.objects.create(gateway=make_gateway(), name="token", value="s3cret")
    with django_assert_num_queries(5) as queries:  # the key, the gateways, their secrets' names, schedules, points
        assert len(api("GET", f"agents/{agent.pk}/gateways").json["results"]) == 20
    assert not any('"value"' in query["sql"] for query in queries.captured_queries)


def test_a_gateway_is_made_with_the_defaults_of_admin(api: Api, agent: Agent) -> None:
    body = {"platform": "webchat", "name": "Chat", "secrets": {"visitor_key": KEY}, "config": {"title": "Ask us"}}
    answer = api("POST", f"agents/{agent.pk}/gateways", body)
    gateway = Gateway.objects.get()
    assert (answer.status, answer.json) == (
        201,
        shown(
            gateway,
            platform="webchat",
            name="Chat",
            config={"title": "Ask us"},
            burst_window=0.6,
            longest_wait=10.0,
            thinking_after=8.0,
            generated_secrets={},
        ),
    )
    assert gateway.secrets.get(name="visitor_key").value == KEY


def test_a_secret_that_was_made_is_shown_this_once(api: Api, agent: Agent) -> None:
    created = api("POST", f"agents/{agent.pk}/gateways", {"platform": "webchat", "name": "Chat"}).json
    made = created.pop("generated_secrets")
    assert made == {"visitor_key": Secret.objects.get().value}
    assert len(made["visitor_key"]) >= 32
    assert api("GET", f"agents/{agent.pk}/gateways/{created['id']}").json == created


@pytest.mark.parametrize(
    ("change", "status", "json"),
    [
        pytest.param(
            {"platform": "carrier pigeon"},
            400,
            invalid(("invalid_choice", '"carrier pigeon" is not a valid choice.', "platform")),
            id="no such platform",
        ),
        pytest.param({"name": None}, 400, invalid(("null", "This field may not be null.", "name")), id="no name"),
        pytest.param(
            {"name": "Desk"},
            400,
            invalid(("unique", "gateway with this name already exists.", "name")),
            id="a name that is taken",
        ),
        pytest.param(
            {"status": "ok"}, 400, invalid(("read_only", "This can't be changed.", "status")), id="the status is ours"
        ),
        pytest.param(
            {"config": "x"},
            400,
            invalid(("not_a_dict", 'Expected a dictionary of items but got type "str".', "config")),
            id="config is text",
        ),
        pytest.param(
            {"config": {"colour": "red", "color": "#123456"}},
            400,
            invalid(
                ("invalid", "There is no such option.", "config.color"),
                ("invalid", "Give a colour like #2f6fed.", "config.colour"),
            ),
            id="bad options",
        ),
        pytest.param(
            {"config": {"visitor_key": KEY}},
            400,
            invalid(("invalid", "This is a secret. Give it in `secrets`.", "config.visitor_key")),
            id="a secret among the options",
        ),
        pytest.param(
            {"secrets": {"visitor_key": "short"}},
            400,
            invalid(("invalid", "Use at least 32 characters.", "secrets.visitor_key")),
            id="a bad secret",
        ),
        pytest.param(
            {"secrets": {"visitor key": KEY}},
            400,
            invalid(("invalid", NAME, "secrets.visitor key")),
            id="a secret with a space in its name",
        ),
        pytest.param(
            {"secrets": {"visitor_key": 7.5e9, "x": []}},
            400,
            invalid(("invalid", "Not a valid string.", "secrets.x")),
            id="a secret that is a list",
        ),
        pytest.param(
            {"mode": "turbo"}, 400, invalid(("invalid_choice", '"turbo" is not a valid choice.', "mode")), id="mode"
        ),
        pytest.param(
            {"burst_window": 61},
            400,
            invalid(("max_value", "Ensure this value is less than or equal to 60.", "burst_window")),
            id="too long a burst",
        ),
    ],
)
def test_a_gateway_that_cant_be_isnt_made(
    api: Api, gateway: Gateway, change: dict[str, Any], status: int, json: dict[str, Any]
) -> None:
    body = {"platform": "webchat", "name": "Chat", **change}
    answer = api("POST", f"agents/{gateway.agent_id}/gateways", body)
    assert (answer.status, answer.json) == (status, json)
    assert Gateway.objects.get() == gateway


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Desk 2"},
        {"burst_window": 1.0, "longest_wait": 5.0, "thinking_after": 3.0},
        {"offer_minutes": 0, "on_silence": "hand_over"},
        {"config": {"region": "us"}},
        {"on_unknown": "resend"},
        {"status_after_answer": "leave", "status_at_handover": "leave", "status_at_close": "leave"},
        {"command_names": {"draft": "entwurf"}, "team_language": "de", "notes_as_context": False},
        {"widget_origins": "https://shop.zendesk.com http://localhost:3000"},
    ],
    ids=str,
)
def test_a_gateway_is_changed(api: Api, gateway: Gateway, change: dict[str, Any]) -> None:
    answer = api("PATCH", f"agents/{gateway.agent_id}/gateways/{gateway.pk}", change)
    assert (answer.status, answer.json) == (200, shown(gateway, **change))


def test_the_platform_stays(api: Api, gateway: Gateway) -> None:
    answer = api("PATCH", f"agents/{gateway.agent_id}/gateways/{gateway.pk}", {"platform": "webchat"})
    assert (answer.status, answer.json) == (400, invalid(("read_only", "This can't be changed.", "platform")))


def test_a_change_leaves_what_a_worker_wrote_meanwhile(
    api: Api, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Gateway.save

    def slow(self: Gateway, **options: Any) -> None:
        Gateway.objects.update(status="error", status_detail="The key was refused.")
        save(self, **options)

    monkeypatch.setattr(Gateway, "save", slow)
    api("PATCH", f"agents/{gateway.agent_id}/gateways/{gateway.pk}", {"name": "Desk 2"})
    gateway.refresh_from_db()
    assert (gateway.name, gateway.status, gateway.status_detail) == ("Desk 2", "error", "The key was refused.")


@pytest.mark.parametrize(
    ("secrets", "left"),
    [
        pytest.param({"token": "new"}, {"token": "new"}, id="replaced"),
        pytest.param({"token": None}, {}, id="removed"),
        pytest.param({}, {"token": "old"}, id="left alone"),
        pytest.param({"token": " spaces "}, {"token": " spaces "}, id="kept to the letter"),
    ],
)
def test_only_the_secrets_that_are_named_change(
    api: Api, gateway: Gateway, secrets: dict[str, str | None], left: dict[str, str]
) -> None:
    gateway.secrets.create(name="token", value="old")
    answer = api("PATCH", f"agents/{gateway.agent_id}/gateways/{gateway.pk}", {"secrets": secrets})
    assert answer.json == shown(gateway)
    assert {secret.name: secret.value for secret in gateway.secrets.all()} == left


def test_a_secret_that_is_needed_cant_be_removed(api: Api, agent: Agent) -> None:
    created = api("POST", f"agents/{agent.pk}/gateways", {"platform": "webchat", "name": "Chat"}).json
    answer = api("PATCH", f"agents/{agent.pk}/gateways/{created['id']}", {"secrets": {"visitor_key": None}})
    assert answer.json == invalid(("invalid", "This is needed.", "secrets.visitor_key"))
    assert Secret.objects.count() == 1


def test_a_gateway_that_isnt_configured_can_be_switched_off(api: Api, make_gateway: Any) -> None:
    gateway = make_gateway(platform="webchat", config={"colour": "none of these"})
    assert api("PATCH", f"agents/{gateway.agent_id}/gateways/{gateway.pk}", {"mode": "off"}).status == 200


def test_a_gateway_without_conversations_is_deleted(api: Api, gateway: Gateway) -> None:
    answer = api("DELETE", f"agents/{gateway.agent_id}/gateways/{gateway.pk}")
    assert (answer.status, answer.json) == (204, None)
    assert not Gateway.objects.exists()


def test_a_gateway_with_conversations_stays(api: Api, gateway: Gateway, walk: Walk) -> None:
    walk.answer("Hello")
    answer = api("DELETE", f"agents/{gateway.agent_id}/gateways/{gateway.pk}")
    sentence = (
        "This gateway has conversations, which would be lost with it. Switch it off instead: set its mode to “off”."
    )
    assert (answer.status, answer.json) == (409, refused("conflict", sentence))
    assert walk.conversation().gateway == gateway


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(None, "Fine.", id="it works"),
        pytest.param(Interrupted("No answer within 20 s."), "No answer within 20 s.", id="no answer"),
        pytest.param(
            DeliveryError(Failure.CREDENTIALS, "The token was refused."), "The token was refused.", id="refused"
        ),
    ],
)
def test_the_connection_is_tested(
    api: Api, gateway: Gateway, platform: type[FakePlatform], monkeypatch: Any, error: Exception | None, message: str
) -> None:
    if error:

        def fail(self: FakePlatform) -> None:
            raise error

        monkeypatch.setattr(platform, "check", fail)
    answer = api("POST", f"agents/{gateway.agent_id}/gateways/{gateway.pk}/check")
    assert (answer.status, answer.json) == (200, {"ok": error is None, "message": message})


def test_a_gateway_that_isnt_configured_is_told_what_is_missing(api: Api, make_gateway: Any) -> None:
    gateway = make_gateway(config={"region": "mars"})
    answer = api("POST", f"agents/{gateway.agent_id}/gateways/{gateway.pk}/check")
    sentence = "The configuration isn't complete. region: Choose one of: eu, us."
    assert answer.json == {"ok": False, "message": sentence}


def test_every_platform_can_be_chosen() -> None:
    field: Any = GatewayCreationSerializer().fields["platform"]
    assert set(field.choices) == set(registry.ADAPTERS)
