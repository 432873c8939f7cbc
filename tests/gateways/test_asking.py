"""Questions made once: the same rows as those of Django itself, and nothing of an earlier answer in a later one."""

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from agents.models import Agent
from gateways.asking import asked
from gateways.models import Destination, Gateway, ManagingPoint, Receipt, Secret

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=timezone.get_default_timezone())


@asked
def of_gateway(gateway_id: int) -> QuerySet[Receipt]:
    return Receipt.objects.filter(gateway=gateway_id).order_by("id")


@asked
def first_ids(gateway_id: int, most: int) -> QuerySet[Receipt, int]:
    of_it = Receipt.objects.filter(gateway=gateway_id, status=Receipt.Status.PENDING)
    return of_it.order_by("id").values_list("id", flat=True)[:most]


@asked
def done_between(begin: datetime, end: datetime) -> QuerySet[Receipt, tuple[str, datetime | None]]:
    return Receipt.objects.filter(done_at__gte=begin, done_at__lt=end).order_by("id").values_list("error", "done_at")


@asked
def with_errors(errors: Collection[str], gateways: Collection[int]) -> QuerySet[Receipt, str]:
    found = Receipt.objects.filter(Q(error__any_of=errors) & ~Q(status="done"), gateway__any_of=gateways)
    return found.order_by("error").values_list("error", flat=True)


@asked
def with_relatives(gateway_id: int) -> QuerySet[Gateway]:
    points = Prefetch("managing_points", ManagingPoint.objects.select_related("destination"))
    return Gateway.objects.select_related("agent").prefetch_related(points).filter(pk=gateway_id)


@asked
def locked(ids: Collection[int]) -> QuerySet[Gateway]:
    return Gateway.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk__any_of=ids)


@pytest.fixture
def receipts(gateway: Gateway) -> list[Receipt]:
    return [
        Receipt.objects.create(gateway=gateway, body=b"x", error=error, done_at=NOON + timedelta(minutes=minutes))
        for minutes, error in enumerate(["", "a", "ü"])
    ]


def test_rows_become_objects_as_always(gateway, receipts):
    [first, *_] = of_gateway(gateway.pk)
    assert [each.pk for each in of_gateway(gateway.pk)] == [each.pk for each in receipts]
    assert (bytes(first.body), first.done_at, first.headers) == (b"x", NOON, {})
    first.error = "changed"
    first.save()
    assert of_gateway(gateway.pk)[0].error == "changed"


def test_each_question_has_its_own_answer(gateway, receipts):
    assert of_gateway(gateway_id=0) == []
    assert len(of_gateway(gateway_id=gateway.pk)) == 3
    assert of_gateway(0) == []


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_the_rows_can_be_limited(gateway, receipts, most):
    assert first_ids(gateway.pk, most) == [each.pk for each in receipts][:most]


@pytest.mark.parametrize(
    ("begin", "end", "found"),
    [
        (NOON, NOON + timedelta(minutes=3), ["", "a", "ü"]),
        (NOON + timedelta(microseconds=1), NOON + timedelta(minutes=2), ["a"]),
        (NOON - timedelta(hours=1), NOON, []),
    ],
)
def test_moments_are_compared_to_the_microsecond(receipts, begin, end, found):
    rows = done_between(begin, end)
    assert [error for error, _ in rows] == found
    assert all(begin <= at < end for _, at in rows if at)


@pytest.mark.parametrize(
    ("errors", "found"),
    [
        (["a"], ["a"]),
        ({"a", "ü", "not there"}, ["a", "ü"]),
        (("",), [""]),
        ([], []),
        ({"a": 1}, ["a"]),
        (["a'); --", "%s", "{}", '["a"]'], []),
    ],
    ids=["one", "several", "empty text", "none", "keys of a mapping", "no quoting of ours"],
)
def test_any_of_so_many_values(gateway, receipts, errors, found):
    assert with_errors(errors, [gateway.pk]) == found
    assert with_errors(errors, [0]) == []
    assert list(Receipt.objects.filter(error__in=errors).order_by("error").values_list("error", flat=True)) == found


