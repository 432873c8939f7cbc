"""What tests of engines that ask others need: somebody to ask."""

from collections.abc import Iterator

import pytest

from tests.agents.engines.model_server import ModelServer, serving


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with serving() as server:
        yield server
