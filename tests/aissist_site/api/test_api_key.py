import io
import re

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, ApiKey
from tests.agents.api.fixtures import Api


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_key_is_printed_alone_and_works(agent: Agent) -> None:
    out, err = run("create", "--agent", "Shop", "--name", "CRM")
    assert re.fullmatch(r"\w{8}\.\w{32}\n", out)
    assert err == "Keep this key. It isn't shown again.\n"
    assert ApiKey.objects.get().name == "CRM"
    assert [each["id"] for each in Api(out.strip())("GET", "agents").json["results"]] == [agent.pk]


def test_keys_are_listed_without_themselves(api: Api, other_api: Api) -> None:
    run("revoke", ApiKey.objects.get(name="Other").prefix)
    lines = [re.sub(r"^\w{8}|\d{4}-\d\d-\d\d", "…", line) for line in run("list")[0].splitlines()]
    assert lines == ["…  revoked   …  Other shop: Other", "…  usable    …  Shop: Tests"]
    assert [line.split(": ")[1] for line in run("list", "--agent", "Shop")[0].splitlines()] == ["Tests"]
    assert api.key.partition(".")[2] not in run("list")[0]


@pytest.mark.parametrize("whole", [False, True], ids=["by its prefix", "by the whole key"])
def test_a_revoked_key_is_useless_for_good(api: Api, whole: bool) -> None:
    prefix = ApiKey.objects.get().prefix
    assert run("revoke", api.key if whole else prefix)[0] == f"{prefix} is revoked.\n"
    assert api("GET", "agents").status == 401


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("create", "--agent", "Shoop", "--name", "CRM"),
            "There is no agent “Shoop”. Agents: Shop.",
        ),
        (("create", "--agent", "Shop", "--name", " "), "Give the key a name of 1 to 50 characters."),
        (("create", "--agent", "Shop", "--name", "x" * 51), "Give the key a name of 1 to 50 characters."),
        (("revoke", "nonsense"), "There is no such key. “api_key list” shows them all."),
        (("create", "--agent", "Shop"), "Error: the following arguments are required: --name"),
        ((), "Error: the following arguments are required: act"),
    ],
    ids=str,
)
def test_what_cant_be_done_is_said(agent: Agent, arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=re.escape(sentence)):
        run(*arguments)
    assert not ApiKey.objects.exists()
