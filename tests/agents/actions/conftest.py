from collections.abc import Iterator

import pytest

from tests.agents.actions.api_server import serving
from tests.agents.engines.model_server import ModelServer


@pytest.fixture
def shop_api() -> Iterator[ModelServer]:
    with serving() as server:
        yield server
