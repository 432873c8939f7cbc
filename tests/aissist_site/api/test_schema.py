import io
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver

from aissist_site import api as site
from aissist_site.api import document
from tests.agents.api.fixtures import Api

OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
}


def views() -> dict[str, Any]:
    """The API's views by path."""
    found = {str(each.pattern): getattr(each.callback, "view_class", None) for each in patterns(site.urlpatterns)}
    return {path: view for path, view in found.items() if hasattr(view, "needs")}


def patterns(urls: Any) -> list[URLPattern]:
    return [found for url in urls for found in (patterns(url.url_patterns) if isinstance(url, URLResolver) else [url])]


def test_the_document_is_valid_and_complete() -> None:
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    assert out.getvalue().startswith("openapi: 3.1")


def test_the_document_covers_every_path_and_method() -> None:
    expected = {
        f"{method.upper()} /api/{path.replace('<int:', '{').replace('>', '}')}"
        for path, view in views().items()
        for method in view.http_method_names
        if method != "head"
    }
    assert set(OPERATIONS) == expected
    assert len(expected) == 78


@pytest.mark.parametrize("view", views().values(), ids=lambda view: view.__name__)
def test_every_method_of_every_view_wants_a_permission(view: Any) -> None:
    assert {method.lower() for method in view.needs} == set(view.http_method_names) - {"head"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_reads_well(name: str) -> None:
    operation = OPERATIONS[name]
    assert re.fullmatch(r"[a-z]+[A-Za-z]+", operation["operationId"])
    assert len(operation["tags"]) == 1
    assert operation["summary"] and not operation["summary"].endswith(".")
    assert operation["security"] == [{"apiKey": []}, {"session": []}]
    assert {"401", "403", "404", "429"} <= set(operation["responses"])


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert sorted(set(ids)) == sorted(ids)


def test_the_document_is_for_everybody_and_is_json(db: None) -> None:
    answer = Api()("GET", "schema")
    assert (answer.status, answer.headers["Content-Type"], answer.json["openapi"]) == (200, "application/json", "3.1.1")


@pytest.mark.parametrize("path", ["/api/", "/api/docs"])
def test_the_page_to_read_it_on_keeps_to_the_content_security_policy(path: str) -> None:
    page = Client().get(path, follow=True)
    html = page.content.decode()
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html) == []
    sources = re.findall(r"<(?:script|link)[^>]*\b(?:src|href)=\"([^\"]+)\"", html)
    assert len(sources) == 5
    assert [source for source in sources if not finders.find(source.removeprefix("/static/"))] == []
