from dataclasses import MISSING, dataclass

import pytest

from agents import config
from agents.config import ConfigError, option


@dataclass(frozen=True, slots=True)
class Account:
    token: str = option("Token", "From the settings page.", secret=True, generate=lambda: "made")
    site: str = option("Site", check=lambda value: "" if value.endswith(".example.com") else "Not one of ours.")
    region: str = option("Region", default="eu", choices=("eu", "us"))
    retries: int = option("Retries", default=3)
    pause: float = option("Pause", default=0.5)
    silent: bool = option("Silent", default=False)
    headers: dict[str, str] = option("Headers", default={})  # noqa: RUF009 - it makes a field


GIVEN = {"token": "t", "site": "a.example.com"}


def test_what_is_not_given_has_its_default():
    assert config.load(Account, GIVEN) == Account("t", "a.example.com", "eu", 3, 0.5, False, {})


def test_what_is_given_is_kept():
    values = {"region": "us", "retries": 0, "pause": 2, "silent": True, "headers": {"X": "y"}}
    assert config.load(Account, GIVEN | values) == Account("t", "a.example.com", "us", 0, 2, True, {"X": "y"})


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_value_counts_as_not_given(empty):
    assert config.load(Account, {**GIVEN, "region": empty}).region == "eu"
    with pytest.raises(ConfigError) as caught:
        config.load(Account, {**GIVEN, "token": empty})
    assert caught.value.errors == {"token": "This is needed."}


WRONG = {
    "unknown": ({"colour": "red"}, {"colour": "There is no such option."}),
    "not a choice": ({"region": "mars"}, {"region": "Choose one of: eu, us."}),
    "refused by its check": ({"site": "a.example.org"}, {"site": "Not one of ours."}),
    "a number for a text": ({"site": 5}, {"site": "This must be text."}),
    "a text for a number": ({"retries": "3"}, {"retries": "This must be a whole number."}),
    "true for a whole number": ({"retries": True}, {"retries": "This must be a whole number."}),
    "a fraction for a whole number": ({"retries": 1.5}, {"retries": "This must be a whole number."}),
    "a text for a decimal number": ({"pause": "1"}, {"pause": "This must be a number."}),
    "true for a decimal number": ({"pause": True}, {"pause": "This must be a number."}),
    "a number for yes or no": ({"silent": 1}, {"silent": "This must be yes or no."}),
    "a list for a set": ({"headers": []}, {"headers": "This must be a set of names and values."}),
    "several": (
        {"site": 5, "region": "mars", "colour": "red"},
        {
            "site": "This must be text.",
            "region": "Choose one of: eu, us.",
            "colour": "There is no such option.",
        },
    ),
}


@pytest.mark.parametrize(("values", "errors"), WRONG.values(), ids=WRONG)
def test_what_will_not_do_is_named(values, errors):
    with pytest.raises(ConfigError) as caught:
        config.load(Account, GIVEN | values)
    assert caught.value.errors == errors


def test_an_option_tells_what_forms_are_made_from():
    fields = {field.name: field for field in config.options(Account)}
    assert list(fields) == ["token", "site", "region", "retries", "pause", "silent", "headers"]
    assert config.secret_names(Account) == ("token",)
    assert [config.kind_of(field) for field in fields.values()] == [str, str, str, int, float, bool, dict]
    assert [config.default_of(field) for field in fields.values()] == [MISSING, MISSING, "eu", 3, 0.5, False, {}]
    token = fields["token"].metadata
    assert (token["label"], token["help"], token["generate"]()) == ("Token", "From the settings page.", "made")


def test_defaults_that_can_be_changed_are_not_shared():
    assert config.load(Account, GIVEN).headers is not config.load(Account, GIVEN).headers


def test_a_secret_is_in_no_repr():
    made = config.load(config_with_secret(), {"name": "shop", "key": "sk-hidden"})
    assert repr(made).endswith("WithSecret(name='shop')")
    assert made.key == "sk-hidden"


@pytest.mark.parametrize("secret", ["sk-hidden", ""])
def test_the_one_secret_is_put_under_its_name(secret: str):
    assert config.with_secret(config_with_secret(), {"name": "shop"}, secret) == {"name": "shop", "key": secret}


def test_a_config_without_secrets_takes_none():
    @dataclass(frozen=True, slots=True)
    class Plain:
        name: str = option("Name")

    assert config.with_secret(Plain, {"name": "shop"}, "sk-hidden") == {"name": "shop"}


def config_with_secret() -> type:
    @dataclass(frozen=True, slots=True)
    class WithSecret:
        name: str = option("Name")
        key: str = option("Key", default="", secret=True)

    return WithSecret
