"""How mail servers are told who we are, and what is never said in the open."""

import socketserver
import threading

import pytest

from agents.http import Http, Policy
from gateways.errors import DeliveryError, Failure
from gateways.mail import imap, logins, smtp
from gateways.mail.logins import NONE, STARTTLS, OAuth, Password, Server, xoauth2

LOGIN = Password("support@shop.example", "pass-word")
HTTP = Http(Policy.of(["127.0.0.0/8"]))


class Scripted(socketserver.StreamRequestHandler):
    """Says `greeting`, then to each line the first of `answers` whose word is in it; else that all is well."""

    greeting: str
    answers: dict[str, str]
    seen: list[str]

    def handle(self) -> None:
        self.wfile.write(f"{self.greeting}\r\n".encode())
        while line := self.rfile.readline().decode().strip():
            self.seen.append(line)
            tag = line.split()[0]
            said = next((text for word, text in self.answers.items() if word in line.upper()), f"{tag} OK fine")
            self.wfile.write(f"{said.format(tag=tag)}\r\n".encode())


@pytest.fixture
def scripted():
    """Starts a server; returns its port and what it is told."""
    servers = []

    def start(greeting, **answers):
        handler = type("Handler", (Scripted,), {"greeting": greeting, "answers": answers, "seen": []})
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address[1], handler.seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sign_in_by_imap(port, security=NONE):
    with imap.opened(Server("127.0.0.1", port, security, LOGIN), HTTP, 0):
        pass


def sign_in_by_smtp(port, security=NONE):
    smtp.check(Server("127.0.0.1", port, security, LOGIN), "shop.example", HTTP)


def capable(of: str) -> dict[str, str]:
    return {"CAPABILITY": f"* CAPABILITY IMAP4rev1 {of}\r\n{{tag}} OK done"}


IMAPS = {
    "wants TLS first": (NONE, "* OK ready", capable("LOGINDISABLED STARTTLS"), "without TLS"),
    "offers no STARTTLS": (STARTTLS, "* OK ready", capable("AUTH=PLAIN"), "offers no STARTTLS"),
    "greets as if we were in": (STARTTLS, "* PREAUTH welcome", capable("STARTTLS"), "offers no STARTTLS"),
}


@pytest.mark.parametrize("name", IMAPS)
def test_by_imap_no_password_is_said_without_tls(scripted, name):
    security, greeting, answers, why = IMAPS[name]
    port, seen = scripted(greeting, **answers)
    with pytest.raises(DeliveryError, match=why) as raised:
        sign_in_by_imap(port, security)
    assert raised.value.failure is Failure.CREDENTIALS
    assert [line.split()[1] for line in seen] == ["CAPABILITY"]


@pytest.mark.parametrize(
    "refusal", ["250-hello\r\n250 AUTH PLAIN", "250-hello\r\n250 STARTTLS"], ids=["none", "refused"]
)
def test_by_smtp_no_password_is_said_without_tls(scripted, refusal):
    port, seen = scripted("220 ready", EHLO=refusal, STARTTLS="454 not now")
    with pytest.raises(DeliveryError, match="offers no STARTTLS"):
        sign_in_by_smtp(port, STARTTLS)
    assert not [line for line in seen if "AUTH" in line or "MAIL" in line]


def test_no_password_crosses_the_internet_in_the_open(scripted, monkeypatch):
    """Whatever the server offers. 127.0.0.1 stands for an address on the internet."""
    monkeypatch.setattr(logins, "is_public", lambda sock: True)
    by_imap, said = scripted("* OK ready", **capable("AUTH=PLAIN"))
    by_smtp, told = scripted("220 ready", EHLO="250-hello\r\n250 AUTH PLAIN")
    for sign_in, port in ((sign_in_by_imap, by_imap), (sign_in_by_smtp, by_smtp)):
        with pytest.raises(DeliveryError, match="We don't sign in to 127.0.0.1, port [0-9]+ without TLS"):
            sign_in(port)
    assert not [line for line in (*said, *told) if "AUTH" in line.upper() or "LOGIN" in line.upper()]


def test_what_servers_are_told():
    assert xoauth2("a@b.c", "t-1") == "user=a@b.c\x01auth=Bearer t-1\x01\x01"


def test_secrets_arent_shown():
    shown = repr((Password("a@b.c", "pass-word"), OAuth("a@b.c", "t-1")))
    assert "pass-word" not in shown and "t-1" not in shown
