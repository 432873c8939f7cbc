"""Rows that are written together: the same rows as one by one, in fewer statements, or none at all."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from contacts.models import Contact, Identity
from gateways import writing
from gateways.models import Destination, Gateway, Receipt, Secret

pytestmark = pytest.mark.django_db


def test_outside_of_a_block_a_row_is_written_at_once(gateway):
    assert writing.insert(Destination(gateway=gateway, external_id="a", name="A")).pk
    Gateway.objects.filter(pk=gateway.pk).update(name="Other")
    gateway.mode, gateway.name = "off", "Desk"
    writing.update(gateway, ["mode"])
    gateway.refresh_from_db()
    assert (gateway.mode, gateway.name) == ("off", "Other")


def test_inside_of_one_they_are_written_at_its_end_a_statement_per_table(gateway, django_assert_num_queries):
    with django_assert_num_queries(4), writing.at_once():  # a savepoint and its end are two of them
        for number in range(10):
            contact = Contact(name=f"N{number}")
            writing.insert(Identity(contact=contact, gateway=gateway, external_id=str(number)))  # the child first
            writing.insert(contact)
        assert contact.pk is None
    assert list(Identity.objects.order_by("pk").values_list("external_id", "contact__name")) == [
        (str(number), f"N{number}") for number in range(10)
    ]


def test_changed_rows_keep_what_wasnt_named(make_gateway, django_assert_num_queries):
    rows = [make_gateway(name=f"G{number}") for number in range(3)]
    Gateway.objects.update(burst_window=9)
    with django_assert_num_queries(3), writing.at_once():
        for row in rows:
            row.mode = "off"
            writing.update(row, ["mode"])
    assert set(Gateway.objects.values_list("mode", "burst_window")) == {("off", 9.0)}


def test_an_exception_writes_nothing(gateway):
    with pytest.raises(ZeroDivisionError), writing.at_once():
        writing.insert(Destination(gateway=gateway, external_id="a", name="A"))
        writing.flush()
        writing.insert(Destination(gateway=gateway, external_id="b", name="B"))
        raise ZeroDivisionError
    assert not Destination.objects.exists()
    assert writing.insert(Destination(gateway=gateway, external_id="c", name="C")).pk


def test_flushing_lets_the_block_read_what_it_wrote(gateway):
    with writing.at_once():
        row = writing.insert(Destination(gateway=gateway, external_id="a", name="A"))
        writing.flush()
        assert Destination.objects.get() == row
    assert Destination.objects.count() == 1


def test_a_row_that_is_inserted_now_is_the_same_as_a_saved_one(gateway):
    facts = {"headers": {"x-event": "é"}, "query": {"a": "b"}, "body": b"\x00\xff", "gateway": gateway}
    saved, inserted = Receipt.objects.create(**facts), Receipt(**facts)
    writing.insert_all([inserted])
    found = Receipt.objects.get(pk=inserted.pk)
    for field in Receipt._meta.concrete_fields:
        if field.name not in ("id", "received_at"):
            assert getattr(found, field.attname) == getattr(Receipt.objects.get(pk=saved.pk), field.attname)
    assert found.received_at >= saved.received_at
    inserted.outcome = "Changed."
    inserted.save()
    assert Receipt.objects.count() == 2


def test_many_rows_are_changed_with_values_of_their_own(gateway, django_assert_num_queries):
    rows = [Receipt.objects.create(gateway=gateway, body=b"") for _ in range(3)]
    for number, row in enumerate(rows):
        row.status, row.outcome, row.done_at = "done", f"'{number}' %s", timezone.now()
    with django_assert_num_queries(1):
        writing.update_all(rows, ("status", "outcome", "done_at"))
    assert list(Receipt.objects.order_by("pk").values_list("status", "outcome", "done_at")) == [
        ("done", row.outcome, row.done_at) for row in rows
    ]
    writing.update_all([], ("status",))


def test_every_kind_of_value_arrives_as_bulk_create_would_have_written_it(make_gateway):
    gateway = make_gateway(config={"a": [1, 'ü\n"x"', None]})
    rows = [Contact(name="Zoë \\ 'q' \U0001f600", email=""), Contact(name="")]
    writing.insert_all(rows)
    Contact.objects.bulk_create(twins := [Contact(name=row.name, email=row.email) for row in rows])
    for row, twin in zip(rows, twins, strict=True):
        row.refresh_from_db()
        twin.refresh_from_db()
        assert (row.name, row.email, row.phone) == (twin.name, twin.email, twin.phone)
        assert abs(row.created_at - twin.created_at).total_seconds() < 60
    gateway.config, gateway.burst_window, gateway.throttled_until = {"b": {"c": "é"}}, 0.1, None
    writing.update_all([gateway], ("config", "burst_window", "throttled_until"))
    gateway.refresh_from_db()
    assert (gateway.config, gateway.burst_window, gateway.throttled_until) == ({"b": {"c": "é"}}, 0.1, None)


@pytest.mark.parametrize(
    "config",
    [
        {"big": 2**80},
        {"nested": {1: "one", None: "none"}},
        {"choice": Gateway.Mode.AUTO, "pair": (1, 2), "when": datetime(2026, 1, 31, 12, tzinfo=UTC)},
        {"text": "\u2028 \x7f </script> \\u0041"},
    ],
    ids=["a number of more than 64 bits", "keys that aren't texts", "choices, tuples, moments", "odd characters"],
)
def test_whatever_json_can_hold_is_written(make_gateway, config):
    gateway = make_gateway()
    gateway.config = config
    if connection.vendor == "sqlite" and "when" in config:
        pytest.skip("Django's own encoder, which SQLite gets it from, takes no moments here.")
    writing.update_all([gateway], ("config",))
    written = json.loads(json.dumps(config, default=str))
    read = Gateway.objects.get(pk=gateway.pk).config
    assert {key: str(value).replace("T", " ") for key, value in read.items()} == {
        key: str(value).replace("T", " ") for key, value in written.items()
    }


def test_a_field_that_has_yet_to_be_read_is_read_before_it_is_written(make_gateway):
    gateway = make_gateway(name="Shop")
    partly = Gateway.objects.only("pk").get(pk=gateway.pk)
    writing.update_all([partly], ("name",))
    assert Gateway.objects.get(pk=gateway.pk).name == "Shop"


def test_secrets_are_encrypted_here_too(gateway):
    secret = Secret(gateway=gateway, name="token", value="hunter2 hunter2")
    writing.insert_all([secret])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value FROM {Secret._meta.db_table} WHERE id = %s", [secret.pk])
        [kept] = cursor.fetchone()
    assert "hunter2" not in kept
    assert Secret.objects.get(pk=secret.pk).value == "hunter2 hunter2"


@pytest.mark.parametrize("count", [0, 1, writing.MOST_ROWS, 2 * writing.MOST_ROWS + 1])
def test_any_number_of_rows_is_written_each_with_its_own_id(count):
    rows = [Contact(name=str(number)) for number in range(count)]
    writing.insert_all(rows)
    assert dict(Contact.objects.values_list("pk", "name")) == {row.pk: row.name for row in rows}
