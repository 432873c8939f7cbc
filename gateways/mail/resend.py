"""Resend's API: mails sent and received over HTTP. Version 1.5.0 of its description, https://resend.com/docs

In:  GET /emails/receiving lists what has arrived, newest first; the webhook `email.received` has no text in it.
Out: POST /emails with Idempotency-Key.
Webhooks are signed by Svix: https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from agents.http import Http, HttpError, Response
from gateways.answers import problem, unanswered
from gateways.bodies import Data, read_id, read_object, read_time
from gateways.errors import DeliveryError, Failure, Malformed
from gateways.mail import headers, html
from gateways.mail.compose import Letter, automatic_headers, bodies, mailbox, subject, thread_headers
from gateways.mail.enclosed import File
from gateways.mail.headers import Party
from gateways.mail.read import LONGEST_TEXT, Mail
from gateways.messages import Attachment

API = "https://api.resend.com"
PAGE = 50  # mails in a list
MOST_PAGES = 4
MOST_MAILS = 20  # fetched at once
LISTED, LOOKED_AT = 100, 5  # of the mails sent, the newest ones; and those of them that may be the one looked for
DOWNLOAD_HOSTS = (".resend.com", ".resend.app", ".cloudfront.net", ".amazonaws.com")  # where attachments lie


@dataclass(frozen=True, slots=True)
class Resend:
    http: Http
    api_key: str = field(repr=False)

    def send(self, letter: Letter, client_ref: str) -> str:
        """Resend's id of the mail. Raises DeliveryError."""
        answer = self._post("/emails", _body(letter), {"Idempotency-Key": client_ref})
        try:
            return read_id(read_object(answer.body), "id")
        except Malformed:
            return ""

    def find(self, letter: Letter) -> str:
        """Resend's id of the letter, "" if it is not among the last mails that were sent. Raises DeliveryError.

        What can be read back has neither our headers nor the key; so our Message-ID also stands in the HTML, unseen.
        """
        rows = read_object(self._get(f"/emails?limit={LISTED}").body).get("data")
        listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        same = [row for row in listed if letter.to.address in _addresses(row) and row.get("subject") == subject(letter)]
        for email_id in filter(None, (read_id(row, "id") for row in same[:LOOKED_AT])):
            whole = read_object(self._get(f"/emails/{quote(email_id, safe='')}").body)
            if _mark(letter) in str(whole.get("html") or ""):
                return email_id
        return ""

    def received(self, cursor: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The mails since the cursor, oldest first, and the next cursor. The first time: none. Raises DeliveryError."""
        if not cursor:
            page = self._page("")
            newest = max(page, key=lambda row: _time(row.get("created_at")), default={})
            return [], {"at": newest.get("created_at", ""), "ids": [row["id"] for row in page]}
        known = set(cursor["ids"])
        rows = [row for row in self._since(str(cursor["at"])) if row["id"] not in known]
        rows = sorted(rows, key=lambda row: (_time(row.get("created_at")), row["id"]))[:MOST_MAILS]
        mails = [self.mail(row["id"]) for row in rows]
        ids = [*cursor["ids"], *(row["id"] for row in rows)][-PAGE * MOST_PAGES :]
        return mails, {"at": rows[-1].get("created_at") if rows else cursor["at"], "ids": ids}

    def mail(self, email_id: str) -> dict[str, Any]:
        return read_object(self._get(f"/emails/receiving/{quote(email_id, safe='')}").body)

    def attachment(self, reference: str) -> bytes:
        """The bytes of `mail id/attachment id`. Raises DeliveryError."""
        email_id, _, attachment_id = reference.partition("/")
        path = f"/emails/receiving/{quote(email_id, safe='')}/attachments/{quote(attachment_id, safe='')}"
        url = str(read_object(self._get(path).body).get("download_url", ""))
        if urlsplit(url).scheme != "https" or not str(urlsplit(url).hostname).endswith(DOWNLOAD_HOSTS):
            raise DeliveryError(Failure.REJECTED, "Resend names no address of its own to fetch the attachment from.")
        return self._answered(self.http, "GET", url, max_bytes=30_000_000).body

    def check(self) -> str:
        """What the key may do, in a sentence. Raises DeliveryError."""
        try:
            self._get("/emails/receiving?limit=1")
        except DeliveryError as error:
            if error.vendor_code == "restricted_api_key":
                return "The key can send, and nothing else."
            raise
        return "The key can send and receive."

    def _since(self, at: str) -> Iterator[dict[str, Any]]:
        after = ""
        for _ in range(MOST_PAGES):
            page = self._page(after)
            yield from (row for row in page if not at or _time(row.get("created_at")) >= _time(at))
            if len(page) < PAGE or (at and _time(page[-1].get("created_at")) < _time(at)):
                return
            after = str(page[-1]["id"])

    def _page(self, after: str) -> list[dict[str, Any]]:
        query = {"limit": str(PAGE), **({"after": after} if after else {})}
        rows = read_object(self._get(f"/emails/receiving?{urlencode(query)}").body).get("data")
        found = rows if isinstance(rows, list) else []
        return [row for row in found if isinstance(row, dict) and row.get("id")]

    def _get(self, path: str) -> Response:
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return self._answered(self.http, "GET", API + path, headers=headers, max_bytes=10_000_000)

    def _post(self, path: str, body: Mapping[str, Any], extra: Mapping[str, str]) -> Response:
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json", **extra}
        return self._answered(self.http, "POST", API + path, headers=headers, body=json.dumps(body).encode())

    @staticmethod
    def _answered(http: Http, method: str, url: str, **options: Any) -> Response:
        try:
            answer = http.request(method, url, **options)
        except HttpError as error:
            raise unanswered(error) from error
        if refusal := _refusal(answer):
            raise refusal
        return answer


def _refusal(answer: Response) -> DeliveryError | None:
    """Errors have a name: https://resend.com/docs/api-reference/errors"""
    refusal = problem(answer)
    if refusal is None:
        return None
    try:
        name = read_id(read_object(answer.body), "name")
    except Malformed:
        name = ""
    if name in ("daily_quota_exceeded", "monthly_quota_exceeded"):
        return DeliveryError(
            Failure.CREDENTIALS, f"Resend says {name}: the account's plan is used up.", vendor_code=name
        )
    if name == "concurrent_idempotent_requests":
        return DeliveryError(Failure.UNREACHABLE, "Resend is still working on our first attempt.", vendor_code=name)
    if name == "invalid_idempotent_request":
        public = "Resend has had another mail with this key: an earlier attempt at it may have arrived."
        return DeliveryError(Failure.UNKNOWN, public, vendor_code=name)
    words = refusal.public.replace("The URL", "Resend")
    code = name or refusal.vendor_code
    return DeliveryError(refusal.failure, words, retry_after=refusal.retry_after, vendor_code=code)


# --- Out --------------------------------------------------------------------------------------------------------------


def _body(letter: Letter) -> dict[str, Any]:
    """Resend gives each mail a Message-ID of its own. So ours goes into References, which answers bring back."""
    ids, (plain, rich) = thread_headers(letter), bodies(letter)
    ours = ids.pop("Message-ID")
    ids["References"] = " ".join([*ids.get("References", "").split(), ours])
    body: dict[str, Any] = {
        "from": mailbox(letter.sender),
        "to": [mailbox(letter.to)],
        "subject": subject(letter),
        "text": plain,
        "html": rich.replace("<head>", f"<head>{_mark(letter)}", 1),
        "headers": {**ids, **automatic_headers(letter.automatic)},
    }
    if letter.files:
        body["attachments"] = [_file(file) for file in letter.files]
    if letter.cc:
        body["cc"] = [mailbox(party) for party in letter.cc]
    if letter.reply_to:
        body["reply_to"] = [letter.reply_to]
    return body


def _mark(letter: Letter) -> str:
    return f'<meta name="message-id" content="{letter.message_id.strip("<>")}">'


def _addresses(row: Data) -> set[str]:
    return {party.address for party in headers.parties(_strings(row, "to"))}


def _file(file: File) -> dict[str, str]:
    content = base64.b64encode(file.content).decode()
    told = {"filename": file.name, "content": content, "content_type": file.kind}
    return {**told, "content_id": file.content_id} if file.content_id else told


# --- In ---------------------------------------------------------------------------------------------------------------


def mail_of(data: Data) -> Mail:
    """A received mail as the API describes it. Raises Malformed."""
    given = data.get("headers")
    rows = [
        (str(name).lower(), str(one))
        for name, value in (given.items() if isinstance(given, dict) else ())
        for one in (value if isinstance(value, list) else [value])
    ]

    def every(name: str) -> list[str]:
        return [value for known, value in rows if known == name]

    ids = headers.message_ids([str(data.get("message_id") or ""), *every("message-id")])
    senders = headers.parties([*every("from"), str(data.get("from") or "")])
    return Mail(
        message_id=ids[0] if ids else "",
        sender=senders[0] if senders else Party(""),
        to=headers.parties(_strings(data, "to")),
        cc=headers.parties(_strings(data, "cc")),
        reply_to=headers.parties(_strings(data, "reply_to")),
        subject=headers.text(str(data.get("subject") or "")),
        at=headers.moment(next(iter(every("date")), "")) or read_time(data, "created_at"),
        references=headers.message_ids([*every("references"), *every("in-reply-to")]),
        headers=tuple(rows),
        text=_text(data)[:LONGEST_TEXT],
        content_type=headers.text(next(iter(every("content-type")), "")).partition(";")[0].strip().lower(),
        attachments=tuple(_attachments(data)),
    )


def _text(data: Data) -> str:
    plain, rich = data.get("text"), data.get("html")
    if isinstance(plain, str) and plain.strip():
        return plain.replace("\r\n", "\n")
    return html.to_text(rich) if isinstance(rich, str) else ""


def _attachments(data: Data) -> Iterator[Attachment]:
    rows = data.get("attachments")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and (attachment_id := read_id(row, "id")):
            size = row.get("size")
            yield Attachment(
                name=headers.text(str(row.get("filename") or "attachment"))[:150],
                content_type=str(row.get("content_type") or "application/octet-stream")[:100],
                size=size if isinstance(size, int) else None,
                reference=f"{read_id(data, 'id')}/{attachment_id}",
                inline=row.get("content_disposition") == "inline",
            )


def _strings(data: Data, name: str) -> list[str]:
    value = data.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _time(value: object) -> datetime:
    """A moment that Resend tells; far ahead for what can't be read, so that the mail is taken and not lost."""
    try:
        return read_time({"at": str(value).replace(" ", "T")}, "at") or datetime.max.replace(tzinfo=UTC)
    except Malformed:
        return datetime.max.replace(tzinfo=UTC)
