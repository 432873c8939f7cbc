"""What limits a gateway, and who its agent is among the platform's people.

`gateways.models` takes all of it in.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from gateways import messages
from gateways.lines import LinesField
from gateways.scope import EXCEPT, Scope, folded

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from gateways.models import ManagingPoint

EDITABLE = (
    "excluded_tags",
    "only_channels",
    "only_senders",
    "only_brands",
    "only_languages",
    "answers_assigned",
    "teammate_id",
    "teammate_name",
)  # columns, in the order in which they are shown
TAG = "tag"  # the kind of destination that conversations are in by having it
FILTER = f"One per line; * stands for any text, and a leading {EXCEPT} turns a line round. Empty for all."


def check_languages(languages: list[str]) -> None:
    for language in languages:
        code = language.removeprefix(EXCEPT)
        if not (code.isascii() and code.isalpha() and code.islower() and 2 <= len(code) <= 3):
            raise ValidationError(f"“{language}” is no language. Give codes of ISO 639-1, like “de”.")


class Scoped(models.Model):
    """The columns of a gateway that say which conversations are its business and who answers them."""

    excluded_tags = LinesField(
        help_text="Conversations with one of these tags are left to people. One per line, as named on the platform."
    )
    only_channels = LinesField("channels", help_text=f"As the platform names them, like email or chat. {FILTER}")
    only_senders = LinesField(
        "senders",
        help_text=f"Addresses or domains: ann@example.com, *@example.com, {EXCEPT}example.org. {FILTER}",
    )
    only_brands = LinesField("brands", help_text=f"As the platform names them. {FILTER}")
    only_languages = LinesField(
        "languages",
        validators=[check_languages],
        help_text="Codes of ISO 639-1, like de; a customer whose language isn't known yet is answered. One per line.",
    )
    answers_assigned = models.BooleanField(
        "process conversations assigned to others",
        default=False,
        help_text="With it, the agent goes on in a conversation that is assigned to somebody on the platform. "
        "A person's reply ends that, as always.",
    )
    teammate_id = models.CharField(
        "teammate",
        max_length=200,
        blank=True,
        help_text="The platform's id of the user that the agent is. What is assigned to that user is the agent's.",
    )
    teammate_name = models.CharField(
        "teammate's name", max_length=200, blank=True, help_text="As on the platform; filled in where it was read."
    )
    teammate_avatar = models.URLField(max_length=500, blank=True, editable=False)
    places_read_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When destinations and people were last read."
    )
    places_error = models.CharField(
        max_length=500, blank=True, editable=False, help_text="Why reading them failed the last time."
    )

    managing_points: "RelatedManager[ManagingPoint]"
    teammates: "RelatedManager[Teammate]"

    class Meta:
        abstract = True

    @cached_property
    def scope(self) -> Scope:
        """Made once for each gateway that is read. Wants `managing_points__destination` prefetched where it is hot."""
        points = [point.destination for point in self.managing_points.all()]
        tags = [place for place in points if place.kind == TAG]
        return Scope(
            points=frozenset(place.pk for place in points if place.kind != TAG),
            tag_points=folded(name for tag in tags for name in (tag.name, tag.external_id)),
            excluded_tags=tuple(self.excluded_tags),
            channels=tuple(self.only_channels),
            senders=tuple(self.only_senders),
            brands=tuple(self.only_brands),
            languages=tuple(self.only_languages),
        )

    @property
    def teammate(self) -> messages.Teammate | None:
        """Who the agent is on the platform, None where nobody was chosen."""
        if not self.teammate_id:
            return None
        return messages.Teammate(self.teammate_id, self.teammate_name, avatar=self.teammate_avatar)

    def know_teammate(self) -> None:
        """Fill in name and picture of the chosen teammate from what was read of the platform."""
        known = self.teammates.filter(external_id=self.teammate_id).first() if self.teammate_id and self.pk else None
        self.teammate_avatar = known.avatar if known else ""
        if known or not self.teammate_id:
            self.teammate_name = known.name if known else ""


class Teammate(models.Model):
    """A user of the platform, as read from it: to choose from, and to name."""

    gateway: Any = models.ForeignKey("gateways.Gateway", on_delete=models.CASCADE, related_name="teammates")
    external_id = models.CharField(max_length=200, help_text="The platform's id.")
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    avatar = models.URLField(max_length=500, blank=True)
    refreshed_at = models.DateTimeField()
    gone = models.BooleanField(default=False, help_text="The platform doesn't list them any more.")

    class Meta:
        ordering = ("gone", "name", "external_id")
        constraints = [models.UniqueConstraint(fields=["gateway", "external_id"], name="teammate_once_per_gateway")]

    def __str__(self) -> str:
        return self.name or self.email or self.external_id
