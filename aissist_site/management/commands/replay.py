"""`manage.py replay`: read failed receipts again, by id, by range or since a date, once their cause is mended."""

import re
from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from gateways import receive
from gateways.models import Gateway, Receipt

MOST_NAMED = 20  # ids in one line
WHY_NOT = {
    Receipt.Status.DONE: "is done: what was in it has been recorded",
    Receipt.Status.PENDING: "is waiting to be read already",
}


class Command(BaseCommand):
    help = "Reads failed receipts again. What was recorded from other copies of them stays a duplicate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", default="", help="Only receipts of this gateway: its public id or name.")
        parser.add_argument("--id", type=int, action="append", default=[], dest="one", help="A receipt; repeatable.")
        parser.add_argument("--ids", action="append", default=[], help="A range like 5-20, both included; repeatable.")
        parser.add_argument("--since", default="", help="Received then or later: 2026-11-01 or 2026-11-01T09:30, UTC.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be read again, and do nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = chosen_receipts(options)
        failed = list(chosen.filter(status=Receipt.Status.FAILED).order_by("id").values_list("pk", flat=True))
        left = chosen.count() - len(failed)
        count = len(failed) if options["dry_run"] else receive.replay(failed)
        self.stdout.write(
            f"{_receipts(count)} {'would' if options['dry_run'] else 'will'} be read again{_named(failed)}."
        )
        if left:
            self.stdout.write(f"{left} had not failed and {'was' if left == 1 else 'were'} left alone.")


def chosen_receipts(options: dict[str, Any]) -> QuerySet[Receipt]:
    """The receipts that the options name. Raises CommandError for one, named by its id, that can't be replayed."""
    if not (options["one"] or options["ids"] or options["since"]):
        raise CommandError("Say which receipts: --id 5, --ids 5-20 or --since 2026-11-01.")
    receipts = Receipt.objects.filter(gateway=find(options["gateway"])) if options["gateway"] else Receipt.objects.all()
    if options["since"]:
        receipts = receipts.filter(received_at__gte=moment(options["since"]))
    for receipt_id in options["one"]:
        _check(receipts, receipt_id)
    if not (options["one"] or options["ids"]):
        return receipts
    numbers = Q(pk__in=options["one"])
    for given in options["ids"]:
        numbers |= Q(pk__range=span(given))
    return receipts.filter(numbers)


def find(gateway: str) -> Gateway:
    """The gateway with this public id or name. Raises CommandError naming those that there are."""
    if found := Gateway.objects.filter(Q(public_id=gateway) | Q(name=gateway)).first():
        return found
    known = ", ".join(f"“{name}”" for name in Gateway.objects.values_list("name", flat=True)) or "none yet"
    raise CommandError(f"There is no gateway “{gateway}”. Choose one of: {known}.")


def span(given: str) -> tuple[int, int]:
    """`5-20` as its two ends. Raises CommandError."""
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", given, re.ASCII)
    if found is None or int(found[1]) > int(found[2]):
        raise CommandError(f"“{given}” is no range. Write the lower id, a hyphen and the higher one, like 5-20.")
    return int(found[1]), int(found[2])


def moment(given: str) -> datetime:
    """A date, or a date and time, in UTC unless it says otherwise. Raises CommandError."""
    try:
        at, day = parse_datetime(given), parse_date(given)
    except ValueError:  # well formed, like 2026-13-01
        at = day = None
    if day is not None:
        at = datetime.combine(day, time.min)
    if at is None:
        raise CommandError(f"“{given}” is no date. Write it like 2026-11-01 or 2026-11-01T09:30.")
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def _check(receipts: QuerySet[Receipt], receipt_id: int) -> None:
    receipt = receipts.filter(pk=receipt_id).only("status").first()
    if receipt is None:
        raise CommandError(f"There is no receipt {receipt_id} among those of this gateway and time. Nothing was done.")
    if receipt.status != Receipt.Status.FAILED:
        why = WHY_NOT[Receipt.Status(receipt.status)]
        raise CommandError(f"Receipt {receipt_id} {why}. Only failed ones can be replayed. Nothing was done.")


def _receipts(count: int) -> str:
    return f"{count} receipt" if count == 1 else f"{count} receipts"


def _named(ids: list[int]) -> str:
    if not ids:
        return ""
    rest = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    return f": {', '.join(map(str, ids[:MOST_NAMED]))}{rest}"
