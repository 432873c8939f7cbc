"""The vendors' own descriptions: their OpenAPI files to hold our requests against, and their example payloads."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

METHODS = ("get", "post", "put", "patch", "delete")
SPECS = Path(__file__).parents[4] / "shared" / "specs"


def needs(platform: str) -> pytest.MarkDecorator:
    there = (SPECS / platform).is_dir()
    return pytest.mark.skipif(not there, reason=f"../shared/specs/{platform} isn't there")


@cache
def _description(platform: str, file: str) -> OpenAPI:
    """As it is: what vendors have got wrong elsewhere in it is no matter here."""
    described = json.loads((SPECS / platform / file).read_text("utf-8"))
    for path, item in described["paths"].items():
        for part in (item, *(item[method] for method in METHODS if method in item)):
            part["parameters"] = [each for each in part.get("parameters", ()) if _fits(path, each, described)]
    return OpenAPI.from_dict(described, config=Config(spec_validator_cls=None))


def _fits(path: str, parameter: dict[str, Any], described: dict[str, Any]) -> bool:
    """Whether the path has room for the parameter, if it is one of paths."""
    for name in parameter.get("$ref", "").split("/")[1:]:
        described = described[name]
    found = described if "$ref" in parameter else parameter
    return found["in"] != "path" or f"{{{found['name']}}}" in path


def check(platform: str, file: str, request: requests.PreparedRequest) -> None:
    """Raises what openapi-core found wrong with a request."""
    _description(platform, file).validate_request(RequestsOpenAPIRequest(request))


def examples(platform: str) -> list[Any]:
    """The vendor's example payloads as test parameters; none where the folder isn't there."""
    files = sorted((SPECS / platform / "webhooks").glob("*.json"))
    return [pytest.param(file.read_bytes(), id=file.stem) for file in files]
