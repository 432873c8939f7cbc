"""The site's own system checks."""

import pytest

from aissist_site import checks


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://support.example.com", []),
        ("http://127.0.0.1:8000", []),
        ("support.example.com", ["aissist.E002"]),
        ("https://support.example.com/aissist", ["aissist.E002"]),
        ("ftp://support.example.com", ["aissist.E002"]),
        ("https://", ["aissist.E002"]),
    ],
)
def test_the_public_address_is_an_origin(settings, url, ids):
    settings.PUBLIC_URL = url
    assert [message.id for message in checks.public_url_is_an_origin(None)] == ids


@pytest.mark.parametrize(
    ("url", "ids"), [("https://support.example.com", []), ("http://support.example.com", ["aissist.W001"])]
)
def test_a_deployment_is_reached_by_https(settings, url, ids):
    settings.PUBLIC_URL = url
    assert [message.id for message in checks.public_url_is_https(None)] == ids


@pytest.mark.parametrize(("embedded", "ids"), [(True, ["aissist.W002"]), (False, [])])
def test_a_deployment_has_a_database_server(settings, embedded, ids):
    settings.EMBEDDED = embedded
    assert [message.id for message in checks.database_is_a_server(None)] == ids
