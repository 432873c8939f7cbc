import time
from urllib.parse import urlsplit

import pytest
from django.core import signing

from handover.widget import links
from handover.widget.links import BadLink, Pass, make, read


def token(url: str) -> str:
    return urlsplit(url).path.removeprefix("/widget/")


def test_a_link_opens_what_it_was_made_for(settings):
    settings.PUBLIC_URL = "https://gate.example"
    url, made = make(7, "Grace  <b>\nHopper", may_act=True, seconds=600)
    assert url.startswith("https://gate.example/widget/")
    assert read(token(url)) == made == Pass(7, "Grace <b> Hopper", True, made.until)
    assert 595 < made.until - time.time() <= 600


@pytest.mark.parametrize(("seconds", "kept"), [(0, 60), (10**9, 7 * 24 * 3600)], ids=["at least", "at most"])
def test_it_opens_for_a_while(seconds: int, kept: int):
    assert make(7, "", may_act=False, seconds=seconds)[1].until == pytest.approx(time.time() + kept, abs=5)


def test_it_expires(monkeypatch: pytest.MonkeyPatch):
    url, made = make(7, "Kim", may_act=True, seconds=60)
    monkeypatch.setattr(links.time, "time", lambda: made.until)
    with pytest.raises(BadLink, match="expired"):
        read(token(url))


def test_it_cant_be_changed_or_made_elsewhere(settings):
    good = token(make(7, "Kim", may_act=False)[0])
    other = token(make(8, "Kim", may_act=True)[0])
    forged = [
        "",
        "x",
        good[:-1],
        good + "x",
        other.split(":")[0] + ":" + ":".join(good.split(":")[1:]),
        signing.dumps([7, "Kim", True, 2**40]),
        signing.dumps([7, "Kim", True, 2**40], salt="other"),
        signing.dumps("7", salt=links.SALT),
        signing.dumps([7, "Kim"], salt=links.SALT),
        signing.dumps(["x", "Kim", True, 2**40], salt=links.SALT),
    ]
    for bad in forged:
        with pytest.raises(BadLink):
            read(bad)
    settings.SECRET_KEY = "another-key-of-some-length-0123456789"
    with pytest.raises(BadLink):
        read(good)


def test_only_true_lets_act():
    assert read(signing.dumps([7, "Kim", 1, 2**40], salt=links.SALT)).may_act is False
