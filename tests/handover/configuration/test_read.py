import pytest

from handover.configuration.read import read
from handover.configuration.values import ConfigurationError, Reference, Source

HEAD = "kind: gateway\nname: Desk\n"
HERE = "f: gateway “Desk”"
REFERENCE = "Give {env: VARIABLE}, {file: /path} or {generate: true}; the value never stands in a file."


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("name: Desk", "f: kind: Give one of: agent, gateway."),
        ("kind: gatway\nname: Desk", "f: kind: Give one of: agent, gateway."),
        ("kind: gateway\nmode: off", "f: gateway “”: name: Give the name; it is what it is recognised by."),
        (HEAD + "burst_windwo: 1", f"{HERE}: “burst_windwo” isn't known here. Did you mean “burst_window”?"),
        (HEAD + "handover_rule: []", f"{HERE}: “handover_rule” isn't known here. Did you mean “handover_rules”?"),
        (HEAD + "secret: {}", f"{HERE}: “secret” isn't known here. Did you mean “secrets”?"),
        (HEAD + "id: 7", f"{HERE}: “id” isn't known here. Known: "),
        (HEAD + "status: ok", f"{HERE}: “status” isn't known here. "),
        (HEAD + "mode: atuo", f"{HERE}: mode: Value 'atuo' is not a valid choice."),
        (HEAD + "burst_window: fast", f"{HERE}: burst_window: Give a number, without quotes."),
        (HEAD + "burst_window: true", f"{HERE}: burst_window: Give a number, without quotes."),
        (HEAD + "burst_window: 61", f"{HERE}: burst_window: Ensure this value is less than or equal to 60."),
        (HEAD + "burst_window: null", f"{HERE}: burst_window: This field cannot be null."),
        (HEAD + "agent: 7", f"{HERE}: agent: Give the name of the agent."),
        (HEAD + "handover_rules: {}", f"{HERE}: handover_rules: Give a list, [] for none."),
        (HEAD + "handover_rules: [7]", f"{HERE}: handover_rules[1]: Give names and values, like “sub_agent: …”."),
        (
            HEAD + "handover_rules:\n- {sub_agent: a, destination: front, is_active: yes}",
            f"{HERE}: handover_rules[1]: destination: Give kind and external_id of the destination, each a text.\n"
            f"{HERE}: handover_rules[1]: is_active: Give true or false.",
        ),
        (HEAD + "destinations: [{name: Front}]", f"{HERE}: destinations[1]: external_id: This is needed."),
        (
            HEAD + "destinations: [{external_id: 7, name: Front}]",
            f"{HERE}: destinations[1]: external_id: Give a text. Put it in quotes.",
        ),
        (
            HEAD + "message_templates: [{kind: handover, text: A}, {kind: handover, text: B}]",
            f"{HERE}: message_templates: handover,  stands here twice. Remove one of them.",
        ),
        (HEAD + "secrets: {token: hunter2}", f"{HERE}: secrets.token: {REFERENCE}"),
        (HEAD + "secrets: {token: {env: A B}}", f"{HERE}: secrets.token: {REFERENCE}"),
        (HEAD + "secrets: {token: {env: A, file: b}}", f"{HERE}: secrets.token: {REFERENCE}"),
        (HEAD + "secrets: {token: {value: hunter2}}", f"{HERE}: secrets.token: {REFERENCE}"),
        (HEAD + "secrets: [token]", f"{HERE}: secrets: Give names, each with {{env: VARIABLE}} or {{file: /path}}."),
        ("kind: agent\nname: A\nsecrets: {a: {env: A}}", "f: agent “A”: secrets: Only gateways have secrets."),
    ],
)
def test_what_will_not_do_is_named_with_its_place_and_a_way_out(source: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(source, "f")
    assert str(refused.value).startswith(problem)
    assert "hunter2" not in str(refused.value)


def test_all_problems_of_all_documents_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(HEAD + "mod: off\nmoode: off\n---\nkind: agent\nname: A\nlanguag: de", "f")
    assert len(refused.value.problems) == 3


def test_a_row_is_whole_and_the_root_is_not() -> None:
    (document,) = read(
        HEAD + "mode: off\nhandover_rules: [{sub_agent: a, destination: {kind: people, external_id: x}}]", "f"
    )
    assert document.columns == {"name": "Desk", "mode": "off"}
    (rule,) = document.lists["handover_rules"]
    assert (rule["position"], rule["is_active"]) == (1, True)
    assert set(document.lists) == {"handover_rules"}


def test_what_is_there_once_is_no_list() -> None:
    (none,) = read(HEAD + "escalation_target: null", "f")
    (one,) = read(HEAD + "escalation_target: {destination: {kind: people, external_id: x}}", "f")
    assert none.lists == {"escalation_target": ()}
    [row] = one.lists["escalation_target"]
    assert row["destination"] == {"kind": "people", "external_id": "x"}


def test_references_to_secrets() -> None:
    (document,) = read(HEAD + "secrets: {a: {env: A}, b: {file: /run/b}, c: {generate: true}, d: null}", "f")
    assert document.secrets == {
        "a": Reference(Source.ENV, "A"),
        "b": Reference(Source.FILE, "/run/b"),
        "c": Reference(Source.GENERATE),
        "d": None,
    }
