"""System checks of what settings can't know is wrong: `manage.py check --deploy` runs them."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks


@checks.register()
def public_url_is_an_origin(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme in ("http", "https") and parts.hostname and not (parts.path or parts.query or parts.fragment):
        return []
    return [
        checks.Error(
            f"PUBLIC_URL is “{settings.PUBLIC_URL}”, which isn't an origin.",
            hint="Set it to where the site is reached, like https://support.example.com, without a path.",
            id="aissist.E002",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def public_url_is_https(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    return [
        checks.Warning(
            f"PUBLIC_URL is “{settings.PUBLIC_URL}”: platforms deliver webhooks to https addresses only.",
            hint="Put a proxy with a certificate in front and set PUBLIC_URL to its https address.",
            id="aissist.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def database_is_a_server(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if not settings.EMBEDDED:
        return []
    return [
        checks.Warning(
            "The site runs on its embedded SQLite database, which one machine alone can use.",
            hint="Set DATABASE_URL to a PostgreSQL database, and SECRET_KEY and FIELD_ENCRYPTION_KEY with it.",
            id="aissist.W002",
        )
    ]
