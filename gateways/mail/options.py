"""What an email gateway is configured with, and the servers that follow from it."""

import re
from dataclasses import dataclass

from gateways import signatures
from gateways.config import option
from gateways.errors import DeliveryError, Failure
from gateways.mail import headers
from gateways.mail.logins import Login, OAuth, Password
from gateways.mail.smtp import NONE, STARTTLS, TLS, Server

IMAP, SMTP, RESEND, NOTHING = "imap", "smtp", "resend", "nothing"
SECURITY = (TLS, STARTTLS, NONE)
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?")


def _check_address(value: str) -> str:
    if headers.ADDRESS.fullmatch(value) and value.isascii():
        return ""
    return "Give one address like support@example.com."


def _check_host(value: str) -> str:
    return "" if HOST.fullmatch(value) else "Give the name of a server like imap.example.com, without a port."


def _check_port(value: int) -> str:
    return "" if 0 < value < 65536 else "A port is a number from 1 to 65535."


def _check_url(value: str) -> str:
    if re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value):
        return ""
    return "Give a whole address like https://oauth2.googleapis.com/token."


def _check_team(value: str) -> str:
    wrong = [one for one in _split(value) if not re.fullmatch(r"[^@\s]*@[\w.-]+", one)]
    return f"“{wrong[0][:60]}” is neither an address nor a domain like @example.com." if wrong else ""


def _check_line(value: str) -> str:
    return "" if value.isprintable() else "This must be one line."


def _check_webhook_secret(value: str) -> str:
    if signatures.check_secret(value):
        return "Copy it from Resend: “whsec_” and letters and digits after that."
    return ""


def _split(value: str) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", value.strip().lower()) if one]


SECURITY_HELP = "“tls” from the first byte, “starttls”, or “none”, which only a server on the same network deserves."


