"""What messaging adds to the configuration of a Zendesk gateway. All of it may be left out."""

import re
from dataclasses import dataclass

from gateways.adapters.zendesk import config
from gateways.adapters.zendesk.config import check_api_url, check_line
from gateways.config import option

AGENT_WORKSPACE = "zd-agentWorkspace"  # what Zendesk calls its own people on the switchboard


def _check_name(value: str) -> str:
    """https://developer.zendesk.com/api-reference/conversations/#operation/CreateSwitchboardIntegration"""
    fine = re.fullmatch(r"[A-Za-z0-9_:-]{1,128}", value)
    return "" if fine else "Use up to 128 letters, digits, hyphens and underscores."


def _check_app(value: str) -> str:
    fine = re.fullmatch(r"[0-9A-Za-z]{10,64}", value)
    return "" if fine else "This isn't an app's id. It looks like 5d8cff3cd55b040010928b5b."


@dataclass(frozen=True, slots=True)
class Config(config.Config):
    messaging_app_id: str = option(
        "Messaging: app ID",
        "Only for Zendesk messaging. From Admin Center > Apps and integrations > Conversations API "
        "(https://developer.zendesk.com/documentation/conversations/getting-started/api-authentication/).",
        default="",
        check=_check_app,
    )
    messaging_key_id: str = option(
        "Messaging: key ID", "Of an API key made there; it begins with “app_”.", default="", check=check_line
    )
    messaging_key_secret: str = option(
        "Messaging: secret key",
        "Shown once, when the key is made.",
        default="",
        secret=True,
        check=check_line,
    )
    messaging_webhook_secret: str = option(
        "Messaging: webhook secret",
        "Filled in by “Connect”. Zendesk proves with it that what it tells of messaging comes from there.",
        default="",
        secret=True,
        check=check_line,
    )
    messaging_integration: str = option(
        "Messaging: our name on the switchboard",
        "The agent answers while this switchboard integration is in control, and is silent while another is. “Connect” "
        "adds it (https://developer.zendesk.com/documentation/conversations/messaging-platform/"
        "programmable-conversations/switchboard/).",
        default="aissist",
        check=_check_name,
    )
    messaging_people: str = option(
        "Messaging: who gets what is handed over",
        "The switchboard integration that control is passed to: Zendesk's Agent Workspace, or “next” for the one that "
        "the switchboard names.",
        default=AGENT_WORKSPACE,
        check=_check_name,
    )
    messaging_url: str = option(
        "Messaging: API address",
        "Only for accounts with a server of their own: https://api.smooch.io or https://api.eu-1.smooch.io.",
        default="",
        check=check_api_url,
    )

    @property
    def messaging_base(self) -> str:
        """Where the API of messaging is, without a slash at the end."""
        return self.messaging_url.rstrip("/") or f"{self.base}/sc"

    @property
    def has_messaging(self) -> bool:
        return bool(self.messaging_app_id and self.messaging_key_id and self.messaging_key_secret)
