"""The guarded way out, against real sockets on loopback and names that a patched resolver answers."""

import datetime
import ipaddress
import socket
import ssl

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agents import connections, transport
from agents.http import Blocked, Http, HttpError, Interrupted, NotSent, Policy, Response, Trace
from tests.agents.one_server import OK, answering, read_request, serving

LOOPBACK = Policy.of(["127.0.0.0/8"])


def waiting(line, heard):
    heard.append(read_request(line))
    line.recv(1)  # returns when the client hangs up


def dripping(line, heard):
    """An answer without end whose pieces come fast enough for any read time-out."""
    read_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    line.settimeout(0.01)
    while True:
        line.sendall(b"x")
        try:
            if not line.recv(1):
                return
        except TimeoutError:
            continue


@pytest.fixture
def resolve(monkeypatch):
    """Answer name lookups from a table, and count them."""
    names, asked = {}, []
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        if host not in names:
            return real(host, port, *args, **kwargs)
        answer = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return [found for address in answer for found in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(connections.socket, "getaddrinfo", getaddrinfo)
    names["_asked"] = asked
    return names


# --- What goes out and what comes back --------------------------------------------------------------------------------


def test_a_request_goes_out_whole_and_its_answer_comes_back():
    with serving(answering(OK)) as (port, heard):
        answer = Http(LOOPBACK).request(
            "post", f"http://127.0.0.1:{port}/a/b?key=1#part", headers={"X-Mine": "yes"}, body=b"text"
        )
    assert answer == Response(200, {"content-length": "5", "x-kind": "a"}, b"hello")
    head, _, body = heard[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert (first, body) == ("POST /a/b?key=1 HTTP/1.1", b"text")
    assert sorted(headers) == [
        "Accept-Encoding: identity",
        "Connection: close",
        "Content-Length: 4",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: Aissist-Gateways",
        "X-Mine: yes",
    ]


def test_a_redirect_is_an_answer_and_is_not_followed():
    with serving(answering(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n")) as (
        port,
        _,
    ):
        answer = Http(LOOPBACK).request("GET", f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.headers["location"]) == (302, "http://10.0.0.1/")


def test_the_environments_proxies_and_netrc_are_ignored(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password guess")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with serving(answering(OK)) as (port, heard):
        assert Http(LOOPBACK).request("GET", f"http://127.0.0.1:{port}/").status == 200
    assert heard[0].startswith(b"GET / HTTP/1.1\r\n")
    assert b"authorization" not in heard[0].lower()


@responses.activate
def test_the_responses_library_intercepts_in_tests():
    responses.post("https://api.example.com/x", status=201, body=b"made")
    assert Http(Policy()).request("POST", "https://api.example.com/x").body == b"made"


# --- The guard --------------------------------------------------------------------------------------------------------

SPELLINGS = {
    "plain": "http://127.0.0.1/",
    "hexadecimal": "http://0x7f000001/",
    "hexadecimal parts": "http://0x7f.0.0.0x1/",
    "octal": "http://0177.0.0.1/",
    "decimal": "http://2130706433/",
    "short": "http://127.1/",
    "zero": "http://0/",
    "IPv6": "http://[::1]/",
    "IPv6 mapped": "http://[::ffff:127.0.0.1]/",
    "IPv6 mapped, hexadecimal": "http://[::ffff:7f00:1]/",
    "NAT64 metadata": "http://[64:ff9b::a9fe:a9fe]/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "with a port": "https://10.0.0.1:8443/",
}


@pytest.mark.parametrize("url", SPELLINGS.values(), ids=SPELLINGS)
def test_no_spelling_of_a_private_address_gets_through(url):
    with pytest.raises(Blocked, match="which is not a public address"):
        Http(Policy()).request("GET", url)


def test_one_private_address_among_public_ones_is_enough_to_refuse(resolve):
    resolve["hooks.example.com"] = [["93.184.215.14", "10.0.0.7"]]
    with pytest.raises(Blocked) as caught:
        Http(Policy()).request("GET", "https://hooks.example.com/x?token=hidden")
    assert caught.value.public == (
        "hooks.example.com is at 10.0.0.7, which is not a public address. If requests may go there, "
        "add its network to the setting OUTBOUND_ALLOWED_NETWORKS."
    )


def test_the_connection_goes_to_the_address_that_was_checked_and_keeps_the_name(resolve):
    resolve["hooks.example.com"] = [["127.0.0.1"], ["10.0.0.7"]]  # a second lookup would get the second answer
    with serving(answering(OK)) as (port, heard):
        assert Http(LOOPBACK).request("GET", f"http://hooks.example.com:{port}/").status == 200
    assert f"\r\nHost: hooks.example.com:{port}\r\n".encode() in heard[0] + b"\r\n"
    assert resolve["_asked"] == ["hooks.example.com"]


def test_every_request_is_checked_again(resolve):
    resolve["hooks.example.com"] = [["127.0.0.1"], ["10.0.0.7"]]
    http = Http(LOOPBACK)
    with serving(answering(OK)) as (port, _):
        http.request("GET", f"http://hooks.example.com:{port}/")
        with pytest.raises(Blocked):
            http.request("GET", f"http://hooks.example.com:{port}/")


def test_the_next_address_is_tried_when_one_refuses(resolve):
    with serving(answering(OK)) as (port, _):
        resolve["hooks.example.com"] = [["::1", "127.0.0.1"]]  # the server listens on IPv4 only
        policy = Policy.of(["127.0.0.0/8", "::1/128"])
        assert Http(policy).request("GET", f"http://hooks.example.com:{port}/").status == 200


IMPROPER = {
    "another scheme": ("GET", "ftp://example.com/", {}, "Only http:// and https:// addresses can be reached."),
    "a file": ("GET", "file:///etc/passwd", {}, "The address can't be read as a URL."),
    "no scheme": ("GET", "example.com", {}, "Only http:// and https:// addresses can be reached."),
    "no host": ("GET", "http:///x", {}, "The address can't be read as a URL."),
    "empty": ("GET", "", {}, "The address can't be read as a URL."),
    "user and password": (
        "GET",
        "https://user:hidden@example.com/",
        {},
        "The address holds a user name or password. Put those into a header instead.",
    ),
    "empty user": (
        "GET",
        "https://@example.com/",
        {},
        "The address holds a user name or password. Put those into a header instead.",
    ),
    "line break in the URL": ("GET", "http://example.com/\r\nX: hidden", {}, "The address can't be read as a URL."),
    "impossible port": ("GET", "http://example.com:99999/", {}, "The address can't be read as a URL."),
    "line break in a header": (
        "GET",
        "http://example.com/",
        {"X-Mine": "hidden\r\nX-Other: b"},
        "The header “X-Mine” holds a line break, or another character that headers can't carry.",
    ),
    "bare line feed in a header": (
        "GET",
        "http://example.com/",
        {"X-Mine": "hidden\n b"},
        "The header “X-Mine” holds a line break, or another character that headers can't carry.",
    ),
    "emoji in a header": (
        "GET",
        "http://example.com/",
        {"X-Mine": "hidden 😀"},
        "The header “X-Mine” holds a line break, or another character that headers can't carry.",
    ),
    "line break in a header's name": (
        "GET",
        "http://example.com/",
        {"X\r\nhidden": "b"},
        "A header has a name with characters that header names can't have.",
    ),
    "another host": (
        "GET",
        "http://example.com/",
        {"Host": "hidden"},
        "The header “Host” follows from the request and can't be set.",
    ),
    "a method of two words": ("GET /x", "http://example.com/", {}, "The method of the request isn't a word."),
}


@pytest.mark.parametrize(("method", "url", "headers", "sentence"), IMPROPER.values(), ids=IMPROPER)
def test_an_improper_request_is_not_sent(method, url, headers, sentence):
    with pytest.raises(Blocked) as caught:
        Http(Policy()).request(method, url, headers=headers)
    assert caught.value.public == sentence


def test_a_request_can_change_its_time_outs_but_not_what_is_allowed():
    with serving(answering(OK)) as (port, _), pytest.raises(Interrupted):
        Http(LOOPBACK).request("GET", f"http://127.0.0.1:{port}/", max_bytes=4)
    with pytest.raises(TypeError):
        Http(Policy()).request("GET", "http://127.0.0.1/", allowed=LOOPBACK.allowed)


# --- What failures mean -----------------------------------------------------------------------------------------------


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_refused_connection_was_surely_not_sent():
    port = closed_port()
    with pytest.raises(NotSent) as caught:
        Http(LOOPBACK).request("POST", f"http://127.0.0.1:{port}/x?token=hidden", body=b"x")
    assert caught.value.public == f"No connection to 127.0.0.1, port {port}: connection refused."


def test_a_connection_that_is_never_accepted_was_surely_not_sent(monkeypatch):
    def connect(self, address):
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NotSent) as caught:
        Http(LOOPBACK).request("POST", "http://127.0.0.1:8310/")
    assert caught.value.public == "No connection to 127.0.0.1, port 8310: no answer within 5 s."


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".com"], ids=["unknown", "gap", "long"])
def test_a_name_without_an_address_was_surely_not_sent(host, monkeypatch):
    def getaddrinfo(host, *args, **kwargs):
        host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(connections.socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(NotSent, match="can't be resolved to an address"):
        Http(Policy()).request("GET", f"http://{host}/")


@pytest.mark.parametrize(
    ("behave", "status", "sentence"),
    [
        pytest.param(
            waiting,
            None,
            "The request was sent, and no answer came: there was silence for 0.2 s.",
            id="it hears us and says nothing",
        ),
        pytest.param(
            answering(b""), None, "The request was sent, and no answer came: the connection was cut.", id="it hangs up"
        ),
        pytest.param(
            answering(b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\nhello"),
            201,
            "The answer (201) broke off: the connection was cut.",
            id="it hangs up amid the body",
        ),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            200,
            "The answer (200) broke off: the connection was cut.",
            id="it hangs up before the last chunk",
        ),
        pytest.param(
            answering(b"SSH-2.0-OpenSSH_9.9\r\n"),
            None,
            "The request was sent, and no answer came: the connection was cut.",
            id="it doesn't speak HTTP",
        ),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000),
            200,
            "The answer (200) has more than 1,000 bytes. We stopped reading it.",
            id="it says too much",
        ),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
            200,
            "The answer (200) broke off: the connection was cut.",
            id="it says gzip and sends none",
        ),
    ],
)
def test_once_the_request_left_a_failure_means_nobody_knows(behave, status, sentence):
    policy = Policy(allowed=LOOPBACK.allowed, read_timeout=0.2, max_bytes=1000)
    with serving(behave) as (port, _), pytest.raises(Interrupted) as caught:
        Http(policy).request("POST", f"http://127.0.0.1:{port}/x?token=hidden", body=b"x")
    assert (caught.value.public, caught.value.status) == (sentence, status)


