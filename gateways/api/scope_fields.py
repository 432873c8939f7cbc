"""The fields of a gateway in the API that are about scope, and the check of its managing points."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError as DjangoError
from rest_framework import serializers

from gateways.lines import LONGEST_LINE, MOST_LINES
from gateways.models import Destination, Gateway, ManagingPoint
from gateways.models_scope import EDITABLE, Scoped, check_languages
from gateways.overlap import overlap, problem

WRITABLE = ("managing_points", *EDITABLE)
READ_ONLY = ("places_read_at", "places_error")


class Points(serializers.ListField):
    """The ids of a gateway's managing points, as destinations."""

    child = serializers.IntegerField(min_value=1)

    def get_attribute(self, instance: Gateway) -> list[int]:
        return sorted(point.destination_id for point in instance.managing_points.all())


def texts(name: str, **given: Any) -> serializers.ListField:
    """A list of texts, with the help that admin gives for it."""
    return serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_LINE),
        required=False,
        max_length=MOST_LINES,
        help_text=str(Scoped._meta.get_field(name).help_text).replace(" One per line.", ""),  # type: ignore[union-attr]
        **given,
    )


def known_languages(languages: list[str]) -> None:
    try:
        check_languages(languages)
    except DjangoError as error:
        raise serializers.ValidationError(error.messages) from error


class ScopeFields(serializers.Serializer[Any]):
    managing_points = Points(
        required=False,
        help_text="The ids of destinations. With any, the gateway handles their conversations and no others. Always "
        "the whole set. Refused where another active gateway has one of them.",
    )
    excluded_tags = texts("excluded_tags")
    only_channels = texts("only_channels")
    only_senders = texts("only_senders")
    only_brands = texts("only_brands")
    only_languages = texts("only_languages", validators=[known_languages])


def chosen(gateway: Gateway, ids: Sequence[int]) -> list[Destination]:
    """The destinations of these ids. Raises ValidationError where one can't be a managing point of the gateway."""
    found = Destination.objects.filter(gateway=gateway).in_bulk(ids)
    if missing := [pk for pk in ids if pk not in found]:
        raise refused("managing_points", f"This gateway has no destination {missing[0]}.")
    for destination in found.values():
        if why := problem(gateway, destination):
            raise refused("managing_points", why)
    return list(found.values())


def keep_points(gateway: Gateway, ids: Sequence[int] | None, was_active: bool) -> None:
    """The gateway's managing points from now on, None for those it has. Wants a transaction, and the gateway saved.

    Raises ValidationError where another active gateway has one.
    """
    if ids is None and (was_active or not gateway.is_active):
        return
    kept = Destination.objects.filter(managing_point__gateway=gateway)
    points = list(kept) if ids is None else chosen(gateway, ids)
    if why := overlap(gateway, points):
        raise refused("mode" if ids is None else "managing_points", why)
    if ids is not None:
        gateway.managing_points.exclude(destination__in=points).delete()
        new = {point.pk for point in points} - {point.pk for point in kept}
        ManagingPoint.objects.bulk_create(ManagingPoint(gateway=gateway, destination_id=pk) for pk in sorted(new))
    gateway.__dict__.get("_prefetched_objects_cache", {}).pop("managing_points", None)


def keep_teammate(gateway: Gateway, changes: Mapping[str, Any]) -> None:
    """Name and picture of a teammate that was chosen, as read from the platform."""
    if changes.keys() & {"teammate_id", "teammate_name"}:
        gateway.know_teammate()
        gateway.save(update_fields=["teammate_name", "teammate_avatar"])


def refused(field: str, why: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [why]}, code="invalid")
