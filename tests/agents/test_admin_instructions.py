import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.instruct import instruct
from agents.models import Agent, Instruction
from tests.admin_pages import NASTY, Elements

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Instruction:
    agent = Agent.objects.create(name="Shop")
    return instruct(agent, NASTY, "Kim <b>", gateway=7, conversation=9)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ann"))
    return client


def page(desk: Client, told: Instruction) -> str:
    return desk.get(reverse("admin:agents_instruction_change", args=[told.pk])).content.decode()


def test_is_listed_with_who_and_when(desk: Client, told: Instruction):
    for html in (desk.get(reverse("admin:agents_instruction_changelist")).content.decode(), page(desk, told)):
        assert "Kim &lt;b&gt;" in html and "gateway 7" in html and "Holds" in html
        assert not Elements(html).refused and "evil" not in Elements(html).ids()


def test_is_revoked_by_a_button(desk: Client, told: Instruction):
    address = reverse("admin:agents_instruction_revoke", args=[told.pk])
    assert address in Elements(page(desk, told)).forms()
    for _ in range(2):
        desk.post(address)
    told.refresh_from_db()
    assert told.revoked_by == "ann"
    assert "Revoked" in page(desk, told) and address not in Elements(page(desk, told)).forms()


def test_several_are_revoked_at_once(desk: Client, told: Instruction):
    sent = {"action": "revoke_all", "_selected_action": [told.pk]}
    desk.post(reverse("admin:agents_instruction_changelist"), sent)
    told.refresh_from_db()
    assert told.revoked_at is not None


def test_is_told_here_too(desk: Client, told: Instruction):
    sent = {"agent": told.agent_id, "text": "Be brief.", "sub_agent": "", "gateway": ""}
    desk.post(reverse("admin:agents_instruction_add"), sent)
    made = Instruction.objects.get(text="Be brief.")
    assert (made.by, made.gateway) == ("ann", None)


def test_never_changes(desk: Client, told: Instruction):
    desk.post(reverse("admin:agents_instruction_change", args=[told.pk]), {"text": "Lie."})
    told.refresh_from_db()
    assert told.text == NASTY


def test_who_may_only_look_cant_revoke(client: Client, told: Instruction):
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_instruction"))
    client.force_login(user)
    assert client.post(reverse("admin:agents_instruction_revoke", args=[told.pk])).status_code == 403
    assert client.get(reverse("admin:agents_instruction_change", args=[told.pk])).status_code == 200
