"""What an operator sets of a bot."""

import re
import secrets
from dataclasses import dataclass

from gateways.config import is_base_address, option

TELEGRAM = "https://api.telegram.org"


def _check_token(value: str) -> str:
    fine = re.fullmatch(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}", value)
    return "" if fine else "This isn't a bot's token. It looks like 123456789:AAH…; @BotFather gives you one."


def _check_webhook_secret(value: str) -> str:
    fine = re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value)
    return "" if fine else "Use 16 to 256 letters, digits, hyphens and underscores."


def _check_username(value: str) -> str:
    fine = re.fullmatch(r"@?[A-Za-z0-9_]{4,40}", value)
    return "" if fine else "Give the bot's user name like @shop_support_bot."


def _check_api_url(value: str) -> str:
    return "" if is_base_address(value) else "Give a whole address like https://telegram.example.com, without a query."


@dataclass(frozen=True, slots=True)
class Config:
    token: str = option(
        "Bot token",
        "From @BotFather in Telegram: send it /newbot, or /token for a bot that you have.",
        secret=True,
        check=_check_token,
    )
    receive: str = option(
        "Receive by",
        "“polling” works everywhere, also without a public address. “webhook” wants an https address that Telegram "
        "can reach: save, then press “Connect”.",
        default="polling",
        choices=("polling", "webhook"),
    )
    groups: str = option(
        "In groups",
        "“addressed”: what mentions the bot, answers it or is a command. “all” also wants privacy mode switched off by "
        "@BotFather. “none” leaves groups alone.",
        default="addressed",
        choices=("addressed", "all", "none"),
    )
    username: str = option(
        "Bot's user name", "Like @shop_support_bot: how it is mentioned in groups.", default="", check=_check_username
    )
    webhook_secret: str = option(
        "Webhook secret",
        "Telegram proves with it that a request comes from there. We tell it to Telegram when you connect.",
        default="",
        secret=True,
        check=_check_webhook_secret,
        generate=lambda: secrets.token_urlsafe(32),
    )
    api_url: str = option("Bot API server", "Only if you run one of your own.", default=TELEGRAM, check=_check_api_url)