def test_a_dripping_answer_ends_at_the_deadline():
    policy = Policy(allowed=LOOPBACK.allowed, total_timeout=0.3)
    with serving(dripping) as (port, _), pytest.raises(Interrupted) as caught:
        Http(policy).request("GET", f"http://127.0.0.1:{port}/")
    assert caught.value.public == "The answer (200) broke off: it took more than 0.3 s."


def test_all_requests_together_end_within_their_time():
    with serving(dripping) as (port, _):
        http = Http(LOOPBACK, within=0.3)
        with pytest.raises(Interrupted) as caught:
            http.request("GET", f"http://127.0.0.1:{port}/")
        assert caught.value.public.startswith("The answer (200) broke off: it took more than 0.")
        with pytest.raises(NotSent) as late:
            http.request("GET", f"http://127.0.0.1:{port}/", total_timeout=60)
    assert late.value.public == "The time for all requests together is over."


@responses.activate
def test_a_read_time_out_is_told_from_a_failed_connection_in_intercepted_requests_too():
    responses.get("https://slow.example.com/", body=requests.ReadTimeout("https://slow.example.com/?token=hidden"))
    responses.get("https://gone.example.com/", body=requests.ConnectionError("https://gone.example.com/?token=hidden"))
    for host, kind in (("slow", Interrupted), ("gone", NotSent)):
        with pytest.raises(kind) as caught:
            Http(Policy()).request("GET", f"https://{host}.example.com/")
        assert "hidden" not in caught.value.public
        assert caught.value.__suppress_context__ is True


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for hooks.example.com, as a file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("hooks.example.com"), x509.IPAddress(ipaddress.ip_address("127.0.0.3"))]
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.names = []
    context.sni_callback = lambda _, name, context: context.names.append(name)
    return context


