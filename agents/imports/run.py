"""Import what is due, page by page. Killed at any moment, it goes on where it was once its lease ends.

While pages are read nothing is changed that an agent knows; when all are, their articles are written in a few
transactions. So a customer is never answered from half a website, and a cancelled import has changed nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from agents.http import Http, Policy
from agents.imports import kinds, lists
from agents.imports.apply import Applying
from agents.imports.fetch import Fetched, Fetcher
from agents.imports.pieces import About, Gone, Piece, Unreadable, digest
from agents.imports.read import read
from agents.knowledge_models import Source, SourcePage

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=120)
MOST_ATTEMPTS = 3  # to read a page, after which it is taken for what ends the workers
BATCH = 200  # pages whose articles are written in one transaction; after each, agents are read anew
ENDED = (Source.State.DONE, Source.State.PARTLY, Source.State.FAILED, Source.State.CANCELLED)
ENDS_WORKERS = f"Reading it was begun {MOST_ATTEMPTS} times and never ended."


class Lost(Exception):
    """Another worker has it now, or nobody wants it any more."""


def import_due(fetcher: Callable[[], Fetcher] | None = None) -> int:
    """Import every source that is due and that nobody else is on. Returns how many."""
    count = 0
    while source := claim():
        count += 1
        with suppress(Lost):
            Import(source, (fetcher or guarded)()).carry_out()
    return count


def guarded() -> Fetcher:
    return Fetcher(Http(Policy.of(settings.OUTBOUND_ALLOWED_NETWORKS)))


def claim() -> Source | None:
    """The source that has been due the longest, for this worker alone until its lease ends."""
    now = timezone.now()
    lapsed = Q(state=Source.State.RUNNING, lease_until__lt=now)
    again = Q(state__in=ENDED, due_at__lte=now, agent__is_active=True)
    due = Source.objects.filter(Q(state=Source.State.WAITING) | lapsed | again)
    for pk, state, claims in due.order_by("due_at", "pk").values_list("pk", "state", "claims"):
        anew = {} if state == Source.State.RUNNING else _anew()
        mine = Source.objects.filter(pk=pk, state=state, claims=claims)
        lease = {"state": Source.State.RUNNING, "lease_until": now + LEASE, "claims": F("claims") + 1}
        if mine.update(**lease, **anew):
            return Source.objects.select_related("agent").get(pk=pk)
    return None


def _anew() -> dict[str, object]:
    begun = {"found": 0, "done": 0, "failed": 0, "listed": False, "error": "", "due_at": None, "cancel_asked": False}
    return {**begun, "run": F("run") + 1}


class Import:
    """One claim of a source."""

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self._source, self._fetcher = source, fetcher
        self._pages = SourcePage.objects.filter(source=source, run=source.run)

    def carry_out(self) -> None:
        """Raises Lost."""
        try:
            if not self._source.listed:
                self._list()
            while page := self._pages.filter(state=SourcePage.State.WAITING).first():
                self._read(page)
            self._settle()
        except Unreadable as problem:
            self._end(Source.State.FAILED, problem.public)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the lease ends, and the import goes on
        except Lost:
            if Source.objects.filter(pk=self._source.pk, cancel_asked=True, claims=self._source.claims).exists():
                self._end(Source.State.CANCELLED, "")
            raise
        except Exception as error:  # else it would begin again with every lease
            log.exception("import_failed", source=self._source.pk)
            self._end(Source.State.FAILED, f"Something went wrong here ({type(error).__name__}). The log says more.")

    def _hold(self, **changes: object) -> None:
        """Keep the lease and write `changes`. Raises Lost."""
        mine = Source.objects.filter(pk=self._source.pk, claims=self._source.claims, cancel_asked=False)
        if not mine.filter(state=Source.State.RUNNING).update(lease_until=timezone.now() + LEASE, **changes):
            raise Lost

    # --- Which pages ---

    def _list(self) -> None:
        addresses = lists.pages(self._source, self._fetcher, self._known, self._hold)
        with transaction.atomic():
            self._hold(listed=True, found=len(addresses))
            SourcePage.objects.bulk_create(
                [SourcePage(source=self._source, address=each, address_hash=digest(each)) for each in addresses],
                ignore_conflicts=True,
            )
            fresh = {"run": self._source.run, "state": SourcePage.State.WAITING, "attempts": 0, "error": ""}
            hashes = [digest(each) for each in addresses]
            for start in range(0, len(hashes), 500):
                few = self._source.pages.filter(address_hash__in=hashes[start : start + 500])
                few.update(**fresh, pieces=[])

    def _known(self) -> set[str]:
        return set(self._source.pages.exclude(state=SourcePage.State.GONE).values_list("address", flat=True))

    # --- One page ---

    def _read(self, page: SourcePage) -> None:
        self._hold()
        page.attempts += 1
        page.save(update_fields=["attempts"])
        _let_go()
        try:
            if page.attempts > MOST_ATTEMPTS:
                raise Unreadable(ENDS_WORKERS)
            page.pieces, page.state = [asdict(piece) for piece in self._pieces(page)], SourcePage.State.READ
        except Gone as problem:
            page.state, page.error = SourcePage.State.GONE, problem.public
        except Unreadable as problem:
            page.state, page.error = SourcePage.State.FAILED, problem.public
        except Exception as error:  # one page must not end the others
            log.exception("page_failed", source=self._source.pk, page=page.pk)
            page.state, page.error = SourcePage.State.FAILED, f"It couldn't be read ({type(error).__name__})."
        page.read_at = timezone.now()
        with transaction.atomic():
            self._hold(**{name: F(name) + 1 for name in _counters(page)})
            page.save(update_fields=["state", "error", "pieces", "read_at"])

    def _pieces(self, page: SourcePage) -> list[Piece]:
        got = self._got(page)
        self._hold()
        kind = kinds.kind(got.body, got.address, got.content_type)
        about = About(_title(got.address), kinds.charset(got.content_type), got.address)
        return read(kind, got.body, about)

    def _got(self, page: SourcePage) -> Fetched:
        if self._source.kind == Source.Kind.FILE:
            return Fetched(self._source.file.name, "", bytes(self._source.file.content))
        return self._fetcher.get(page.address, polite=self._source.kind == Source.Kind.SITEMAP)

    # --- The end ---

    def _settle(self) -> None:
        """Write the articles, then say how it went."""
        applying = Applying(self._source)
        with_pieces = self._pages.filter(state=SourcePage.State.READ).exclude(pieces=[])
        while pages := list(with_pieces[:BATCH]):
            with transaction.atomic():
                self._hold()
                applying.pages(pages)
        states = dict(self._pages.order_by().values_list("state").annotate(Count("pk")))
        with transaction.atomic():
            self._hold()
            missing = self._source.pages.exclude(run=self._source.run).exclude(state=SourcePage.State.GONE)
            applying.gone([*self._pages.filter(state=SourcePage.State.GONE), *missing])
            missing.update(state=SourcePage.State.GONE, error="The source doesn't name it any more.")
            self._end(*self._verdict(states))

    def _verdict(self, states: Mapping[str, int]) -> tuple[str, str]:
        """How an import went that read what it could: its state, and what is to be said about it."""
        total, read_well = sum(states.values()), states.get(SourcePage.State.READ, 0)
        if read_well == total:
            return Source.State.DONE, ""
        if total > 1 and read_well:
            return Source.State.PARTLY, f"{total - read_well} of {total} pages couldn't be read."
        first = self._pages.exclude(state=SourcePage.State.READ).values_list("error", flat=True).first() or ""
        return Source.State.FAILED, first if total == 1 else f"None of {total} pages could be read. The first: {first}"

    def _end(self, state: str, error: str) -> None:
        source, now = self._source, timezone.now()
        due_at = now + timedelta(hours=source.every_hours) if source.every_hours else None
        mine = Source.objects.filter(pk=source.pk, claims=source.claims, state=Source.State.RUNNING)
        mine.update(state=state, error=error, due_at=due_at, imported_at=now, lease_until=None, cancel_asked=False)
        log.info("import_ended", source=source.pk, state=str(state))


def _title(address: str) -> str:
    """For what has no title of its own: the end of the address, or the file's name, as words."""
    last = unquote(urlsplit(address).path if "://" in address else address).rstrip("/").rpartition("/")[2]
    words = PurePosixPath(last).stem.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else address


def _let_go() -> None:
    """Give the connection back while something else than the database is waited for."""
    if not connection.in_atomic_block:
        connection.close()


def _counters(page: SourcePage) -> tuple[str, ...]:
    return ("done",) if page.state == SourcePage.State.READ else ("failed",)
