"""Rows that are written together: the same rows as one by one, in fewer statements, or none at all."""

import pytest
from django.utils import timezone

from contacts.models import Contact, Identity
from gateways import writing
from gateways.models import Destination, Gateway, Receipt

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
    writing.insert_now(inserted)
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
