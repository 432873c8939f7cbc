"""What people can have done to a source: import it now, stop that, give it a file."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents.imports import kinds, wake
from agents.imports.pieces import Unreadable
from agents.knowledge_models import MOST_BYTES, Source, SourceFile


def import_now(source: Source) -> bool:
    """Have it imported as soon as a worker is free. False while that is under way already."""
    idle = Source.objects.filter(pk=source.pk).exclude(state__in=(Source.State.WAITING, Source.State.RUNNING))
    changed = bool(idle.update(state=Source.State.WAITING, error="", cancel_asked=False, due_at=None))
    wake.ring()
    return changed


def import_anew(source: Source) -> None:
    """Have it imported as it is now. An import that is under way is of what it was, and ends."""
    begun = {"state": Source.State.WAITING, "claims": F("claims") + 1, "lease_until": None, "cancel_asked": False}
    Source.objects.filter(pk=source.pk).update(**begun, error="", due_at=None)
    wake.ring()


def cancel(source: Source) -> bool:
    """Stop the import, before the next page at the latest. False when there is none."""
    waiting = Source.objects.filter(pk=source.pk, state=Source.State.WAITING)
    if waiting.update(state=Source.State.CANCELLED, imported_at=timezone.now()):
        return True
    return bool(Source.objects.filter(pk=source.pk, state=Source.State.RUNNING).update(cancel_asked=True))


def keep_file(source: Source, name: str, content: bytes) -> None:
    """Keep an uploaded file and import it."""
    with transaction.atomic():
        SourceFile.objects.update_or_create(source=source, defaults={"name": name[-200:], "content": content})
        import_anew(source)


def check_file(name: str, content: bytes) -> None:
    """Raises ValidationError for what surely can't be imported."""
    if not content:
        raise ValidationError("The file is empty.")
    if len(content) > MOST_BYTES:
        raise ValidationError(f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it.")
    try:
        kinds.kind(content, name)
    except Unreadable as problem:
        raise ValidationError(problem.public) from None