def test_choices_can_be_asked_for(gateway, receipts):
    @asked
    def of_status(status: str) -> QuerySet[Receipt, str]:
        return Receipt.objects.filter(status=status).order_by("id").values_list("error", flat=True)

    assert of_status(Receipt.Status.PENDING) == of_status("pending") == ["", "a", "ü"]
    assert of_status(Receipt.Status.DONE) == []


def test_relatives_come_along_in_as_many_queries(gateway, django_assert_num_queries):
    destination = Destination.objects.create(gateway=gateway, external_id="d1", name="Sales")
    ManagingPoint.objects.create(gateway=gateway, destination=destination)
    with_relatives(0)
    with django_assert_num_queries(2):
        [found] = with_relatives(gateway.pk)
        assert isinstance(found.agent, Agent)
        assert [point.destination.name for point in found.managing_points.all()] == ["Sales"]
    destination.delete()
    [found] = with_relatives(gateway.pk)
    assert list(found.managing_points.all()) == []


@asked
def with_secrets(gateways: Collection[int]) -> QuerySet[Gateway]:
    return Gateway.objects.prefetch_related("secrets").filter(pk__any_of=gateways).order_by("pk")


def test_what_belongs_to_several_rows_comes_with_one_more_question(make_gateway, django_assert_num_queries):
    first, second, third = make_gateway(), make_gateway(), make_gateway()
    for gateway, name in ((first, "b"), (first, "a"), (third, "c")):
        Secret.objects.update_or_create(gateway=gateway, name=name, defaults={"value": f"the {name}"})
    theirs = [[secret.name for secret in Secret.objects.filter(gateway=each)] for each in (first, second, third)]
    with_secrets([])
    with django_assert_num_queries(2):
        found = with_secrets([first.pk, second.pk, third.pk])
        assert [[secret.name for secret in each.secrets.all()] for each in found] == theirs
        assert all(secret.gateway is each for each in found for secret in each.secrets.all())
    assert [secret.name for secret in found[0].secrets.filter(name="a")] == ["a"]  # asks anew, and of its own only


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_transactions_only(gateway):
    with transaction.atomic():
        assert [each.pk for each in locked([gateway.pk])] == [gateway.pk]
    with pytest.raises(TransactionManagementError):
        locked([gateway.pk])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="On SQLite a transaction that writes is alone anyway.")
def test_locked_rows_are_passed_over(gateway):
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert locked([gateway.pk])
            holds.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(20)
    with transaction.atomic():
        assert locked([gateway.pk]) == []
    done.set()
    holder.join()
    with transaction.atomic():
        assert len(locked([gateway.pk])) == 1


@pytest.mark.django_db(transaction=True)
def test_threads_share_a_question_and_no_answer(receipts):
    @asked
    def one(pk: int) -> QuerySet[Receipt, int]:
        return Receipt.objects.filter(pk=pk).values_list("pk", flat=True)

    def ask(pk: int) -> list[int]:
        together.wait(20)
        try:
            return [found for _ in range(20) for found in one(pk)]
        finally:
            connection.close()

    together = threading.Barrier(len(receipts))
    with ThreadPoolExecutor(len(receipts)) as pool:
        answers = list(pool.map(ask, [each.pk for each in receipts]))
    assert answers == [[each.pk] * 20 for each in receipts]


def test_a_question_about_one_moment_for_ever_is_refused():
    @asked
    def due(gateway_id: int) -> QuerySet[Receipt]:
        return Receipt.objects.filter(gateway=gateway_id, done_at__lte=timezone.now())

    with pytest.raises(TypeError, match="Give it the moment"):
        due(1)


def test_the_statement_is_made_once(gateway, monkeypatch):
    calls = []

    @asked
    def counted(gateway_id: int) -> QuerySet[Receipt]:
        calls.append(gateway_id)
        return Receipt.objects.filter(gateway=gateway_id)

    counted(gateway.pk)
    counted(gateway.pk)
    assert len(calls) == 1
