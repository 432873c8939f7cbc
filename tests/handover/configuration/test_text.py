from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handover.configuration import text
from handover.configuration.values import ConfigurationError, Document, Reference, Source

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
WORDS = st.sampled_from(
    ["off", "yes", "null", "~", "", "1e5", "1.5e5", ".5", "007", "0x1F", "1_000", "10:00", "2027-01-01", "=", "<<"]
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | WORDS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXTS | WORDS, inner), max_leaves=8)


@given(VALUES)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    written = text.dump([Document("agent", {"name": "A", "instructions": value})])
    assert list(text.load(written, "f")) == [{"kind": "agent", "name": "A", "instructions": value}]


@given(VALUES)
def test_what_is_written_is_read_so_by_other_readers_too(value: Any) -> None:
    written = text.dump([Document("agent", {"name": "A", "instructions": value})])
    assert yaml.safe_load(written)["instructions"] == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("10:00", "10:00"),
        ("2027-01-31", "2027-01-31"),
        ("007", "007"),
        ("7", 7),
        ("0.6", 0.6),
        ("~", None),
        ("", None),
    ],
)
def test_words_are_read_as_they_look(source: str, value: Any) -> None:
    assert list(text.load(f"a: {source}", "f")) == [{"a": value}]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("a: [", "f: is not YAML. Line 1, column 5: "),
        ("a: 1\nb: 2\na: 3", "f: is not YAML. Line 1, column 1: “a” stands here twice."),
        ("a: &x [1]\nb: *x", "f: is not YAML. Line 2, column 4: aliases aren't taken: write it out."),
        ("a: !!python/object:os.system {}", "f: is not YAML. Line 1, column 4: could not determine a constructor"),
        ("- 1", "f: document 1: Give names and values, beginning with “kind: gateway”."),
        ("a: 1\n---\nb", "f: document 2: Give names and values"),
        ("[" * 5000, "f: is not YAML."),
    ],
    ids=["unfinished", "twice", "alias", "tag", "list", "word", "deep"],
)
def test_what_cannot_be_read_is_refused_with_its_place(source: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        list(text.load(source, "f"))
    assert str(refused.value).startswith(problem)


def test_secrets_are_written_as_references() -> None:
    secrets = {"token": Reference(Source.ENV, "TOKEN"), "key": Reference(Source.GENERATE), "old": None}
    written = text.dump([Document("gateway", {"name": "Desk"}, secrets=secrets)])
    assert written.endswith(
        f"{text.SECRETS}\nsecrets:\n  token:\n    env: TOKEN\n  key:\n    generate: true\n  old: null\n"
    )
