"""A gateway's page about its scope: reading from the platform, picking, refusing overlaps, counting verdicts."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from agents.models import Agent
from gateways.errors import DeliveryError, Failure
from gateways.messages import Place, Teammate
from gateways.models import Destination, Gateway, InboundEvent, ManagingPoint
from tests.admin_pages import Elements, get
from tests.conftest import Walk
from tests.fakes import FakePlatform

LISTED = [Place("inbox", "1", "Support"), Place("tag", "t", "vip"), Teammate("7", "Ada", "ada@shop.example")]


def url(gateway: Gateway, page: str = "change") -> str:
    return reverse(f"admin:gateways_gateway_{page}", args=[gateway.pk])


def posted(client: Client, gateway: Gateway, *points: Destination, **changes: Any) -> Any:
    """The gateway's form as the browser sends it, with these managing points added."""
    shown = client.get(url(gateway))
    fields = dict(shown.context["adminform"].form.initial)
    names = [each.formset.prefix for each in shown.context["inline_admin_formsets"]]
    inlines = {f"{name}-{part}_FORMS": 0 for name in names for part in ("TOTAL", "INITIAL")}
    new = {f"managing_points-{number}-destination": point.pk for number, point in enumerate(points)}
    new |= {f"managing_points-{number}-gateway": gateway.pk for number, _ in enumerate(points)}
    plain = {name: value for name, value in fields.items() if isinstance(value, (str, int, float)) and value != ""}
    body = {**plain, **inlines, **new, "managing_points-TOTAL_FORMS": len(points), "option_region": "eu", **changes}
    return client.post(url(gateway), {name: value for name, value in body.items() if value is not False})


def search(client: Client, gateway: Gateway | None, term: str = "", model: str = "gateways.managingpoint") -> list[str]:
    app, name = model.split(".")
    asked = {"term": term, "app_label": app, "model_name": name, "field_name": "destination"}
    found = client.get(reverse("admin:autocomplete"), {**asked, **({"gateway": gateway.pk} if gateway else {})})
    return [each["text"] for each in found.json()["results"]]


@pytest.fixture
def read(admin_client: Client, gateway: Gateway, platform: type[FakePlatform]) -> Gateway:
    platform.listed[:] = LISTED
    admin_client.post(url(gateway, "read"))
    return gateway


class TestReading:
    def test_says_what_was_read(self, admin_client: Client, gateway: Gateway, platform: type[FakePlatform]):
        platform.listed[:] = LISTED
        response = admin_client.post(url(gateway, "read"), follow=True)
        assert [str(message) for message in response.context["messages"]] == [
            "Read from Fake: inbox: 1, tag: 1, people: 1."
        ]
        assert "2 to choose from" in response.content.decode()

    def test_shows_a_failure_until_it_works(self, admin_client: Client, gateway: Gateway, platform: type[FakePlatform]):
        platform.listed[:] = [DeliveryError(Failure.CREDENTIALS, "The token was refused.")]
        admin_client.post(url(gateway, "read"))
        assert "Fake couldn&#x27;t be read. The token was refused." in get(admin_client, url(gateway))
        platform.listed[:] = LISTED
        admin_client.post(url(gateway, "read"))
        assert "The token was refused." not in get(admin_client, url(gateway))

    def test_is_for_those_who_may_change_gateways(self, client: Client, gateway: Gateway):
        kim = User.objects.create_user("kim", is_staff=True)
        kim.user_permissions.add(Permission.objects.get(codename="view_gateway"))
        client.force_login(kim)
        assert client.post(url(gateway, "read")).status_code == 403
        assert "Read from the platform" not in get(client, url(gateway))

    def test_isnt_offered_where_the_platform_lists_nothing(self, admin_client: Client, agent: Agent):
        chat = Gateway.objects.create(agent=agent, name="Chat", platform="webchat")
        assert "Read from the platform" not in get(admin_client, url(chat))


