from collections.abc import Iterator

import pytest

from tests.agents.imports import site as sites


@pytest.fixture
def site() -> Iterator[sites.Site]:
    with sites.serving() as site:
        yield site
