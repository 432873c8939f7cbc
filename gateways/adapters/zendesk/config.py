"""What a Zendesk gateway is configured with, and the addresses that follow from it."""

import re
from dataclasses import dataclass

from gateways.config import is_base_address, option

API_TOKEN, OAUTH = "api_token", "oauth"
EVENTS, TRIGGERS = "events", "triggers"
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
PASTED = re.compile(r"(?:https?://)?([a-z0-9-]+)\.zendesk\.com(?:[/?#].*)?", re.IGNORECASE)


def _check_subdomain(value: str) -> str:
    if LABEL.fullmatch(value):
        return ""
    if pasted := PASTED.fullmatch(value.strip()):
        return f"Enter only “{pasted[1].lower()}”: what stands before .zendesk.com."
    return "Enter what stands before .zendesk.com in the address of your Zendesk, like “shop” for shop.zendesk.com."


def _check_email(value: str) -> str:
    fine = re.fullmatch(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+", value)
    return "" if fine else "Give one address like agent@shop.example, without “/token”."


def check_line(value: str) -> str:
    return "" if re.fullmatch(r"[!-~]+", value) else "This must be one word of plain letters, digits and signs."


def check_api_url(value: str) -> str:
    return (
        ""
        if is_base_address(value)
        else "Give a whole address like https://zendesk-proxy.example.com, without a query."
    )


@dataclass(frozen=True, slots=True)
class Config:
    subdomain: str = option(
        "Subdomain", "“shop” if your Zendesk is at https://shop.zendesk.com.", check=_check_subdomain
    )
    auth: str = option(
        "Sign in with",
        "“api_token”: an address and a token of Zendesk's. “oauth”: you let us in with a button there "
        "(https://developer.zendesk.com/documentation/authentication/).",
        default=API_TOKEN,
        choices=(API_TOKEN, OAUTH),
    )
    email: str = option(
        "Email",
        "For the API token: the address of the Zendesk user in whose name it is used. An administrator's, if we are to "
        "set up the webhook and to fill gaps.",
        default="",
        check=_check_email,
    )
    api_token: str = option(
        "API token",
        "From Admin Center > Apps and integrations > APIs > API tokens "
        "(https://support.zendesk.com/hc/en-us/articles/4408889192858).",
        default="",
        secret=True,
        check=check_line,
    )
    client_id: str = option(
        "OAuth client identifier",
        "For OAuth: of a confidential client that you add in Admin Center > Apps and integrations > APIs > OAuth "
        "clients (https://support.zendesk.com/hc/en-us/articles/4408845965210). We ask for the scopes read and write.",
        default="",
        check=check_line,
    )
    client_secret: str = option(
        "OAuth client secret",
        "For OAuth: Zendesk shows it once, when the client is saved.",
        default="",
        secret=True,
        check=check_line,
    )
    receive: str = option(
        "Hear of tickets by",
        "“events”: Zendesk tells of everything that happens to a ticket. “triggers”: rules in Zendesk call us, where "
        "your plan has no ticket events. Press “Connect” after changing it.",
        default=EVENTS,
        choices=(EVENTS, TRIGGERS),
    )
    webhook_secret: str = option(
        "Webhook signing secret",
        "Filled in by “Connect”. If you set the webhook up by hand: Admin Center > Apps and integrations > Webhooks > "
        "your webhook > Reveal secret (https://developer.zendesk.com/documentation/webhooks/verifying/).",
        default="",
        secret=True,
        check=check_line,
    )
    previous_webhook_secret: str = option(
        "Previous webhook signing secret",
        "Accepted as well while a new one comes into use. Remove it after that.",
        default="",
        secret=True,
        check=check_line,
    )
    fill_gaps: bool = option(
        "Fill gaps by polling",
        "Once a minute we ask what webhooks may have missed, so that nothing is lost while we are away. Needs an "
        "administrator's sign-in.",
        default=True,
    )
    api_url: str = option(
        "API address", "Only if you reach Zendesk through a proxy of your own.", default="", check=check_api_url
    )

    @property
    def base(self) -> str:
        """Where the API is, without a slash at the end."""
        return self.api_url.rstrip("/") or f"https://{self.subdomain.lower()}.zendesk.com"

    def can_sign_in(self, access_token: str) -> bool:
        """Whether there is what requests are signed in with."""
        return bool(access_token) if self.auth == OAUTH else bool(self.email and self.api_token)