@dataclass(frozen=True, slots=True)
class Config:
    address: str = option("Address", "Customers write to it, and our answers come from it.", check=_check_address)
    signing_key: str = option(
        "Key of the marks",
        "Signs the marks by which answers find their conversation. With a new one, answers to older mails begin new "
        "conversations.",
        secret=True,
        check=signatures.check_secret,
        generate=signatures.new_secret,
    )
    name: str = option(
        "Name",
        "What customers see beside the address. Empty for the agent's or the person's name.",
        default="",
        check=_check_line,
    )
    receive: str = option(
        "Receive",
        "How mail comes in: from a mailbox by IMAP, or from Resend.",
        default=IMAP,
        choices=(IMAP, RESEND, NOTHING),
    )
    send: str = option("Send", "How mail goes out.", default=SMTP, choices=(SMTP, RESEND))
    imap_host: str = option(
        "IMAP server",
        "Gmail: imap.gmail.com (https://support.google.com/mail/answer/7126229). Microsoft 365: outlook.office365.com "
        "(https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040).",
        default="",
        check=_check_host,
    )
    imap_port: int = option("IMAP port", "993 with TLS, else 143.", default=993, check=_check_port)
    imap_security: str = option("IMAP security", SECURITY_HELP, default=TLS, choices=SECURITY)
    imap_user: str = option("IMAP user", "Empty for the address.", default="", check=_check_line)
    imap_password: str = option(
        "IMAP password",
        "Of the mailbox; Gmail wants an app password (https://support.google.com/accounts/answer/185833). Not needed "
        "with OAuth.",
        default="",
        secret=True,
    )
    folder: str = option("Folder", "The folder that is read.", default="INBOX", check=_check_line)
    sent_folder: str = option(
        "Sent folder",
        "If people answer from a mail program too, the folder where their answers lie, like “Sent” or "
        "“[Gmail]/Sent Mail”. Then the agent leaves those conversations to them.",
        default="",
        check=_check_line,
    )
    mark_read: bool = option(
        "Mark as read", "Mark what was taken in as read. Otherwise it stays as it is.", default=False
    )
    smtp_host: str = option(
        "SMTP server",
        "Gmail: smtp.gmail.com. Microsoft 365: smtp.office365.com, port 587, starttls.",
        default="",
        check=_check_host,
    )
    smtp_port: int = option("SMTP port", "465 with TLS, 587 with starttls.", default=465, check=_check_port)
    smtp_security: str = option("SMTP security", SECURITY_HELP, default=TLS, choices=SECURITY)
    smtp_user: str = option("SMTP user", "Empty for the address.", default="", check=_check_line)
    smtp_password: str = option(
        "SMTP password", "Empty for that of IMAP. If neither is set, there is no login.", default="", secret=True
    )
    oauth_token_url: str = option(
        "OAuth token URL",
        "To sign in with OAuth2 in place of passwords. Google: https://oauth2.googleapis.com/token; Microsoft: "
        "https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token.",
        default="",
        check=_check_url,
    )
    oauth_client_id: str = option("OAuth client id", "Of the application that you registered.", default="")
    oauth_client_secret: str = option("OAuth client secret", "Its secret.", default="", secret=True)
    oauth_refresh_token: str = option(
        "OAuth refresh token",
        "Got when the mailbox's owner authorised the application. Empty if the application speaks for itself "
        "(client credentials, Microsoft 365).",
        default="",
        secret=True,
    )
    oauth_scope: str = option(
        "OAuth scope", "Only where the server wants one, like https://outlook.office365.com/.default.", default=""
    )
    resend_api_key: str = option(
        "Resend API key",
        "From https://resend.com/api-keys; with full access, if mail is received.",
        default="",
        secret=True,
    )
    resend_webhook_secret: str = option(
        "Resend webhook secret",
        "From https://resend.com/webhooks, for a webhook to the address above that tells of bounces.",
        default="",
        secret=True,
        check=_check_webhook_secret,
    )
    plus_addressing: bool = option(
        "Plus addresses",
        "Mail to support+anything@ arrives as well, as with Gmail, Microsoft 365, Fastmail and Resend. Answers then "
        "find their conversation even where a mail program drops the references.",
        default=False,
    )
    authserv_id: str = option(
        "Authentication server",
        "The name that your own mail server begins its Authentication-Results headers with, like mx.google.com. With "
        "it, senders that passed DMARC or DKIM are believed: a customer's second mail joins the first, and your "
        "team's mails count as theirs. Without it, only marks of ours join mails.",
        default="",
        check=_check_line,
    )
    team: str = option(
        "Team",
        "Addresses and domains of your own people, like @example.com, separated by commas. What they write into a "
        "conversation is an answer. Needs the authentication server.",
        default="",
        check=_check_team,
    )

    @property
    def own(self) -> str:
        return self.address.lower()

    def is_team(self, address: str) -> bool:
        return any(address == one or (one[0] == "@" and address.endswith(one)) for one in _split(self.team))

    def imap(self) -> Server:
        """Raises DeliveryError where something is missing."""
        user = self.imap_user or self.address
        login = self._oauth(user) or Password(user, self.imap_password)
        return Server(_needed(self.imap_host, "IMAP server"), self.imap_port, self.imap_security, login)

    def smtp(self) -> Server:
        """Raises DeliveryError where something is missing."""
        user = self.smtp_user or self.address
        password = self.smtp_password or self.imap_password
        login: Login | None = self._oauth(user) or (Password(user, password) if password else None)
        return Server(_needed(self.smtp_host, "SMTP server"), self.smtp_port, self.smtp_security, login)

    def _oauth(self, user: str) -> OAuth | None:
        if not self.oauth_token_url:
            return None
        return OAuth(
            user=user,
            token_url=self.oauth_token_url,
            client_id=_needed(self.oauth_client_id, "OAuth client id"),
            client_secret=self.oauth_client_secret,
            refresh_token=self.oauth_refresh_token,
            scope=self.oauth_scope,
        )


def _needed(value: str, label: str) -> str:
    if not value:
        raise DeliveryError(Failure.CREDENTIALS, f"This gateway has no {label}. Set it in its options.")
    return value
