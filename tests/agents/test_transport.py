"""What goes over the wire, and how answers of all forms are read."""

import gzip
import socket
import zlib

import pytest

from agents.http import Http, Interrupted, Policy
from tests.agents.one_server import answering, read_request, serving

LOOPBACK = Policy.of(["127.0.0.0/8", "::1/128"])


def asked(answer, method="GET", path="/"):
    """The answer to a request, as it is read."""
    with serving(answering(answer)) as (port, _):
        return Http(LOOPBACK).request(method, f"http://127.0.0.1:{port}{path}")


def head(*rows):
    return "\r\n".join(("HTTP/1.1 200 OK", *rows, "", "")).encode()


WHOLE = {
    "with its length": (head("Content-Length: 5") + b"hello", b"hello"),
    "in chunks": (head("Transfer-Encoding: chunked") + b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-Late: 1\r\n\r\n", b"hello"),
    "until the connection ends": (head() + b"hello", b"hello"),
    "of HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
    "without a reason": (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    "empty": (head("Content-Length: 0"), b""),
    "without a body by its status": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "after an interim one": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + head("Content-Length: 2") + b"ok", b"ok"),
    "packed with gzip": (head("Content-Encoding: gzip") + gzip.compress(b"hello" * 50_000), b"hello" * 50_000),
    "packed with deflate": (
        head("Content-Encoding: deflate", f"Content-Length: {len(zlib.compress(b'hello'))}") + zlib.compress(b"hello"),
        b"hello",
    ),
    "packed with what we don't know": (head("Content-Encoding: x-own", "Content-Length: 5") + b"hello", b"hello"),
}


@pytest.mark.parametrize(("answer", "body"), WHOLE.values(), ids=WHOLE)
def test_an_answer_is_read_whole(answer, body):
    assert asked(answer).body == body


def test_an_answer_that_comes_byte_by_byte_is_the_same():
    def behave(line, heard):
        read_request(line)
        for byte in head("X-A: b", "Content-Length: 5") + b"hello":
            line.sendall(bytes([byte]))

    with serving(behave) as (port, _):
        answer = Http(LOOPBACK).request("GET", f"http://127.0.0.1:{port}/")
    assert (answer.headers, answer.body) == ({"x-a": "b", "content-length": "5"}, b"hello")


def test_an_answer_to_head_has_no_body_whatever_length_it_names():
    answer = asked(head("Content-Length: 500"), "HEAD")
    assert (answer.status, answer.headers, answer.body) == (200, {"content-length": "500"}, b"")


def test_headers_of_one_name_are_one_and_those_of_an_interim_answer_and_behind_the_body_are_none():
    interim = b"HTTP/1.1 103 Early Hints\r\nX-Before: 1\r\n\r\n"
    last = b"0\r\nX-After: 1\r\n\r\n"
    answer = asked(interim + head("X-Two: a", "x-two:  b ", "Transfer-Encoding: chunked") + last)
    assert answer.headers == {"x-two": "a, b", "transfer-encoding": "chunked"}


BROKEN = {
    "two lengths": head("Content-Length: 5", "Content-Length: 6") + b"hello!",
    "a length and chunks": head("Content-Length: 5", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n",
    "no number for a length": head("Content-Length: five") + b"hello",
    "no size of a chunk": head("Transfer-Encoding: chunked") + b"x\r\nhello\r\n0\r\n\r\n",
    "another protocol from here on": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_what_can_be_read_in_two_ways_is_no_answer(answer):
    with pytest.raises(Interrupted, match="the connection was cut"):
        asked(answer)


def test_a_small_packed_answer_that_is_huge_inside_is_given_up():
    packed = gzip.compress(b"x" * 20_000_000)
    with pytest.raises(Interrupted, match=r"has more than 5,000,000 bytes"):
        asked(head("Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed)


@pytest.mark.parametrize("before", [b"", b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], ids=["before", "behind the body"])
@pytest.mark.parametrize("more", [b"X-Many: 1\r\n", b"x"], ids=["many", "one that is long"])
def test_headers_without_end_are_given_up(before, more):
    with pytest.raises(Interrupted, match="the connection was cut"):
        asked(b"HTTP/1.1 200 OK\r\nX-First: 1\r\n" + before + more * (1_000_000 // len(more)))


def test_an_answer_that_comes_before_all_was_heard_is_an_answer():
    def behave(line, heard):
        line.recv(1000)
        line.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        line.close()  # with most of it unread, which resets the connection

    with serving(behave) as (port, _):
        answer = Http(LOOPBACK).request("POST", f"http://127.0.0.1:{port}/", body=b"x" * 20_000_000)
    assert answer.status == 413


def test_what_is_asked_for_is_quoted_where_it_has_to_be():
    with serving(answering(head("Content-Length: 0"))) as (port, heard):
        Http(LOOPBACK).request("GET", f"http://127.0.0.1:{port}/ü/a%20b?q=x&y=ß#part")
    assert heard[0].startswith(b"GET /%C3%BC/a%20b?q=x&y=%C3%9F HTTP/1.1\r\nHost: 127.0.0.1:")


def test_a_header_given_replaces_ours_in_whatever_case():
    with serving(answering(head("Content-Length: 0"))) as (port, heard):
        Http(LOOPBACK).request("GET", f"http://127.0.0.1:{port}/", headers={"user-agent": "Mine"})
    assert heard[0].lower().count(b"user-agent") == 1
    assert b"user-agent: Mine" in heard[0]


@pytest.mark.skipif(not socket.has_ipv6, reason="This machine has no IPv6.")
def test_an_ipv6_address_is_named_in_brackets():
    from agents.transport import _named

    assert _named("::1", 8080, "http") == "[::1]:8080"
    assert _named("::1", 443, "https") == "[::1]"
    assert _named("api.example.com", None, "https") == "api.example.com"
    assert _named("api.example.com", 80, "https") == "api.example.com:80"
