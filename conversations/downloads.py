"""Give somebody a file that somebody else sent, in a way in which it can do nothing to them.

It is only ever saved, never shown: a stranger's HTML or SVG on our own address could act as whoever looks at it.
"""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from conversations.files import Attachment
from conversations.models import Conversation

# What programs may open by its type once it is saved; anything else is just bytes.
KNOWN = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "audio/ogg", "audio/mpeg")
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def download(conversation: Conversation, number: int) -> HttpResponse:
    """The attachment of this number in this conversation. Raises Http404, also for one that isn't kept."""
    kept = Attachment.objects.select_related("file").filter(message__conversation=conversation, pk=number)
    attachment = kept.exclude(file=None).first()
    if attachment is None or attachment.file is None:
        raise Http404("There is no such file.")
    kind = attachment.content_type if attachment.content_type in KNOWN else "application/octet-stream"
    response = HttpResponse(bytes(attachment.file.content), content_type=kind, headers=HEADERS)
    response["Content-Disposition"] = content_disposition_header(True, attachment.name) or "attachment"
    return response
