"""What we sign is what the specification's own library takes."""

import pytest
from standardwebhooks import Webhook

from agents import signatures

BODY = b'{"text": "gr\xc3\xbc\xc3\x9fe"}'


def test_a_signed_request_is_taken_by_the_reference():
    secret = signatures.new_secret()
    assert Webhook(secret).verify(BODY, signatures.sign([secret], "msg_1", BODY)) == {"text": "grüße"}


def test_each_of_two_secrets_signs():
    old, new = signatures.new_secret(), signatures.new_secret()
    headers = signatures.sign([old, new], "msg_1", BODY)
    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers)


@pytest.mark.parametrize("wrong", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!", "plain"])
def test_what_isnt_a_secret_signs_nothing(wrong: str):
    assert signatures.key_of(wrong) is None
    with pytest.raises(ValueError, match="isn't a signing secret"):
        signatures.sign([wrong], "msg_1", BODY)
