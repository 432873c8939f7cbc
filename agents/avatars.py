"""The picture beside an agent's messages: checked by its own bytes, kept in the database, shown by an address.

Kinds that can hold scripts, such as SVG, aren't taken.
"""

import hashlib
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from agents.models import Agent, Avatar

LARGEST = 200 * 1024  # bytes
SIGNATURES = (  # https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
KINDS = frozenset({kind for _, kind in SIGNATURES} | {"image/webp"})


def kind_of(image: bytes) -> str:
    """Its media type, "" for anything that isn't taken."""
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in SIGNATURES if image.startswith(signature)), "")


def problem(image: bytes) -> str:
    """Why the image won't do, as a sentence; "" when it does."""
    if len(image) > LARGEST:
        return f"The picture is larger than {LARGEST // 1024} kB. A square of 128 pixels is enough."
    return "" if kind_of(image) else "Give a picture in PNG, JPEG, GIF or WebP."


def keep(agent: Agent, image: bytes) -> Avatar:
    """In place of the one that there was."""
    digest = hashlib.sha256(image).hexdigest()[:16]
    fields = {"image": image, "kind": kind_of(image), "digest": digest}
    return Avatar.objects.update_or_create(agent=agent, defaults=fields)[0]


def remove(agent: Agent) -> None:
    Avatar.objects.filter(agent=agent).delete()


def address(agent: Agent) -> str:
    """Where browsers find the agent's picture; "" when it has none. One query."""
    digest = Avatar.objects.filter(agent=agent).values_list("digest", flat=True).first()
    return reverse("avatar", args=[agent.pk, digest]) if digest else agent.avatar_url


def public_address(agent: Agent) -> str:
    """Where anybody finds it, us or another site; "" when there is none. One query."""
    found = address(agent)
    return f"{settings.PUBLIC_URL}{found}" if found.startswith("/") else found


def origin(url: str) -> str:
    """The site of an address elsewhere, as a source of a Content-Security-Policy; "" for one of our own."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
