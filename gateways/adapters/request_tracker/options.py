"""What an operator sets for a Request Tracker, and who that makes us there."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateways import signatures
from gateways.config import is_base_address, option
from gateways.messages import TicketStatus

POLLING, WEBHOOK = "polling", "webhook"
TOKEN = re.compile(r"\d{1,3}-(\d{1,12})-[0-9a-f]{16,128}")  # version, id of the user, the secret itself
REST = "/REST/2.0"


def _check_url(value: str) -> str:
    if not is_base_address(value):
        return "Give a whole address like https://rt.example.com, without a query."
    if "/rest/" in f"{urlsplit(value).path.lower()}/":
        return "Give the address of Request Tracker itself, without “/REST/2.0”."
    return ""


def _check_token(value: str) -> str:
    fine = TOKEN.fullmatch(value)
    return (
        ""
        if fine
        else "This isn't a token. It looks like 1-31-9d680a…; Request Tracker shows it once, when it is made."
    )


def _check_user(value: str) -> str:
    return "A user name has no colon and no line break." if re.search(r"[:\r\n]", value) else ""


@dataclass(frozen=True, slots=True)
class Config:
    url: str = option("Address", "Of Request Tracker 5 or newer, like https://rt.example.com.", check=_check_url)
    token: str = option(
        "Token",
        "Of a privileged user that is for the agent alone: signed in as that user, Settings › Auth Tokens "
        "(https://docs.bestpractical.com/rt/5.0.3/RT/Authen/Token.html). In its queues it needs the rights SeeQueue, "
        "ShowTicket, ShowTicketComments, ReplyToTicket, CommentOnTicket, ModifyTicket, ReassignTicket, CreateTicket.",
        default="",
        secret=True,
        check=_check_token,
    )
    user: str = option("User name", "Only if there is no token.", default="", check=_check_user)
    password: str = option("Password", "Of that user. Only if there is no token.", default="", secret=True)
    receive: str = option(
        "Receive by",
        "“polling” needs nothing more. “webhook” is quicker, and made by hand: whoever administers Request Tracker "
        "copies gateways/adapters/request_tracker/scrip.pl there and runs once, with the address and the secret shown "
        "here: AISSIST_URL='…' AISSIST_SECRET='…' rt-setup-database --action insert --datafile ./scrip.pl. What wasn't "
        "told is asked for all the same, twice a minute.",
        default=POLLING,
        choices=(POLLING, WEBHOOK),
    )
    webhook_secret: str = option(
        "Webhook secret",
        "The scrip signs with it what it sends: it is its AISSIST_SECRET.",
        default="",
        secret=True,
        check=signatures.check_secret,
        generate=signatures.new_secret,
    )
    forms: str = option(
        "Users that write for customers",
        "User names in Request Tracker, separated by commas, of web forms and other programs that open tickets with "
        "their customer as the requestor. What they write counts as the requestor's words.",
        default="",
    )
    new_tickets: str = option(
        "Queue for new tickets", "Name or number; for conversations that are begun there for people.", default="General"
    )
    open_status: str = option("Status “open”", "As the queues' lifecycle calls it.", default="open")
    pending_status: str = option("Status “waiting for the customer”", "As the lifecycle calls it.", default="stalled")
    solved_status: str = option("Status “solved”", "As the lifecycle calls it.", default="resolved")

    @property
    def rest(self) -> str:
        return self.url.rstrip("/") + REST

    @property
    def statuses(self) -> dict[TicketStatus, str]:
        return {
            TicketStatus.OPEN: self.open_status,
            TicketStatus.PENDING: self.pending_status,
            TicketStatus.SOLVED: self.solved_status,
        }

    @property
    def me(self) -> str:
        """Our user there: its id, which the token names, else its name."""
        found = TOKEN.fullmatch(self.token)
        return found[1] if found else self.user

    def writes_for_customers(self, login: str) -> bool:
        return bool(login) and login in [name.strip() for name in self.forms.split(",")]
