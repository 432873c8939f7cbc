from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from gateways.adapters.webchat import WebChat
from gateways.api import options
from gateways.config import option
from tests.fakes import FakePlatform


@dataclass(frozen=True, slots=True)
class Config:
    url: str = option("Address", "Where we send to.", check=lambda url: "" if url.startswith("https:") else "No https.")
    signing_secret: str = option("Secret", "Proves who sends.", secret=True, generate=lambda: "generated")
    region: str = option("Region", default="eu", choices=("eu", "us"))
    token: str = option("Token", secret=True, default="")


class Platform(FakePlatform):
    Config = Config  # type: ignore[assignment]  # the base class names its own


URL = {"url": "https://shop.example"}
SECRET = {"signing_secret": "s"}


@pytest.mark.parametrize(
    ("config", "secrets"),
    [
        pytest.param(URL, SECRET, id="what is needed"),
        pytest.param(URL, {**SECRET, "our-token_2": "t"}, id="a secret that other options refer to"),
        pytest.param({**URL, "region": "us"}, {**SECRET, "token": "t"}, id="everything"),
    ],
)
def test_good_options_pass(config: dict[str, Any], secrets: dict[str, str]) -> None:
    options.check(Platform, config, secrets)


@pytest.mark.parametrize(
    ("config", "secrets", "problems"),
    [
        pytest.param({}, SECRET, {"config": {"url": ["This is needed."]}}, id="one is missing"),
        pytest.param({"url": "http://"}, SECRET, {"config": {"url": ["No https."]}}, id="one won't do"),
        pytest.param({**URL, "x": 1}, SECRET, {"config": {"x": ["There is no such option."]}}, id="one is unknown"),
        pytest.param(URL, {}, {"secrets": {"signing_secret": ["This is needed."]}}, id="a secret is missing"),
        pytest.param(URL, {**SECRET, "x y": "1"}, {"secrets": {"x y": [options.NAME]}}, id="a secret has no name"),
        pytest.param(
            {**URL, "signing_secret": "s"},
            {},
            {"config": {"signing_secret": ["This is a secret. Give it in `secrets`."]}},
            id="a secret among the options",
        ),
        pytest.param(
            {"region": "mars"},
            {},
            {
                "config": {"url": ["This is needed."], "region": ["Choose one of: eu, us."]},
                "secrets": {"signing_secret": ["This is needed."]},
            },
            id="everything is wrong",
        ),
    ],
)
def test_every_bad_option_is_named(config: dict[str, Any], secrets: dict[str, str], problems: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        options.check(Platform, config, secrets)
    assert refused.value.detail == problems


@pytest.mark.parametrize(
    ("given", "generated"),
    [
        pytest.param({}, {"signing_secret": "generated"}, id="none given"),
        pytest.param({"signing_secret": ""}, {"signing_secret": "generated"}, id="an empty one given"),
        pytest.param({"signing_secret": "mine"}, {}, id="one given"),
        pytest.param({"token": "mine"}, {"signing_secret": "generated"}, id="another one given"),
    ],
)
def test_secrets_that_can_be_made_are(given: dict[str, str], generated: dict[str, str]) -> None:
    assert options.generate(Platform, given) == generated


def test_the_documentation_lists_every_option_of_every_platform() -> None:
    assert (
        "`webchat` (Web chat):\n\n"
        "- `secrets.visitor_key`: Signs what visitors' browsers keep to be recognised. With a new key, everybody "
        "starts a new conversation. Made by us if you give none.\n"
    ) in options.description()
    assert all(f".{field}`" in options.description() for field in WebChat.Config.__dataclass_fields__)
