"""The README stays true where a test can tell."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
READ_ELSEWHERE = {"SSL_CERT_FILE", "AISSIST_DEMO_WEBHOOK_SECRET"}  # by the HTTP client and by the demo
FOR_TESTS = {"TEST_DATABASE"}


def test_the_table_has_every_setting_and_no_other():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "aissist_site" / "settings.py").read_text()))
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert told == (read - FOR_TESTS) | READ_ELSEWHERE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w./-]+)\)|src=\"(docs/[^\"]+)\"", README))))
def test_what_it_links_to_is_there(path):
    assert (ROOT / "".join(path)).exists()


def test_the_commands_it_names_exist():
    assert set(re.findall(r"manage\.py (\w+)", README)) <= {*get_commands(), "help"}
