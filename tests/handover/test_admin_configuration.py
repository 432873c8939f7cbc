"""A gateway's page as YAML: who may see and apply it, and that nothing happens before the diff was confirmed."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from gateways.models import Gateway, Secret
from handover.configuration import text
from handover.configuration.describe import describe, shown
from tests.admin_pages import NASTY, Elements

SOURCE = "kind: gateway\nname: Desk\nmode: off\n"


@pytest.fixture
def kim(client: Client, db: None) -> User:
    """Somebody who may change gateways, signed in."""
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_gateway"]))
    client.force_login(user)
    return user


def allow(user: User, *names: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


def url(gateway: Gateway) -> str:
    return reverse("admin:gateways_gateway_yaml", args=[gateway.pk])


def mode(gateway: Gateway) -> str:
    gateway.refresh_from_db()
    return gateway.mode


def seen(client: Client, gateway: Gateway, source: str = SOURCE) -> Any:
    return client.post(url(gateway), {"text": source})


@pytest.mark.parametrize(
    ("permissions", "read", "post"),
    [((), 403, 403), (("view_gateway",), 200, 403), (("change_gateway",), 200, 200)],
    ids=["nothing", "view", "change"],
)
def test_who_may_what(client: Client, gateway: Gateway, kim: User, permissions: Any, read: int, post: int) -> None:
    kim.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    download = reverse("admin:gateways_gateway_yaml_download", args=[gateway.pk])
    assert [client.get(each).status_code for each in (url(gateway), download)] == [read, read]
    assert seen(client, gateway).status_code == post


def test_the_page_shows_what_is_active_with_its_warnings(client: Client, gateway: Gateway, kim: User) -> None:
    Secret.objects.create(gateway=gateway, name="token", value="hunter2")
    response = client.get(url(gateway))
    gateway.refresh_from_db()
    assert response.context["yaml"] == text.dump([shown(describe(gateway))])
    assert "No escalation target" in response.content.decode()
    assert "hunter2" not in response.content.decode()


def test_the_download_is_what_export_prints(client: Client, gateway: Gateway, kim: User) -> None:
    response = client.get(reverse("admin:gateways_gateway_yaml_download", args=[gateway.pk]))
    gateway.refresh_from_db()
    assert response.content.decode() == text.dump([shown(describe(gateway))])
    assert response["Content-Disposition"] == 'attachment; filename="desk.yaml"'


def test_the_gateways_page_leads_there(client: Client, gateway: Gateway, kim: User) -> None:
    page = client.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    assert url(gateway) in page


def test_it_is_applied_once_the_diff_was_confirmed(client: Client, gateway: Gateway, kim: User) -> None:
    response = seen(client, gateway)
    assert '~ mode: "auto" → "off"' in response.context["diff"]
    assert mode(gateway) == "auto"
    done = client.post(url(gateway), {"state": response.context["state"]})
    assert (done.status_code, mode(gateway)) == (302, "off")
    assert "mode" in LogEntry.objects.get().change_message


def test_a_file_does_as_well(client: Client, gateway: Gateway, kim: User) -> None:
    response = client.post(url(gateway), {"file": SimpleUploadedFile("desk.yaml", SOURCE.encode())})
    assert response.context["is_change"] is True


def test_where_nothing_would_change_there_is_nothing_to_confirm(client: Client, gateway: Gateway, kim: User) -> None:
    response = seen(client, gateway, text.dump([shown(describe(gateway))]))
    assert "nothing to do" in response.context["diff"]
    assert "confirm" not in Elements(response.content.decode()).ids()


def test_a_diff_that_is_no_longer_true_is_shown_again(client: Client, gateway: Gateway, kim: User) -> None:
    state = seen(client, gateway).context["state"]
    Gateway.objects.update(mode="off", burst_window=3)
    source = SOURCE + "burst_window: 0"
    newer = seen(client, gateway, source).context["state"]
    Gateway.objects.update(burst_window=5)
    for old in (state, newer):
        response = client.post(url(gateway), {"state": old})
        assert "Things have changed" in response.content.decode()
    gateway.refresh_from_db()
    assert gateway.burst_window == 5


@pytest.mark.parametrize("spoil", ["word", "other gateway", "other user"])
def test_a_state_counts_for_its_gateway_and_user_only(
    client: Client, gateway: Gateway, kim: User, make_other: Any, spoil: str
) -> None:
    state = seen(client, gateway).context["state"]
    target = make_other if spoil == "other gateway" else gateway
    if spoil == "other user":
        client.force_login(User.objects.create_superuser("root"))
    answer = client.post(url(target), {"state": state + "x" if spoil == "word" else state})
    assert answer.status_code == (400 if spoil == "word" else 403)
    assert (mode(gateway), mode(make_other)) == ("auto", "auto")


@pytest.fixture
def make_other(gateway: Gateway) -> Gateway:
    return Gateway.objects.create(agent=gateway.agent, name="Other", platform="fake")


@pytest.mark.parametrize(
    ("source", "permission"),
    [
        ("secrets: {token: {env: AISSIST_SECRET_TOKEN}}", "change_secret"),
        ("destinations: [{kind: people, external_id: x, name: X}]", "add_destination"),
        ("message_templates: [{kind: handover, text: Wait}]", "add_messagetemplate"),
    ],
)
def test_each_kind_of_change_wants_its_own_permission(
    client: Client, gateway: Gateway, kim: User, monkeypatch: Any, source: str, permission: str
) -> None:
    monkeypatch.setenv("AISSIST_SECRET_TOKEN", "hunter2")
    source = f"kind: gateway\nname: Desk\n{source}"
    assert seen(client, gateway, source).status_code == 403
    allow(kim, permission)
    response = seen(client, gateway, source)
    assert response.status_code == 200
    assert "hunter2" not in response.content.decode()
    kim.user_permissions.set(Permission.objects.filter(codename="change_gateway"))
    assert client.post(url(gateway), {"state": response.context["state"]}).status_code == 403
    assert (gateway.secrets.count(), gateway.destinations.count()) == (0, 0)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("moode: off", "kind: Give one of"),
        ("kind: agent\nname: Shop", "Here it has to be of the kind “gateway”."),
        (SOURCE + "---\n" + SOURCE, "Give one document, it has 2."),
        (SOURCE + "secrets: {token: {env: SECRET_KEY}}", "begin with AISSIST_SECRET_"),
        (SOURCE + "secrets: {token: {file: /etc/passwd}}", "Files are read by"),
        (NASTY, "Give names and values"),
    ],
)
def test_what_will_not_do_is_told_and_changes_nothing(
    client: Client, gateway: Gateway, kim: User, monkeypatch: Any, source: str, problem: str
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    response = seen(client, gateway, source)
    assert response.status_code == 400
    assert problem in "\n".join(response.context["problems"])
    assert mode(gateway) == "auto"


def test_nothing_in_the_page_comes_to_life(client: Client, gateway: Gateway, kim: User) -> None:
    gateway.destinations.create(kind="people", external_id=NASTY, name=NASTY)
    page = client.get(url(gateway)).content.decode()
    assert Elements(page).refused == []
    assert "evil" not in Elements(page).ids()


def test_without_the_forms_token_nothing_is_taken(gateway: Gateway, kim: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(kim, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(url(gateway), {"text": SOURCE}).status_code == 403
