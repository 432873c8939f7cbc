"""The page of one conversation in admin: read it, keep it fresh, act on it.

Every act goes through `handover.desk`, like the API's. A form carries a token that is used up together with the act,
so that a second copy of the same form finds it done.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import quote_etag

from agents.admin_parts import shown_once
from contacts import remember
from contacts.models import Memory
from conversations import enclose, events, outbox
from conversations.downloads import download
from conversations.lock import locked
from conversations.models import ActionRequest, Conversation, Delivery, Draft
from conversations.quiet import quiet
from gateways.base import Files
from gateways.messages import Attachment
from gateways.models import Destination
from handover import desk, transcript
from handover.widget import links

USED = "desk_tokens_used"
NAMELESS = "Support"  # who has no name of their own for customers
REMEMBERED = 100  # tokens in a session
TEMPLATE = "admin/conversations/conversation/transcript.html"
FRESH = "admin/conversations/conversation/live.html"

Admin = ModelAdmin[Conversation]


def show(admin: Admin, request: HttpRequest, pk: int, *, typed: str = "", status: int = 200) -> HttpResponse:
    """The whole page. `typed` is the text of an act that couldn't be done."""
    conversation = _readable(admin, request, pk)
    context = {
        **admin.admin_site.each_context(request),
        **_context(admin, request, conversation),
        "opts": admin.opts,
        "title": str(conversation.identity.contact),
        "has_delete_permission": admin.has_delete_permission(request, conversation),
        **_typed(request, conversation, typed),
    }
    return TemplateResponse(request, TEMPLATE, context, status=status)


def fresh(admin: Admin, request: HttpRequest, pk: int) -> HttpResponse:
    """The parts of the page that change by themselves, or 304 while they haven't."""
    conversation = _readable(admin, request, pk)
    # A proxy that compresses marks the tag as weak.
    if request.headers.get("If-None-Match", "").removeprefix("W/") == _tag(request, conversation):
        return HttpResponseNotModified()
    context = _context(admin, request, conversation)
    return TemplateResponse(request, FRESH, context, headers={"ETag": context["tag"]})


