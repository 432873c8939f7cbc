"""Sources over the API: the same that admin can do, within the key's agent."""

import base64
from typing import Any

import pytest

from agents.imports import run
from agents.knowledge_models import Source, SourceLink, SourcePage
from agents.models import Agent, Article, SubAgent
from tests.agents.api.fixtures import Api, invalid, refused

SITE = {"name": "Help", "kind": "sitemap", "address": "https://shop.example.com/sitemap.xml", "include": ["/help/*"]}


@pytest.fixture
def source(agent: Agent) -> Source:
    return Source.objects.create(agent=agent, name="Site", address="https://shop.example.com/", state="done")


def shown(source: Source, **changes: Any) -> dict[str, Any]:
    source.refresh_from_db()
    return {
        "id": source.pk,
        "agent": source.agent_id,
        "name": "Site",
        "kind": "url",
        "address": "https://shop.example.com/",
        "include": [],
        "exclude": [],
        "most_pages": 200,
        "every_hours": 0,
        "sub_agents": [],
        "state": "done",
        "error": "",
        "found": 0,
        "done": 0,
        "failed": 0,
        "imported_at": None,
        "due_at": None,
        "created_at": source.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": source.updated_at.isoformat().replace("+00:00", "Z"),
        **changes,
    }


def test_a_source_is_made_and_waits(api: Api, agent: Agent) -> None:
    answer = api("POST", f"agents/{agent.pk}/sources", SITE)
    assert (answer.status, answer.json) == (201, shown(Source.objects.get(), **SITE, state="waiting"))


def test_sources_are_read(api: Api, agent: Agent, source: Source) -> None:
    assert api("GET", f"agents/{agent.pk}/sources/{source.pk}").json == shown(source)
    assert api("GET", f"agents/{agent.pk}/sources").json["results"] == [shown(source)]


def test_a_file_is_imported(api: Api, agent: Agent) -> None:
    content = base64.b64encode(b"# Refunds\nIn 5 days.").decode()
    body = {"name": "File", "kind": "file", "file": {"name": "a.md", "content": content}}
    answer = api("POST", f"agents/{agent.pk}/sources", body)
    assert (answer.status, "file" in answer.json) == (201, False)
    run.import_due()
    assert Article.objects.get().body == "In 5 days."


def file(content: str) -> dict[str, Any]:
    return {"name": "x", "kind": "file", "file": {"name": "a.md", "content": content}}


WONT_DO: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "no address": ({"name": "x"}, ("invalid", "Give the address, beginning with https:// or http://.", "address")),
    "no file": ({"name": "x", "kind": "file"}, ("invalid", "Give the file, or upload it in admin.", "file")),
    "a file too many": (
        {**SITE, "file": {"name": "a.md", "content": "eA=="}},
        ("invalid", "Only a source of the kind “file” has one.", "file"),
    ),
    "not Base64": (file("?"), ("invalid", "This isn't Base64.", "file.content")),
    "empty": (file(""), ("blank", "This field may not be blank.", "file.content")),
    "read only": ({**SITE, "state": "done"}, ("read_only", "This can't be changed.", "state")),
    "no list": (
        {**SITE, "include": "x"},
        ("not_a_list", 'Expected a list of items but got type "str".', "include"),
    ),
    "unknown sub agent": (
        {**SITE, "sub_agents": ["no"]},
        ("does_not_exist", "Object with slug=no does not exist.", "sub_agents"),
    ),
    "name taken": (
        {**SITE, "name": "Site"},
        ("invalid", "This agent has a source of this name already.", "name"),
    ),
}


@pytest.mark.parametrize(("body", "problem"), WONT_DO.values(), ids=WONT_DO)
def test_what_wont_do_is_said(
    api: Api, agent: Agent, source: Source, body: dict[str, Any], problem: tuple[str, str, str]
) -> None:
    answer = api("POST", f"agents/{agent.pk}/sources", body)
    assert (answer.status, answer.json) == (400, invalid(problem))
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "state"),
    [({"name": "Other"}, "done"), ({"every_hours": 24}, "done"), ({"exclude": ["/x"]}, "waiting"), ({}, "done")],
    ids=str,
)
def test_a_source_is_changed(api: Api, agent: Agent, source: Source, change: dict[str, Any], state: str) -> None:
    answer = api("PATCH", f"agents/{agent.pk}/sources/{source.pk}", change)
    assert (answer.status, answer.json) == (200, shown(source, **change, state=state))


def test_its_kind_stays(api: Api, agent: Agent, source: Source) -> None:
    answer = api("PATCH", f"agents/{agent.pk}/sources/{source.pk}", {"kind": "sitemap"})
    assert answer.json == invalid(("invalid", "This can't be changed. Make another source.", "kind"))


def test_sub_agents_are_linked(api: Api, agent: Agent, source: Source) -> None:
    SubAgent.objects.create(agent=agent, name="A", slug="a", scenario="s")
    SubAgent.objects.create(agent=agent, name="B", slug="b", scenario="s")
    url = f"agents/{agent.pk}/sources/{source.pk}"
    assert api("PATCH", url, {"sub_agents": ["b", "a"]}).json["sub_agents"] == ["a", "b"]
    assert api("PATCH", url, {"sub_agents": ["b"]}).json["sub_agents"] == ["b"]
    assert SourceLink.objects.count() == 1


def test_it_is_imported_and_stopped(api: Api, agent: Agent, source: Source) -> None:
    url = f"agents/{agent.pk}/sources/{source.pk}/import"
    answer = api("POST", url)
    assert (answer.status, answer.json["state"]) == (202, "waiting")
    again = api("POST", url)
    assert (again.status, again.json) == (409, refused("conflict", "It is being imported already."))
    assert api("DELETE", url).json["state"] == "cancelled"
    assert api("DELETE", url).json == refused("conflict", "There is no import to be stopped.")


def test_its_pages_say_what_went_wrong(api: Api, agent: Agent, source: Source) -> None:
    page = SourcePage.objects.create(
        source=source, address="https://x.example/", address_hash="x", state="failed", error="No."
    )
    assert api("GET", f"agents/{agent.pk}/sources/{source.pk}/pages").json["results"] == [
        {"id": page.pk, "address": "https://x.example/", "state": "failed", "error": "No.", "read_at": None}
    ]


def test_it_is_deleted(api: Api, agent: Agent, source: Source) -> None:
    assert api("DELETE", f"agents/{agent.pk}/sources/{source.pk}").status == 204
    assert not Source.objects.exists()
