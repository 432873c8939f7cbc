"""Admin pages as tests read them: which elements a page is made of, and rows with something nasty in every field."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.contrib.admin import site
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Action, Article
from contacts.models import Contact, Identity
from conversations.models import ActionRequest, Attempt, AuditEvent, Conversation, Delivery, Message, Turn
from gateways.models import Destination, Exchange, Gateway, InboundEvent, Receipt
from handover.models import Handover

NASTY = "<img src=x onerror=evil()><script>evil()</script>\"'><b id=evil>&lt;i id=evil&gt;{{ 7|add:7 }}"


@dataclass
class Elements(HTMLParser):
    """The elements of a page, and those among them that a strict Content-Security-Policy would refuse."""

    html: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        inline = [name for name in found if name == "style" or name.startswith("on")]
        remote = str(found.get("src") or found.get("href") or "").lower().startswith(("javascript:", "data:text"))
        if inline or remote or tag == "style" or (tag == "script" and not found.get("src")):
            self.refused.append(self.get_starttag_text() or tag)

    def ids(self) -> set[str]:
        return {str(found["id"]) for _, found in self.tags if "id" in found}

    def forms(self) -> set[str]:
        """Where the page's forms and buttons post to."""
        return {str(found[name]) for _, found in self.tags for name in ("action", "formaction") if found.get(name)}


def addresses(model: type[Model]) -> list[str]:
    """Every stock page of a model: its list, its form for a new row, and all pages of its first row."""
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    found = [reverse(f"{base}_changelist"), reverse(f"{base}_changelist") + "?q=a", reverse(f"{base}_add")]
    row = model._default_manager.order_by("pk").first()
    if row is not None:
        found += [reverse(f"{base}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    return found


def models() -> list[type[Model]]:
    return sorted(site._registry, key=lambda model: model._meta.label)


def get(client: Client, url: str) -> str:
    """The page, or "" where this user isn't let in."""
    response = client.get(url)
    assert response.status_code in (200, 403), (url, response.status_code)
    return response.content.decode() if response.status_code == 200 else ""


def conversation_of(gateway: Gateway, name: str = "Grace", thread: str = "t1", **fields: Any) -> Conversation:
    contact = Contact.objects.create(name=name, email=f"{thread}@example.com")
    identity = Identity.objects.create(contact=contact, gateway=gateway, external_id=thread)
    return Conversation.objects.create(gateway=gateway, identity=identity, external_id=thread, **fields)


def say(conversation: Conversation, text: str, author: str = "customer", **fields: Any) -> Message:
    conversation.last_seq += 1
    conversation.last_message_at = timezone.now()
    conversation.save()
    status = "received" if author == "customer" else "sent"
    return Message.objects.create(
        **{
            "conversation": conversation,
            "seq": conversation.last_seq,
            "author": author,
            "text": text,
            "status": status,
            **fields,
        }
    )


def nasty_rows(gateway: Gateway) -> Conversation:
    """A conversation in which everything that comes from outside is NASTY."""
    conversation = conversation_of(gateway, name=NASTY[:200], thread=NASTY, subject=NASTY, language="<b id=evil"[:10])
    Contact.objects.update(phone=NASTY[:40], email=f"{NASTY[:40]}@x.y")
    destination = Destination.objects.create(gateway=gateway, kind="inbox", external_id=NASTY, name=NASTY)
    article = Article.objects.create(agent=gateway.agent, title=NASTY, body=NASTY)
    turn = Turn.objects.create(
        conversation=conversation, epoch=1, state="done", outcome="replied", due_at=timezone.now(),
        answer_by=timezone.now(), error=NASTY, decision=_decision(article.pk),
    )  # fmt: skip
    other = Turn.objects.create(
        conversation=conversation, epoch=1, state="done", outcome="handed_over", due_at=timezone.now(),
        answer_by=timezone.now(), decision=_decision(article.pk),
    )  # fmt: skip
    said: dict[str, Any] = {"author_name": NASTY, "metadata": {NASTY: NASTY}, "external_id": NASTY}
    say(conversation, NASTY, **said)
    answer = say(conversation, NASTY + "\n\n[x](javascript:evil())", "agent", turn=turn, **said)
    say(conversation, NASTY, "human", **said)
    say(conversation, NASTY, "system", kind="note", **said)
    for message in (answer, None):
        delivery = Delivery.objects.create(
            conversation=conversation, message=message, kind="reply", payload={}, due_at=timezone.now(),
            status="failed", error=NASTY, external_id=NASTY,
        )  # fmt: skip
        Attempt.objects.create(delivery=delivery, outcome="rejected", detail=NASTY, vendor_code=NASTY[:60])
    for about in (turn, other, None):
        AuditEvent.objects.create(
            conversation=conversation, turn=about, kind="odd", why=NASTY, actor=NASTY, data={NASTY: NASTY}
        )
    Handover.objects.create(
        conversation=conversation, epoch=1, destination=destination, reason="r", why=NASTY, summary=NASTY
    )
    action = Action.objects.create(
        agent=gateway.agent, name=NASTY[:100], slug="nasty", description=NASTY, url="https://api.example.com/",
        headers={"X": NASTY}, query={NASTY: NASTY},
    )  # fmt: skip
    for state in ("waiting", "done"):
        ActionRequest.objects.create(
            conversation=conversation, action=action, slug=NASTY[:64], name=NASTY[:100], arguments=NASTY, state=state,
            says=NASTY, outputs=NASTY, decided_by_name=NASTY, due_at=timezone.now(), expires_at=timezone.now(),
        )  # fmt: skip
    receipt = Receipt.objects.create(
        gateway=gateway, body=NASTY.encode(), headers={NASTY: NASTY}, query={NASTY: NASTY}, status="failed",
        error=NASTY, outcome=NASTY,
    )  # fmt: skip
    InboundEvent.objects.create(
        gateway=gateway, receipt=receipt, key=NASTY, kind="CustomerSaid", verdict="ignored", why=NASTY
    )
    Exchange.objects.create(gateway=gateway, method="POST", url=NASTY, milliseconds=1, error=NASTY)
    Gateway.objects.filter(pk=gateway.pk).update(status="error", status_detail=NASTY)
    return conversation


def _decision(article_id: int) -> dict[str, Any]:
    evidence = [{"kind": "phrase", "name": NASTY, "score": 0.5, "quote": NASTY}]
    return {
        "why": NASTY,
        "reason": NASTY,
        "confidence": 0.5,
        "sub_agent": NASTY,
        "evidence": evidence,
        "articles": [article_id],
        "actions": [{"name": NASTY, "arguments": NASTY, "outcome": NASTY, "outputs": NASTY, "milliseconds": 1}],
    }
