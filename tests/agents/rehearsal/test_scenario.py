"""Scenario files: what they say when they are right, and what is said when they aren't."""

import pytest

from agents.rehearsal.scenario import Expectation, Scenario, ScenarioError, Step, read


def test_a_file_becomes_scenarios(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(
        """
- scenario: Everything
  language: de
  lines:
    - says: [Hallo, "Wo ist mein Paket?"]
      expect:
        sub_agent: [orders, ""]
        escalation: none
        reason: answered
        language: de
        articles: []
        contains: [Link]
        excludes: morgen
    - says: Danke
""",
        encoding="utf-8",
    )
    expect = Expectation(
        sub_agent=("orders", ""),
        escalation=("none",),
        reason=("answered",),
        language=("de",),
        articles=(),
        contains=("Link",),
        excludes=("morgen",),
    )
    lines = (Step(("Hallo", "Wo ist mein Paket?"), expect), Step(("Danke",), Expectation()))
    assert read(path) == (Scenario("Everything", str(path), "de", lines),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a list of scenarios"),
        ("scenario: x", "needs a list of scenarios"),
        ("- [", "is not YAML"),
        ("- !!python/object/apply:os.system [ls]", "is not YAML"),
        ("- hello", "scenario 1: needs keys and values. Allowed keys: scenario, language, lines."),
        ("- {lines: [{says: x}]}", "scenario 1: “scenario” is missing"),
        ("- {scenario: A}", "scenario 1 “A”: “lines” is missing"),
        ("- {scenario: A, lines: []}", "scenario 1 “A”, lines: needs a list of customer lines"),
        ("- {scenario: A, line: 1}", "scenario 1 “A”: unknown key “line”. Allowed keys: scenario, language, lines."),
        ("- {scenario: A, language: xx, lines: [{says: x}]}", "language: “xx” is unknown. Allowed: "),
        ("- {scenario: A, lines: [{says: x}, {say: x}]}", "line 2: unknown key “say”. Allowed keys: says, expect."),
        ("- {scenario: A, lines: [{says: []}]}", "line 1, says: is empty"),
        ("- {scenario: A, lines: [{says: ' '}]}", "line 1, says: is empty"),
        ("- {scenario: A, lines: [{says: 12}]}", "line 1, says: “12” isn't a text"),
        (
            "- {scenario: A, lines: [{says: x, expect: {escalation: maybe}}]}",
            "line 1, expect, escalation: “maybe” is unknown. Allowed: none, offered, now.",
        ),
        (
            "- {scenario: A, lines: [{says: x, expect: {reason: [answered, no]}}]}",
            "line 1, expect, reason: “False” isn't a text. Put quotation marks around it.",
        ),
        (
            "- {scenario: A, lines: [{says: x, expect: {article: y}}]}",
            "unknown key “article”. Allowed keys: sub_agent, escalation, reason, language, articles, contains,",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(tmp_path, text, said):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_bytes(b"\xff\xfe\xff")])
def test_a_file_that_cant_be_read_is_named(tmp_path, make):
    path = tmp_path / "gone.yaml"
    make(path)
    with pytest.raises(ScenarioError, match="gone.yaml: can't be read"):
        read(path)
