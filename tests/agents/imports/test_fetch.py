"""Pages over the guarded way out: redirects, refusals, robots.txt, patience."""

import pytest

from agents.imports.fetch import MOST_BYTES, Fetcher
from agents.imports.pieces import Gone, Unreadable
from tests.agents.imports.site import Page, Site, fetcher


def test_a_page_is_fetched_where_it_has_moved_to(site: Site) -> None:
    site.moved("/old", "/new#part")
    site.put("/new", "Hello")
    fetched = fetcher().get(f"{site.url}/old", polite=False)
    assert (fetched.address, fetched.body, fetched.content_type) == (
        f"{site.url}/new",
        b"Hello",
        "text/html; charset=utf-8",
    )


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (404, Gone, "It isn't there any more (404)."),
        (410, Gone, "It isn't there any more (410)."),
        (403, Unreadable, "Its server doesn't let us read it (403)."),
        (418, Unreadable, "Its server answered 418."),
        (304, Unreadable, "Its server answered 304."),
    ],
    ids=str,
)
def test_a_refusal_says_why(site: Site, status: int, kind: type[Unreadable], says: str) -> None:
    site.put("/x", "", status=status)
    with pytest.raises(Unreadable) as problem:
        fetcher().get(f"{site.url}/x", polite=False)
    assert (type(problem.value), problem.value.public) == (kind, says)


def test_redirects_come_to_an_end(site: Site) -> None:
    site.moved("/a", "/a")
    with pytest.raises(Unreadable, match="more than 5 times"):
        fetcher().get(f"{site.url}/a", polite=False)
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    "place", ["http://10.0.0.1/", "http://[::1]:1/", "file:///etc/passwd", "http://169.254.169.254/"]
)
def test_a_redirect_into_a_private_network_is_refused(site: Site, place: str) -> None:
    site.moved("/x", place)
    with pytest.raises(Unreadable, match="not a public address|can't be read as a URL"):
        fetcher().get(f"{site.url}/x", polite=False)


def test_a_private_address_is_refused_at_once(site: Site) -> None:
    with pytest.raises(Unreadable, match="OUTBOUND_ALLOWED_NETWORKS"):
        fetcher("192.0.2.0/24").get(f"{site.url}/x", polite=False)
    assert site.asked == []


def test_a_page_that_is_too_large_isnt_read_to_its_end(site: Site) -> None:
    site.put("/x", b"x" * (MOST_BYTES + 1))
    with pytest.raises(Unreadable, match="more than 10,000,000 bytes"):
        fetcher().get(f"{site.url}/x", polite=False)


def test_a_busy_server_is_asked_once_more(site: Site) -> None:
    site.pages["/x"] = [Page(b"", status=503, headers={"Retry-After": "7"}), Page(b"Hello")]
    waits: list[float] = []
    assert fetcher(waits=waits).get(f"{site.url}/x", polite=False).body == b"Hello"
    assert 7.0 in waits


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        (None, "/x", True),
        ("User-agent: *\nDisallow: /private", "/x", True),
        ("User-agent: *\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /*?print=", "/x?print=1", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Aissist-Gateways\nAllow: /", "/x", True),
        ("User-agent: Aissist-Gateways\nDisallow: /", "/x", False),
    ],
    ids=["no rules", "allowed", "disallowed", "pattern", "allowed by name", "disallowed by name"],
)
def test_robots_txt_is_kept(site: Site, rules: str | None, path: str, allowed: bool) -> None:
    if rules is not None:
        site.put("/robots.txt", rules, content_type="text/plain")
    site.put(path, "Hello")
    if allowed:
        assert fetcher().get(f"{site.url}{path}", polite=True).body == b"Hello"
    else:
        with pytest.raises(Unreadable, match="asks programs to leave this page alone"):
            fetcher().get(f"{site.url}{path}", polite=True)
        assert path not in site.asked


def test_robots_txt_is_read_once_and_can_slow_us_down(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 3", content_type="text/plain")
    site.put("/x", "Hello")
    waits: list[float] = []
    polite = fetcher(waits=waits)
    for _ in range(2):
        polite.get(f"{site.url}/x", polite=True)
    assert site.asked == ["/robots.txt", "/x", "/x"]
    assert max(waits) > 2.5


def test_what_robots_txt_forbids_isnt_reached_by_a_redirect_either(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
    site.moved("/x", "/private/x")
    with pytest.raises(Unreadable, match="leave this page alone"):
        fetcher().get(f"{site.url}/x", polite=True)


def test_while_robots_txt_fails_its_site_is_left_alone(site: Site) -> None:
    site.put("/robots.txt", "", status=500)
    polite: Fetcher = fetcher()
    for _ in range(2):
        with pytest.raises(Unreadable, match="robots.txt can't be read"):
            polite.get(f"{site.url}/x", polite=True)
    assert site.asked == ["/robots.txt", "/robots.txt"]
