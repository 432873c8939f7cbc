"""Which notes are commands, and what they say."""

import pytest

from gateways.commands import Command, Told, called, listed, parse, trouble

DRAFT = Told(Command.DRAFT, "draft", "")


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("/draft", DRAFT),
        ("  \n\t/draft  ", DRAFT),
        ("\ufeff\u200b/draft", DRAFT),
        ("/DRAFT", DRAFT),
        ("/Draft:", DRAFT),
        ("&#47;draft", DRAFT),
        ("&#x2F;draft", DRAFT),
        ("&sol;draft", DRAFT),
        ("&amp;#47;draft", DRAFT),
        ("／draft", DRAFT),
        ("<p>/draft</p>", DRAFT),
        ("<div><p>&#x2f;draft</p></div>", DRAFT),
        ("&lt;p&gt;/draft&lt;/p&gt;", DRAFT),
        ("`/draft`", DRAFT),
        ('"/draft"', DRAFT),
        ("“/draft”", DRAFT),
        ("/draft short, please", Told(Command.DRAFT, "draft", "short, please")),
        ("/instruct Offer a refund\nfirst.", Told(Command.INSTRUCT, "instruct", "Offer a refund\nfirst.")),
        ('/instruct "Offer a refund."', Told(Command.INSTRUCT, "instruct", "Offer a refund.")),
        ('/instruct Say "no" or "yes"', Told(Command.INSTRUCT, "instruct", 'Say "no" or "yes"')),
        ("/translate\u00a0de", Told(Command.TRANSLATE, "translate", "de")),
        ("/summarize", Told(Command.SUMMARIZE, "summarize", "")),
        ("/rephrase friendlier", Told(Command.REPHRASE, "rephrase", "friendlier")),
        ("/handback", Told(Command.HANDBACK, "handback", "")),
        ("/suspend", Told(Command.SUSPEND, "suspend", "")),
        ("/shrug", Told(None, "shrug", "")),
        ("/drafts", Told(None, "drafts", "")),
        ("", None),
        ("/", None),
        ("/ draft", None),
        ("//draft", None),
        ("/1", None),
        ("/etc/hosts is wrong", None),
        ("/draft/now", None),
        ("draft", None),
        ("See /draft", None),
        ("> /draft", None),
        ("https://shop.example/draft", None),
        ("Is it 1/2?", None),
    ],
)
def test_a_note(note: str, told: Told | None):
    assert parse(note, {}) == told


NAMES = {"draft": "Entwurf", "suspend": ""}


@pytest.mark.parametrize(
    ("note", "command"),
    [
        ("/entwurf", Command.DRAFT),
        ("/ENTWURF", Command.DRAFT),
        ("/draft", None),
        ("/suspend", None),
        ("/translate", Command.TRANSLATE),
    ],
)
def test_names_of_the_gateways_own(note: str, command: Command | None):
    told = parse(note, NAMES)
    assert told is not None and told.command == command


def test_what_there_is_is_listed_under_its_names():
    assert listed(NAMES).splitlines()[0].startswith("- `/entwurf`: have the agent draft")
    assert "suspend" not in listed(NAMES) and len(listed(NAMES).splitlines()) == len(Command) - 1
    assert list(called({})) == [command.value for command in Command]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ({}, ""),
        ({"draft": "entwurf", "suspend": ""}, ""),
        ({"draft": "suspend", "suspend": "draft"}, ""),
        ([], "Give a JSON object"),
        ({"drft": "x"}, "There is no command “drft”"),
        ({"draft": "two words"}, "can't be called “two words”"),
        ({"draft": 7}, "can't be called “7”"),
        ({"draft": "x" * 31}, "can't be called"),
        ({"draft": "Suspend"}, "Two commands are called “suspend”"),
    ],
    ids=range(9),
)
def test_what_names_have_to_be(names: object, why: str):
    assert trouble(names).find(why) >= 0 and bool(trouble(names)) is bool(why)