class TestPicking:
    def test_finds_by_a_part_of_the_name(self, admin_client: Client, read: Gateway):
        assert search(admin_client, read, "uppo") == ["Support (inbox)"]

    def test_finds_only_the_gateways_own(self, admin_client: Client, read: Gateway, make_gateway: Any):
        assert search(admin_client, make_gateway(name="Second")) == []
        assert search(admin_client, None) == []

    def test_finds_waiting_lists_for_targets_but_not_for_points(self, admin_client: Client, read: Gateway):
        Destination.objects.create(gateway=read, external_id="b", name="Billing desk")
        assert search(admin_client, read) == ["Support (inbox)", "vip (tag)"]
        assert search(admin_client, read, "bill", "handover.escalationtarget") == ["Billing desk"]

    def test_shows_what_is_gone_last(self, admin_client: Client, read: Gateway, platform: type[FakePlatform]):
        platform.listed[:] = [LISTED[1]]
        admin_client.post(url(read, "read"))
        assert search(admin_client, read) == ["vip (tag)", "Support (inbox), gone from the platform"]

    def test_asks_for_the_gateways_own(self, admin_client: Client, read: Gateway):
        page = Elements(get(admin_client, url(read)))
        asked = {str(found.get("data-ajax--url")) for tag, found in page.tags if "data-ajax--url" in found}
        assert asked == {f"/admin/autocomplete/?gateway={read.pk}"}
        assert page.refused == []

    def test_is_open_to_whoever_may_change_gateways(self, client: Client, read: Gateway):
        kim = User.objects.create_user("kim", is_staff=True)
        kim.user_permissions.add(Permission.objects.get(codename="change_gateway"))
        client.force_login(kim)
        assert search(client, read, "vip") == ["vip (tag)"]

    def test_suggests_the_platforms_people(self, admin_client: Client, read: Gateway):
        assert '<option value="7">Ada ada@shop.example</option>' in get(admin_client, url(read))

    def test_leaves_what_was_read_out_of_the_rows_to_edit(self, admin_client: Client, read: Gateway):
        Destination.objects.create(gateway=read, kind="inbox", external_id="9", name="By hand")
        formsets = admin_client.get(url(read)).context["inline_admin_formsets"]
        rows = next(each.formset for each in formsets if each.formset.prefix == "destinations")
        assert [form.instance.name for form in rows.initial_forms] == ["By hand"]


class TestSaving:
    def test_keeps_points_limits_and_the_teammate(self, admin_client: Client, read: Gateway):
        support = Destination.objects.get(name="Support")
        limits = {
            "excluded_tags": "spam\nvip",
            "only_senders": "!example.org",
            "only_languages": "de",
            "answers_assigned": "on",
            "teammate_id": "7",
        }
        assert posted(admin_client, read, support, **limits).status_code == 302
        read.refresh_from_db()
        assert ManagingPoint.objects.get().destination == support
        assert (read.excluded_tags, read.only_senders, read.only_languages) == (
            ["spam", "vip"],
            ["!example.org"],
            ["de"],
        )
        assert (read.answers_assigned, read.teammate_id, read.teammate_name) == (True, "7", "Ada")

    def test_a_teammate_may_be_typed_in(self, admin_client: Client, read: Gateway):
        posted(admin_client, read, teammate_id="99", teammate_name="Robo")
        read.refresh_from_db()
        assert (read.teammate_id, read.teammate_name) == ("99", "Robo")

    def test_refuses_an_overlap_with_the_others_name(self, admin_client: Client, read: Gateway, make_gateway: Any):
        second = make_gateway(name="Second", config={"region": "eu"})
        Gateway.objects.filter(pk=read.pk).update(config={"region": "eu"})
        ManagingPoint.objects.create(gateway=read, destination=Destination.objects.get(name="Support"))
        same = Destination.objects.create(gateway=second, kind="inbox", external_id="1", name="Support")
        refused = posted(admin_client, second, same)
        assert refused.status_code == 200
        assert "Gateway “Desk” handles “Support” already." in refused.content.decode()
        assert not second.managing_points.exists()
        assert posted(admin_client, second, same, mode="off").status_code == 302
        assert second.managing_points.exists()

    def test_refuses_a_language_that_is_none(self, admin_client: Client, read: Gateway):
        errors = posted(admin_client, read, only_languages="German").context["adminform"].form.errors
        assert list(errors) == ["only_languages"]


class TestVerdicts:
    def test_are_counted_with_a_way_to_them(self, admin_client: Client, walk: Walk):
        walk.answer("Hello"), walk.answer("And?")
        walk.customer("Hello", key="k1")
        walk.ingest()
        page = get(admin_client, url(walk.gateway))
        link = f"?gateway__id__exact={walk.gateway.pk}&amp;reason__exact=handled"
        assert re.search(re.escape(link) + '">Handled: 2</a> · Duplicate: 1', page)
        listed = admin_client.get(reverse("admin:gateways_inboundevent_changelist") + link.replace("&amp;", "&"))
        assert listed.context["cl"].result_count == 2

    def test_are_found_by_reason_and_by_repeats(self, admin_client: Client, walk: Walk):
        walk.answer("Hello")
        about = {"gateway": walk.gateway, "receipt": walk.gateway.receipts.get()}
        InboundEvent.objects.create(**about, key="z", kind="Tagged", verdict="recorded", reason="noted", duplicates=3)
        listing = reverse("admin:gateways_inboundevent_changelist")
        for query, keys in (("?reason__exact=noted", ["z"]), ("?duplicates=yes", ["z"]), ("?reason__exact=mode", [])):
            found = admin_client.get(listing + query).context["cl"].result_list
            assert [event.key for event in found] == keys
