"""The real mail server, started once for all tests that want it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.mail.server import MailServer
from tests.processes.newcomer import Operator
from tests.processes.site import Site, stacks


@pytest.fixture(scope="module", params=stacks())
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole product on a stack; on every one of them, unless a module has its own."""
    with Site(request.param, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def operator(site: Site) -> Operator:
    return Operator(site.base, site.password)


@pytest.fixture(scope="session")
def server() -> Iterator[MailServer]:
    # Not in pytest's own folder: that is for root alone, and the mail server's users have to get in.
    folder = Path(tempfile.mkdtemp(prefix="aissist-mail-"))
    made = MailServer(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