@pytest.fixture
def trusted(certificate, monkeypatch):
    context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(transport, "_tls_context", lambda: context)


def test_the_certificate_is_checked_against_the_name_at_the_pinned_address(tls_server, trusted, resolve):
    resolve["hooks.example.com"] = [["127.0.0.1"]]
    with serving(answering(OK), tls_server) as (port, heard):
        assert Http(LOOPBACK).request("GET", f"https://hooks.example.com:{port}/").body == b"hello"
    assert tls_server.names == ["hooks.example.com"]
    assert f"Host: hooks.example.com:{port}\r\n".encode() in heard[0]


def test_a_certificate_for_another_name_ends_it_before_anything_is_sent(tls_server, trusted, resolve):
    resolve["other.example.com"] = [["127.0.0.1"]]
    with serving(answering(OK), tls_server) as (port, heard), pytest.raises(NotSent) as caught:
        Http(LOOPBACK).request("GET", f"https://other.example.com:{port}/")
    assert caught.value.public == (
        "No connection to other.example.com: its certificate isn't valid "
        "(Hostname mismatch, certificate is not valid for 'other.example.com')."
    )
    assert heard == []


def test_a_certificate_that_nobody_vouches_for_ends_it(tls_server, resolve):
    resolve["hooks.example.com"] = [["127.0.0.1"]]
    with serving(answering(OK), tls_server) as (port, heard), pytest.raises(NotSent, match="certificate isn't valid"):
        Http(LOOPBACK).request("GET", f"https://hooks.example.com:{port}/")
    assert heard == []


