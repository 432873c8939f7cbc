"""Which conversations are a gateway's business, as a table."""

import pytest

from gateways.reasons import Reason
from gateways.scope import Facts, Scope, folded, reason_outside

POINT, EXCLUDED, FILTERED = Reason.NOT_IN_MANAGING_POINT, Reason.EXCLUDED_TAG, Reason.FILTERED
ANN = Facts(senders=("Ann@Mail.Example.com", "+4930123"))

CASES = {
    "no limits": (Scope(), Facts(), None),
    "in a point": (Scope(points=frozenset({1, 2})), Facts(places=frozenset({2, 9})), None),
    "in no point": (Scope(points=frozenset({1})), Facts(places=frozenset({9})), POINT),
    "nowhere known": (Scope(points=frozenset({1})), Facts(), POINT),
    "has a point's tag": (Scope(tag_points=folded(["VIP"])), Facts(tags=("vip",)), None),
    "has no point's tag": (Scope(tag_points=folded(["VIP"])), Facts(tags=("gold",)), POINT),
    "tag or inbox": (Scope(points=frozenset({1}), tag_points=folded(["vip"])), Facts(tags=("vip",)), None),
    "excluded tag": (Scope(excluded_tags=("Spam",)), Facts(tags=("vip", "spam")), EXCLUDED),
    "other tags": (Scope(excluded_tags=("spam",)), Facts(tags=("vip",)), None),
    "in a point, with an excluded tag": (
        Scope(points=frozenset({1}), excluded_tags=("spam",)),
        Facts(places=frozenset({1}), tags=("spam",)),
        EXCLUDED,
    ),
    "its channel": (Scope(channels=("chat", "Email")), Facts(channel="email"), None),
    "another channel": (Scope(channels=("email",)), Facts(channel="chat"), FILTERED),
    "unknown channel": (Scope(channels=("email",)), Facts(), FILTERED),
    "any channel but one": (Scope(channels=("!chat",)), Facts(channel="email"), None),
    "the one excepted": (Scope(channels=("!chat",)), Facts(channel="chat"), FILTERED),
    "unknown, one excepted": (Scope(channels=("!chat",)), Facts(), None),
    "address": (Scope(senders=("ann@mail.example.com",)), ANN, None),
    "domain": (Scope(senders=("mail.example.com",)), ANN, None),
    "subdomains": (Scope(senders=("*.example.com",)), ANN, None),
    "pattern of addresses": (Scope(senders=("*@*.example.com",)), ANN, None),
    "the domain above": (Scope(senders=("example.com",)), ANN, FILTERED),
    "a domain that only ends like it": (Scope(senders=("ample.com",)), Facts(senders=("a@example.com",)), FILTERED),
    "phone": (Scope(senders=("+49*",)), ANN, None),
    "domain excepted": (Scope(senders=("!mail.example.com",)), ANN, FILTERED),
    "domain but one in it": (Scope(senders=("*.example.com", "!ann@mail.example.com")), ANN, FILTERED),
    "unknown sender": (Scope(senders=("example.com",)), Facts(), FILTERED),
    "brand": (Scope(brands=("Acme",)), Facts(brand="acme"), None),
    "another brand": (Scope(brands=("Acme",)), Facts(brand="Bolt"), FILTERED),
    "unknown brand": (Scope(brands=("Acme",)), Facts(), FILTERED),
    "language": (Scope(languages=("de", "en")), Facts(language="de"), None),
    "another language": (Scope(languages=("de",)), Facts(language="fr"), FILTERED),
    "unknown language": (Scope(languages=("de",)), Facts(), None),
    "language excepted": (Scope(languages=("!fr",)), Facts(language="fr"), FILTERED),
}


@pytest.mark.parametrize(("scope", "facts", "reason"), CASES.values(), ids=CASES)
def test_what_is_a_gateways_business(scope: Scope, facts: Facts, reason: Reason | None):
    left = reason_outside(scope, facts)
    assert (left.reason if left else None) == reason


def test_only_a_scope_with_limits_is_looked_at():
    assert not Scope().limited
    assert Scope(brands=("Acme",)).limited


SENTENCES = {
    "point": (Scope(points=frozenset({1})), Facts(), "The conversation is in none of the gateway's managing points."),
    "tag": (Scope(excluded_tags=("spam",)), Facts(tags=("Spam",)), "The conversation has an excluded tag: Spam."),
    "channel": (
        Scope(channels=("email", "chat")),
        Facts(channel="sms"),
        "It came by sms; the gateway's filter is: email, chat.",
    ),
    "no brand": (Scope(brands=("Acme",)), Facts(), "It is about no known brand; the gateway's filter is: Acme."),
    "sender": (
        Scope(senders=("!example.com",)),
        Facts(senders=("a@example.com",)),
        "Its sender isn't for the agent; the gateway's filter is: !example.com.",
    ),
    "language": (Scope(languages=("de",)), Facts(language="fr"), "Its language is “fr”; the gateway's filter is: de."),
}


@pytest.mark.parametrize(("scope", "facts", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_the_reason_is_a_sentence(scope: Scope, facts: Facts, sentence: str):
    left = reason_outside(scope, facts)
    assert left is not None
    assert left.why == sentence
