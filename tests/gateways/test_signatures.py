import datetime

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from gateways import signatures
from gateways.errors import SignatureError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the specification's own example
OLD = "whsec_" + "b2xk" * 8
NOW = 1_700_000_000
BODY = '{"content": "Grüße"}'.encode()


def signed(keys=(SECRET,), message_id="msg_1", body=BODY, now=NOW):
    return signatures.sign(keys, message_id, body, now)


def test_a_signature_is_the_one_of_the_specification():
    headers = signatures.sign([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1_614_265_330)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_specifications_library_takes_our_signatures(time_machine):
    time_machine.move_to(datetime.datetime.fromtimestamp(NOW, datetime.UTC), tick=False)
    Webhook(SECRET).verify(BODY, signed(), json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", signed(), json_parse=False)


def test_we_take_the_signatures_of_the_specifications_library():
    at = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    signature = Webhook(SECRET).sign("msg_1", at, BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": signature}
    signatures.verify([SECRET], headers, BODY, NOW)


@pytest.mark.parametrize("now", [NOW - 300, NOW, NOW + 300], ids=["ahead", "same time", "behind"])
def test_five_minutes_to_both_sides_are_tolerated(now):
    signatures.verify([SECRET], signed(), BODY, now)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(([SECRET], [OLD, SECRET]), id="the receiver knows both"),
        pytest.param(([OLD, SECRET], [SECRET]), id="the sender signs with both"),
        pytest.param(([SECRET], ["", "rubbish", SECRET]), id="beside empty and unusable ones"),
    ],
)
def test_secrets_can_be_changed_without_a_gap(keys):
    ours, theirs = keys
    signatures.verify(theirs, signed(ours), BODY, NOW)


def test_a_body_that_is_not_text_can_be_signed():
    signatures.verify([SECRET], signed(body=b"\xff\x00\xfe"), b"\xff\x00\xfe", NOW)


def test_signatures_of_other_versions_are_passed_over():
    headers = signed()
    headers["webhook-signature"] = f"v1a,AAAA {headers['webhook-signature']} v2,BBBB"
    signatures.verify([SECRET], headers, BODY, NOW)


MISSING = "The header {} is missing. Sign requests as www.standardwebhooks.com describes."
MISMATCH = (
    "The signature doesn't match. Sign “id.timestamp.body” with this gateway's signing secret, "
    "over the exact bytes that you send."
)
NO_SIGNATURE = "The header webhook-signature must hold “v1,” followed by the signature in base64."
OFF = "The timestamp is more than five minutes off; check the clock of the sender."
NOT_SECONDS = f"The header webhook-timestamp must be whole seconds since 1970, like {NOW}."
BAD_ID = "The header webhook-id must be 1 to 255 printable ASCII characters without spaces."
REFUSED = {
    "no headers": ({"webhook-id": "", "webhook-timestamp": "", "webhook-signature": ""}, MISSING.format("webhook-id")),
    "no timestamp": ({"webhook-timestamp": ""}, MISSING.format("webhook-timestamp")),
    "no signature": ({"webhook-signature": " "}, MISSING.format("webhook-signature")),
    "another id": ({"webhook-id": "msg_2"}, MISMATCH),
    "an id with a line break": ({"webhook-id": "msg\n1"}, BAD_ID),
    "an id with umlauts": ({"webhook-id": "nächste"}, BAD_ID),
    "an endless id": ({"webhook-id": "x" * 256}, BAD_ID),
    "another timestamp": ({"webhook-timestamp": str(NOW + 1)}, MISMATCH),
    "stale": ({"webhook-timestamp": str(NOW - 301)}, OFF),
    "from the future": ({"webhook-timestamp": str(NOW + 301)}, OFF),
    "milliseconds": ({"webhook-timestamp": f"{NOW}000"}, NOT_SECONDS),
    "a fraction": ({"webhook-timestamp": f"{NOW}.5"}, NOT_SECONDS),
    "not a number": ({"webhook-timestamp": "nan"}, NOT_SECONDS),
    "infinity": ({"webhook-timestamp": "inf"}, NOT_SECONDS),
    "other digits": ({"webhook-timestamp": "١٧٠٠٠٠٠٠٠٠"}, NOT_SECONDS),
    "before 1970": ({"webhook-timestamp": "-1"}, NOT_SECONDS),
    "no version": ({"webhook-signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, NO_SIGNATURE),
    "another version": ({"webhook-signature": "v1a,g0hM9SsE"}, NO_SIGNATURE),
    "an empty signature": ({"webhook-signature": "v1,"}, MISMATCH),
    "not base64": ({"webhook-signature": "v1,?,v1"}, MISMATCH),
    "not ASCII": ({"webhook-signature": "v1,ä"}, NO_SIGNATURE),
    "only commas": ({"webhook-signature": ",,, ,"}, NO_SIGNATURE),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_request_is_refused_with_what_to_fix(change, sentence):
    with pytest.raises(SignatureError) as caught:
        signatures.verify([SECRET], signed() | change, BODY, NOW)
    assert caught.value.public == sentence


@pytest.mark.parametrize("body", [BODY + b" ", b"", BODY[:-1]], ids=["longer", "empty", "cut"])
def test_a_tampered_body_is_refused(body):
    with pytest.raises(SignatureError, match="doesn't match"):
        signatures.verify([SECRET], signed(), body, NOW)


@pytest.mark.parametrize("keys", [[], [""], ["rubbish"], ["whsec_"], ["whsec_c2hvcnQ="]])
def test_without_a_usable_secret_everything_is_refused(keys):
    with pytest.raises(SignatureError) as caught:
        signatures.verify(keys, signed(), BODY, NOW)
    assert caught.value.public == "This gateway has no signing secret yet. Ask its operator to set one."


def test_a_wrong_secret_is_refused():
    with pytest.raises(SignatureError, match="doesn't match"):
        signatures.verify([OLD], signed(), BODY, NOW)


def test_new_secrets_are_usable_and_never_the_same():
    one, other = signatures.new_secret(), signatures.new_secret()
    assert one != other
    assert [signatures.check_secret(secret) for secret in (one, other)] == ["", ""]


NO_SECRET = "This must be “whsec_” followed by 24 to 64 bytes in base64. Leave it empty to have one made."


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (SECRET, ""),
        (SECRET.rstrip("="), ""),
        ("whsec_" + "QUFB" * 21 + "QQ==", ""),  # 64 bytes
        ("whsec_" + "QUFB" * 21 + "QUE=", NO_SECRET),  # 65 bytes
        ("whsec_" + "QUFB" * 7, NO_SECRET),  # 21 bytes
        (SECRET.removeprefix("whsec_"), NO_SECRET),
        ("whsec_not base64 at all, not even close", NO_SECRET),
        ("whsec_ümlaut" + "QUFB" * 10, NO_SECRET),
        ("", NO_SECRET),
    ],
)
def test_what_can_be_a_secret(secret, sentence):
    assert signatures.check_secret(secret) == sentence


def test_signing_without_a_usable_secret_is_an_error():
    with pytest.raises(ValueError, match="isn't a signing secret"):
        signatures.sign(["rubbish"], "msg_1", BODY)