def test_https_at_a_server_that_speaks_only_http_is_not_sent():
    def behave(line, heard):
        line.recv(1000)
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(behave) as (port, _), pytest.raises(NotSent, match="the TLS handshake failed"):
        Http(LOOPBACK).request("POST", f"https://127.0.0.1:{port}/")


@pytest.mark.parametrize("limit", ["connect_timeout", "total_timeout"])
def test_a_tls_handshake_that_never_ends_is_not_sent(limit):
    policy = Policy(allowed=LOOPBACK.allowed, **{limit: 0.2})

    def behave(line, heard):
        while line.recv(1000):
            pass

    with serving(behave) as (port, _), pytest.raises(NotSent, match=r"No connection to 127\.0\.0\.1"):
        Http(policy).request("POST", f"https://127.0.0.1:{port}/")


def test_a_connection_that_stands_only_after_the_deadline_is_not_used():
    line = connections.Line(LOOPBACK)
    line.expired = True
    with pytest.raises(NotSent, match="it took more than 30 s"), line.connecting("hooks.example.com"):
        pass
    assert line.connected is False


def test_the_ordinary_context_demands_a_valid_certificate():
    context = transport._tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


# --- The record -------------------------------------------------------------------------------------------------------


def untimed(trace):
    assert trace.milliseconds >= 0
    return Trace(trace.method, trace.url, trace.status, 0, trace.error)


def test_a_request_is_recorded_without_its_query():
    traces = []
    with serving(answering(OK)) as (port, _):
        Http(LOOPBACK, traces.append).request("get", f"http://127.0.0.1:{port}/a?token=hidden#hidden")
    assert [untimed(trace) for trace in traces] == [Trace("GET", f"http://127.0.0.1:{port}/a", 200, 0, "")]


@pytest.mark.parametrize(
    ("url", "shown", "error"),
    [
        (
            "https://user:hidden@example.com/a?hidden",
            "https://example.com/a",
            "The address holds a user name or password. Put those into a header instead.",
        ),
        ("hidden\r\n", "(not a URL)", "The address can't be read as a URL."),
    ],
    ids=["userinfo", "not a URL"],
)
def test_a_failure_is_recorded_without_what_may_be_secret(url, shown, error):
    traces = []
    with pytest.raises(HttpError):
        Http(Policy(), traces.append).request("GET", url)
    assert [untimed(trace) for trace in traces] == [Trace("GET", shown, None, 0, error)]


def test_secrets_in_a_path_are_left_out_of_the_record():
    traces = []
    for path in ("bot12:ab/c/getMe", "bot12%3Aab%2Fc/getMe"):
        with serving(answering(OK)) as (port, _):
            Http(LOOPBACK, traces.append, ["12:ab/c", ""]).request("GET", f"http://127.0.0.1:{port}/{path}")
        assert traces.pop().url == f"http://127.0.0.1:{port}/bot***/getMe"


def test_an_answer_that_broke_off_is_recorded_with_its_status():
    traces = []
    broken = b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\nhello"
    with serving(answering(broken)) as (port, _), pytest.raises(Interrupted):
        Http(LOOPBACK, traces.append).request("GET", f"http://127.0.0.1:{port}/")
    assert [trace.status for trace in traces] == [201]


def test_a_record_that_fails_does_not_break_the_request(caplog):
    def record(trace):
        raise RuntimeError("no database")

    with serving(answering(OK)) as (port, _):
        assert Http(LOOPBACK, record).request("GET", f"http://127.0.0.1:{port}/").status == 200
    assert caplog.messages == ["A request couldn't be recorded"]