def file(admin: Admin, request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A file that came with one of the conversation's messages, to be saved."""
    return download(_readable(admin, request, pk), number)


def act(admin: Admin, request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one of ACTS, then show the page; where it can't be done, say why and keep what was typed."""
    conversation = _readable(admin, request, pk)
    if not admin.has_change_permission(request, conversation):
        raise PermissionDenied
    try:
        done = _once(request, conversation, lambda: ACTS[name](request, conversation))
    except desk.DeskError as error:
        messages.error(request, error.public)
        return show(admin, request, pk, status=409, typed=request.POST.get("text", ""))
    if not done:
        messages.info(request, "This was done already; it wasn’t done twice.")
    return HttpResponseRedirect(reverse("admin:conversations_conversation_change", args=[pk]))


def widget_link(admin: Admin, request: HttpRequest, pk: int) -> HttpResponse:
    """A link to the side panel, for whoever is signed in, shown this once."""
    conversation = _readable(admin, request, pk)
    who = _who(request)["author"]
    url, opened = links.make(pk, who, may_act=admin.has_change_permission(request, conversation))
    events.widget_link(conversation, who, opened.may_act, who)
    here = reverse("admin:conversations_conversation_change", args=[pk])
    title = f"Side panel of “{conversation.identity.contact}”"
    return shown_once(request, admin.admin_site, title, {"Link, for 12 hours": url}, here)


def _readable(admin: Admin, request: HttpRequest, pk: int) -> Conversation:
    found = Conversation.objects.select_related("gateway__agent", "identity__contact", "assignee", "destination")
    conversation = get_object_or_404(found, pk=pk)
    if not admin.has_view_or_change_permission(request, conversation):
        raise PermissionDenied
    return conversation


def _context(admin: Admin, request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    return {
        "tag": _tag(request, conversation),  # before reading: what changes meanwhile is then seen the next time
        "conversation": conversation,
        "transcript": transcript.read(conversation, request.user.pk, request.GET.get("all") == "yes"),
        "everything": request.GET.get("all") == "yes",
        "may_act": admin.has_change_permission(request, conversation),
        "takes_files": outbox.capabilities(conversation).files is not Files.NONE,
        "token": secrets.token_urlsafe(16),
    }


def _typed(request: HttpRequest, conversation: Conversation, typed: str) -> dict[str, Any]:
    """What stands in the box to write in: what couldn't be sent, or the draft that is to be edited."""
    number = request.POST.get("draft") or request.GET.get("edit", "")
    found = conversation.drafts.filter(pk=number if number.isdecimal() else 0, state=Draft.State.PENDING)
    draft = found.select_related("message").first() if number else None
    return {"editing": draft, "typed": typed or (draft.message.text if draft else "")}


def _tag(request: HttpRequest, conversation: Conversation) -> str:
    return quote_etag(transcript.fingerprint(conversation, request.user.pk))


def _once(request: HttpRequest, conversation: Conversation, do: Callable[[], object]) -> bool:
    """Do it unless the form's token has been used up; both in one transaction, with the conversation locked.

    The session is read afresh inside the lock: two copies of a form that arrive together loaded it before either.
    """
    token = request.POST.get("token", "")
    if not token:
        raise desk.DeskError("The form was incomplete. Please try again.")
    quiet(conversation.pk)  # here, because it has to be outside of the transaction
    with locked(conversation.pk):
        session = type(request.session)(request.session.session_key)
        used: list[str] = session.get(USED, [])
        if token in used:
            return False
        do()
        session[USED] = request.session[USED] = [*used, token][-REMEMBERED:]
        session.save()
    return True


# --- What can be done -------------------------------------------------------------------------------------------------


def _who(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    assert isinstance(user, AbstractUser)  # noqa: S101  # admin_view lets nobody else in
    return {"user": user, "author": user.get_full_name() or user.get_username()}


def _reply(request: HttpRequest, conversation: Conversation) -> object:
    """The customer sees a name, never the one that somebody signs in with."""
    user = _who(request)["user"]
    author = user.get_full_name() or NAMELESS
    text, files = request.POST.get("text", ""), _files(request)
    return desk.reply(conversation.pk, user=user, author=author, text=text, files=files)


def _files(request: HttpRequest) -> tuple[Attachment, ...]:
    try:
        return enclose.received(request.FILES.getlist("files"))
    except enclose.CantEnclose as error:
        raise desk.DeskError(error.public) from error


def _note(request: HttpRequest, conversation: Conversation) -> object:
    if request.FILES:
        raise desk.DeskError("A note has no files. Send them to the customer, or put a link to them into the note.")
    return desk.note(conversation.pk, **_who(request), text=request.POST.get("text", ""))


def _simply(do: str) -> Callable[[HttpRequest, Conversation], object]:
    return lambda request, conversation: getattr(desk, do)(conversation.pk, **_who(request))


def _hand_over(request: HttpRequest, conversation: Conversation) -> object:
    chosen = request.POST.get("destination", "")
    destination = None
    if chosen:
        number = int(chosen) if chosen.isdecimal() else 0
        destination = Destination.objects.filter(gateway=conversation.gateway, pk=number).first()
        if destination is None:
            raise desk.DeskError("There is no such destination any more. Choose another one.")
    return desk.hand_over(conversation.pk, **_who(request), destination=destination)


def _retry(request: HttpRequest, conversation: Conversation) -> object:
    chosen = request.POST.get("delivery", "")
    number = int(chosen) if chosen.isdecimal() else 0
    if not Delivery.objects.filter(pk=number, conversation=conversation).exists():
        raise desk.DeskError("There is no such delivery in this conversation.")
    return desk.retry(number, **_who(request))


def _decide_memory(state: Memory.State) -> Callable[[HttpRequest, Conversation], object]:
    def decide(request: HttpRequest, conversation: Conversation) -> object:
        chosen = request.POST.get("memory", "")
        number = int(chosen) if chosen.isdecimal() else 0
        memory = conversation.identity.contact.memories.filter(pk=number).first()
        if memory is None:
            raise desk.DeskError("This isn’t remembered any more.")
        remember.decide(memory, state, request.user)
        return memory

    return decide


def _decide_request(do: Callable[..., object]) -> Callable[[HttpRequest, Conversation], object]:
    def act(request: HttpRequest, conversation: Conversation) -> object:
        chosen = request.POST.get("request", "")
        number = int(chosen) if chosen.isdecimal() else 0
        if not ActionRequest.objects.filter(pk=number, conversation=conversation).exists():
            raise desk.DeskError("There is no such request in this conversation.")
        return do(number, **_who(request))

    return act


def _ask_for_draft(request: HttpRequest, conversation: Conversation) -> object:
    """What is in the box is what the draft is to be like."""
    return desk.ask_for_draft(conversation.pk, **_who(request), instruction=request.POST.get("text", ""))


def _send_draft(request: HttpRequest, conversation: Conversation) -> object:
    user = _who(request)["user"]
    who = {"user": user, "author": user.get_full_name() or NAMELESS}
    text, files = request.POST.get("text"), _files(request)
    return desk.send_draft(conversation.pk, **who, draft=_draft(request), text=text, files=files)


def _discard_draft(request: HttpRequest, conversation: Conversation) -> None:
    desk.discard_draft(conversation.pk, **_who(request), draft=_draft(request))


def _draft(request: HttpRequest) -> int:
    chosen = request.POST.get("draft", "")
    return int(chosen) if chosen.isdecimal() else 0


ACTS: Mapping[str, Callable[[HttpRequest, Conversation], object]] = {
    "reply": _reply,
    "note": _note,
    "hand_over": _hand_over,
    "take_over": _simply("take_over"),
    "give_back": _simply("give_back"),
    "suspend": _simply("suspend"),
    "close": _simply("close"),
    "retry": _retry,
    "keep": _decide_memory(Memory.State.KEPT),
    "forget": _decide_memory(Memory.State.REJECTED),
    "approve": _decide_request(desk.approve),
    "decline": _decide_request(desk.decline),
    "ask_for_draft": _ask_for_draft,
    "send_draft": _send_draft,
    "discard_draft": _discard_draft,
}
