"""The vendors' own descriptions: their OpenAPI files to hold our requests against, and their example payloads."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

SPECS = Path(__file__).parents[4] / "shared" / "specs"


def needs(platform: str) -> pytest.MarkDecorator:
    there = (SPECS / platform).is_dir()
    return pytest.mark.skipif(not there, reason=f"../shared/specs/{platform} isn't there")


@cache
def _description(platform: str, file: str) -> OpenAPI:
    return OpenAPI.from_dict(json.loads((SPECS / platform / file).read_text("utf-8")))


def check(platform: str, file: str, request: requests.PreparedRequest) -> None:
    """Raises what openapi-core found wrong with a request."""
    _description(platform, file).validate_request(RequestsOpenAPIRequest(request))


def examples(platform: str) -> list[Any]:
    """The vendor's example payloads as test parameters; none where the folder isn't there."""
    files = sorted((SPECS / platform / "webhooks").glob("*.json"))
    return [pytest.param(file.read_bytes(), id=file.stem) for file in files]
