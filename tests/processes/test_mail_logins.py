"""TLS and logins with Dovecot and Postfix: what is secured, by whose certificate, and who lets us in."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from agents.http import Http, Policy
from gateways import config, signatures
from gateways.adapters.email import Email
from gateways.base import Account
from gateways.errors import DeliveryError, Failure
from gateways.mail import oauth
from gateways.messages import Outgoing, Purpose, Reply, Tokens
from tests.gateways.mail.certificates import authority
from tests.gateways.mail.provider import CLIENT, CLIENT_SECRET
from tests.gateways.mail.server import PASSWORD, MailServer, missing, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.skipif(bool(missing()), reason=missing() or "there")]

KEY = signatures.new_secret()
REF = "5f0c3d1e-1f0a-4c57-8a53-7f6f2f3f1a01"
WAYS = ("tls", "starttls")
BACK = "https://aissist.example/oauth"


def email(server: MailServer, security: str, tokens: Tokens | None = None, **changes) -> Email:
    """A gateway on the ports that are secured in this way."""
    ports = {"tls": (server.imaps, server.smtps), "starttls": (server.imap, server.submission)}[security]
    values = {
        "address": "support@shop.example",
        "signing_key": KEY,
        "imap_host": "127.0.0.1",
        "imap_port": ports[0],
        "imap_security": security,
        "smtp_host": "127.0.0.1",
        "smtp_port": ports[1],
        "smtp_security": security,
        "imap_password": PASSWORD,
        "authority": server.authority,
        **changes,
    }
    kept = dict(tokens.secrets) if tokens else {}
    known = {name: value for name, value in kept.items() if name in config.secret_names(Email.Config)}
    policy = Policy.of(["127.0.0.0/8", "::1/128"])
    return Email(Account(1, "mail", "Mail"), config.load(Email.Config, {**values, **known}), kept, Http(policy))


def outgoing(text: str) -> Outgoing:
    return Outgoing(Reply(text, Purpose.HUMAN, "Grace"), "a" * 16, "ann@customer.example", REF)


@pytest.mark.parametrize("security", WAYS)
def test_mail_goes_out_and_in_over_tls(server: MailServer, security: str) -> None:
    ours = email(server, security)
    assert (
        ours.check().message == "The IMAP server lets us in and tells of new mail at once. The SMTP server lets us in."
    )
    words = f"Over {security} {time.time_ns()}"
    ours.send(outgoing(words))
    wait_for(lambda: any(words.encode() in raw for raw in server.mails("ann@customer.example")), "the mail")
    cursor = ours.poll({}, 0).cursor
    ours.send(Outgoing(Reply(words, Purpose.HUMAN, "Grace"), "a" * 16, "support@shop.example", REF))
    found = wait_for(lambda: ours.poll(cursor, 0).requests, "the mail")
    assert words.encode() in found[0].body  # type: ignore[index]


WRONG = {
    "an authority that nobody knows": ({"authority": ""}, "unable to get local issuer certificate"),
    "another authority": ({"authority": authority("Another")[0]}, "unable to get local issuer certificate"),
    "another name": ({"imap_host": "localhost", "smtp_host": "localhost"}, "Hostname mismatch"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("security", WAYS)
def test_a_wrong_certificate_ends_it_with_a_clear_sentence(server: MailServer, security: str, name: str) -> None:
    changes, why = WRONG[name]
    ours = email(server, security, **changes)
    for act in (lambda: ours.poll({}, 0), lambda: ours.send(outgoing("Secret"))):
        with pytest.raises(DeliveryError) as raised:
            act()
        assert raised.value.failure is Failure.CREDENTIALS
        assert f"its certificate isn't valid ({why}" in raised.value.public
        assert raised.value.public.endswith("enter that one's under “CA certificate”.")


def test_without_starttls_nothing_is_said(server: MailServer) -> None:
    with pytest.raises(DeliveryError, match="offers no STARTTLS, so nothing was said") as raised:
        email(server, "starttls", smtp_port=server.smtp).send(outgoing("Secret"))
    assert raised.value.failure is Failure.CREDENTIALS


def test_no_tls_where_it_is_wanted_is_no_connection(server: MailServer) -> None:
    ours = email(server, "tls", imap_port=server.imap, smtp_port=server.submission)
    for act in (lambda: ours.poll({}, 0), lambda: ours.send(outgoing("Secret"))):
        with pytest.raises(DeliveryError, match="the TLS handshake failed"):
            act()


@pytest.mark.parametrize("security", WAYS)
def test_a_wrong_password_is_the_gateways_error(server: MailServer, security: str) -> None:
    ours = email(server, security, imap_password="another")
    for act in (lambda: ours.poll({}, 0), lambda: ours.send(outgoing("Secret"))):
        with pytest.raises(DeliveryError) as raised:
            act()
        assert raised.value.failure is Failure.CREDENTIALS and "another" not in raised.value.public


# --- OAuth ------------------------------------------------------------------------------------------------------------


def options(server: MailServer, **changes) -> dict[str, object]:
    return {
        "sign_in": "other",
        "oauth_client_id": CLIENT,
        "oauth_client_secret": CLIENT_SECRET,
        "oauth_authorize_url": f"{server.provider.url}/authorize",
        "oauth_token_url": f"{server.provider.url}/token",
        "oauth_scope": "mail",
        "imap_password": "",
        **changes,
    }


def authorised(server: MailServer, ours: Email) -> Tokens:
    """What an operator's browser does."""
    answer = requests.get(ours.authorize(BACK, "state-1"), allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    assert (f"{back.scheme}://{back.netloc}{back.path}", query["state"]) == (BACK, "state-1")
    return ours.exchange(BACK, query["code"])


@pytest.mark.parametrize("security", WAYS)
def test_authorised_renewed_and_let_in(server: MailServer, security: str) -> None:
    given = options(server)
    with pytest.raises(DeliveryError, match="The mailbox isn't authorised yet."):
        email(server, security, **given).check()
    tokens = authorised(server, email(server, security, **given))
    ours = email(server, security, tokens, **given)
    assert ours.check().ok
    renewed = ours.refresh()
    assert renewed is not None and set(renewed.secrets) == {oauth.ACCESS, oauth.REFRESH}
    assert not set(renewed.secrets.values()) & set(tokens.secrets.values())
    words = f"With OAuth over {security} {time.time_ns()}"
    email(server, security, renewed, **given).send(outgoing(words))
    wait_for(lambda: any(words.encode() in raw for raw in server.mails("ann@customer.example")), "the mail")
    with pytest.raises(DeliveryError, match="the mailbox has to be reconnected") as raised:
        ours.refresh()  # Microsoft's way: the old one is dead
    assert raised.value.failure is Failure.CREDENTIALS


def test_an_access_token_that_is_none_is_refused_by_both(server: MailServer) -> None:
    ours = email(server, "tls", Tokens({oauth.ACCESS: "made-up"}), **options(server))
    for act in (lambda: ours.poll({}, 0), lambda: ours.send(outgoing("Secret"))):
        with pytest.raises(DeliveryError) as raised:
            act()
        assert raised.value.failure is Failure.CREDENTIALS and "made-up" not in raised.value.public


def test_an_application_that_speaks_for_itself(server: MailServer) -> None:
    server.provider.app_user = "support@shop.example"
    given = options(server, oauth_application=True)
    tokens = email(server, "tls", **given).refresh()
    assert tokens is not None and set(tokens.secrets) == {oauth.ACCESS}
    assert email(server, "tls", tokens, **given).check().ok
