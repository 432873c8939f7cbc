"""Processes that renew the same tokens at once, and one that is killed with new ones in its hands."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from gateways.models import Authorization, Gateway
from tests.loopback.oauth import Vendor, connected, gate, issued, vendor
from tests.processes.site import ROOT

__all__ = ["connected", "gate", "vendor"]
pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def start(gateway: Gateway, *words: str) -> "subprocess.Popen[str]":
    """A worker that is ready, and begins when it gets a line."""
    name = settings.DATABASES["default"]["NAME"]
    env = {**os.environ, "TEST_DATABASE_NAME": str(name), "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}
    env["FIELD_ENCRYPTION_KEY"] = ",".join(settings.FIELD_ENCRYPTION_KEY)
    command = [sys.executable, "-m", "tests.processes.renewing", str(gateway.pk), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    worker = subprocess.Popen(command, cwd=ROOT, env={**env, "SECRET_KEY": settings.SECRET_KEY}, **pipes)
    assert worker.stdout
    assert worker.stdout.readline() == "ready\n"
    return worker


def make_due() -> None:
    Authorization.objects.update(renew_at=timezone.now() - timedelta(seconds=5))


def test_three_processes_renew_once(connected: Gateway, vendor: Vendor) -> None:
    make_due()
    workers = [start(connected) for _ in range(3)]
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    told = sorted(worker.communicate(timeout=120)[0].strip() for worker in workers)
    assert (told, vendor.grants) == (["0", "0", "1"], ["refresh_token"])
    assert issued()["access_token"] in vendor.access_tokens
    assert Authorization.objects.get().stands


def test_one_that_is_killed_with_new_tokens_leaves_the_old_ones_and_a_sentence(
    connected: Gateway, vendor: Vendor
) -> None:
    make_due()
    kept = issued()
    assert start(connected, "die").communicate("\n", timeout=120)[0] == ""
    row = Authorization.objects.get()
    assert (vendor.grants, issued(), bool(row.holder)) == (["refresh_token"], kept, True)
    assert start(connected).communicate("\n", timeout=120)[0] == "0\n"  # the lease stands
    Authorization.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert start(connected).communicate("\n", timeout=120)[0] == "1\n"
    assert (vendor.grants, issued()) == (["refresh_token", "reused"], kept)
    connected.refresh_from_db()
    assert connected.status == "error"
    assert connected.status_detail == (
        "An earlier renewal of its tokens was cut off, perhaps after they had been replaced. Wall answered "
        "invalid_grant. Reconnect it: open the gateway and press “Connect with Wall”."
    )
