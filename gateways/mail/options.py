"""What an email gateway is configured with, and the servers that follow from it."""

import re
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateways import signatures
from gateways.config import option
from gateways.errors import ConfigError, DeliveryError, Failure
from gateways.mail import headers, oauth
from gateways.mail.logins import NONE, STARTTLS, TLS, Login, OAuth, Password, Server

IMAP, SMTP, RESEND, NOTHING = "imap", "smtp", "resend", "nothing"
NO_COPIES, BY_SERVER, BY_US = "none", "server", "us"
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
    parts = urlsplit(value) if re.fullmatch(r"https?://[^\s/@?#]+(/\S*)?", value) else None
    if parts and (parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost")):
        return ""
    return "Give a whole address that begins with https://, like https://login.example.com/token."


def _check_team(value: str) -> str:
    wrong = [one for one in _split(value) if not re.fullmatch(r"[^@\s]*@[\w.-]+", one)]
    return f"“{wrong[0][:60]}” is neither an address nor a domain like @example.com." if wrong else ""


def _check_line(value: str) -> str:
    return "" if value.isprintable() else "This must be one line."


def _check_tenant(value: str) -> str:
    return "" if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", value) else "Give the tenant's id or one of its domains."


def _check_authority(value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError):
        return (
            "Paste certificates in PEM: what stands from “-----BEGIN CERTIFICATE-----” to “-----END CERTIFICATE-----”."
        )
    return ""


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
        "(https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040), which wants “sign in” microsoft.",
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
    sent_copies: str = option(
        "Copies of what we send",
        "“server”: the mail server itself files what it sends for us in the sent folder, as Gmail and Microsoft 365 "
        "do. Then a mail whose sending broke off is looked for there, and sent again if it isn't there. “us”: we put "
        "a copy there, or under “Sent”. “none”: there are no copies.",
        default=NO_COPIES,
        choices=(NO_COPIES, BY_SERVER, BY_US),
    )
    mark_read: bool = option(
        "Mark as read", "Mark what was taken in as read. Otherwise it stays as it is.", default=False
    )
    smtp_host: str = option(
        "SMTP server",
        "Gmail: smtp.gmail.com. Microsoft 365: smtp.office365.com, port 587, starttls; its mailbox needs authenticated "
        "SMTP switched on "
        "(https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission).",
        default="",
        check=_check_host,
    )
    smtp_port: int = option("SMTP port", "465 with TLS, 587 with starttls.", default=465, check=_check_port)
    smtp_security: str = option("SMTP security", SECURITY_HELP, default=TLS, choices=SECURITY)
    smtp_user: str = option("SMTP user", "Empty for the address.", default="", check=_check_line)
    smtp_password: str = option(
        "SMTP password", "Empty for that of IMAP. If neither is set, there is no login.", default="", secret=True
    )
    authority: str = option(
        "CA certificate",
        "Only for servers with a certificate of your own authority: that authority's certificate, in PEM.",
        default="",
        multiline=True,
        check=_check_authority,
    )
    sign_in: str = option(
        "Sign in",
        "With the passwords above, or with OAuth 2 at Google, at Microsoft, which takes no passwords for mailboxes any "
        "more, or at another provider. With OAuth, save the gateway and then press “Connect with Email”.",
        default=oauth.PASSWORD,
        choices=(oauth.PASSWORD, oauth.GOOGLE, oauth.MICROSOFT, oauth.OTHER),
    )
    oauth_client_id: str = option(
        "OAuth client id",
        "Of the application that you register with the provider, with the redirect address of this site. Google: "
        "https://console.cloud.google.com/apis/credentials, type “Web application”. Microsoft: "
        "https://entra.microsoft.com, “App registrations”, with the permissions IMAP.AccessAsUser.All and SMTP.Send "
        "(https://learn.microsoft.com/entra/identity-platform/quickstart-register-app).",
        default="",
    )
    oauth_client_secret: str = option(
        "OAuth client secret", "The application's secret: its value, not its id.", default="", secret=True
    )
    oauth_tenant: str = option(
        "Microsoft tenant",
        "The id of your directory, or a domain of it. “organizations” will do for an application of several tenants.",
        default="organizations",
        check=_check_tenant,
    )
    oauth_application: bool = option(
        "Application speaks for itself",
        "Client credentials: nobody authorises; an administrator has granted the application IMAP.AccessAsApp and "
        "SMTP.SendAsApp and the mailbox "
        "(https://learn.microsoft.com/exchange/client-developer/legacy-protocols/"
        "how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth).",
        default=False,
    )
    oauth_authorize_url: str = option(
        "OAuth authorize URL",
        "Of another provider: where the mailbox's owner lets us in.",
        default="",
        check=_check_url,
    )
    oauth_token_url: str = option(
        "OAuth token URL", "Of another provider: where tokens are got.", default="", check=_check_url
    )
    oauth_scope: str = option(
        "OAuth scope", "Of another provider; with Google and Microsoft, empty for the usual one.", default=""
    )
    oauth_refresh_token: str = option(
        "OAuth refresh token",
        "Comes by itself with “Connect with Email”; or one that you have already.",
        default="",
        secret=True,
    )
    resend_api_key: str = option(
        "Resend API key",
        "From https://resend.com/api-keys; with full access, if mail is received. The address's domain has to be "
        "verified (https://resend.com/domains); to receive, its MX record points to Resend "
        "(https://resend.com/docs/dashboard/receiving/introduction).",
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

    def is_own(self, address: str) -> bool:
        """Whether it is our address, or one of our marks."""
        local, _, domain = self.own.partition("@")
        return address == self.own or (address.startswith(f"{local}+") and address.endswith(f"@{domain}"))

    def is_team(self, address: str) -> bool:
        return any(address == one or (one[0] == "@" and address.endswith(one)) for one in _split(self.team))

    @property
    def provider(self) -> oauth.Provider | None:
        """The vendor that we sign in at with OAuth; None for passwords and for any other."""
        return oauth.PROVIDERS.get(self.sign_in)

    @property
    def has_sent_mail(self) -> bool:
        """Whether what we send by SMTP can be found in a folder, and what isn't there wasn't sent."""
        there = self.send == SMTP and bool(self.sent_folder) and bool(self.imap_host or self.provider)
        return there and self.sent_copies == BY_SERVER

    @property
    def receives_by_imap(self) -> bool:
        return self.receive == IMAP and bool(self.imap_host or self.provider)

    def imap(self, token: str = "") -> Server:
        """Raises DeliveryError where something is missing."""
        user = self.imap_user or self.address
        login = self._oauth(user, token) or Password(user, self.imap_password)
        if self.provider and not self.imap_host:
            return Server(*self.provider.imap, login, self.authority)
        host = _needed(self.imap_host, "IMAP server")
        return Server(host, self.imap_port, self.imap_security, login, self.authority)

    def smtp(self, token: str = "") -> Server:
        """Raises DeliveryError where something is missing."""
        user = self.smtp_user or self.address
        password = self.smtp_password or self.imap_password
        login: Login | None = self._oauth(user, token) or (Password(user, password) if password else None)
        if self.provider and not self.smtp_host:
            return Server(*self.provider.smtp, login, self.authority)
        host = _needed(self.smtp_host, "SMTP server")
        return Server(host, self.smtp_port, self.smtp_security, login, self.authority)

    def _oauth(self, user: str, token: str) -> OAuth | None:
        if self.sign_in == oauth.PASSWORD:
            return None
        if not token:
            raise DeliveryError(Failure.CREDENTIALS, f"The mailbox isn't authorised yet. {oauth.CONNECT}")
        return OAuth(user, token)

    def client(self) -> oauth.Client:
        """Our application at the provider. Raises ConfigError naming what is missing."""
        ours = self.provider
        authorize_url = ours.authorize_url if ours else self.oauth_authorize_url
        token_url = ours.token_url if ours else self.oauth_token_url
        needed = {"oauth_client_id": self.oauth_client_id, "oauth_token_url": token_url}
        if not self.oauth_application:
            needed["oauth_authorize_url"] = authorize_url
        if missing := {name: "OAuth needs this." for name, value in needed.items() if not value}:
            raise ConfigError(missing)
        usual = (ours.app_scope if self.oauth_application else ours.scope) if ours else ""
        return oauth.Client(
            authorize_url=authorize_url.replace("{tenant}", self.oauth_tenant),
            token_url=token_url.replace("{tenant}", self.oauth_tenant),
            client_id=self.oauth_client_id,
            client_secret=self.oauth_client_secret,
            scope=self.oauth_scope or usual,
            hint=self.imap_user or self.address,
            extra=ours.extra if ours else {},
        )


def _needed(value: str, label: str) -> str:
    if not value:
        raise DeliveryError(Failure.CREDENTIALS, f"This gateway has no {label}. Set it in its options.")
    return value
