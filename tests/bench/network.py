"""Hosts of our own on this machine: Linux's network namespaces on a bridge. Wants root and the program `ip`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.stack import Missing

BRIDGE, HERE, NETWORK = "aissist-bench", "10.77.0.1", "10.77.0"
HOSTS = ("aissist-a", "aissist-b")


@contextmanager
def network() -> Iterator[None]:
    """A bridge at HERE and the hosts on it, by namespaces of their names."""
    if os.getuid() != 0 or not shutil.which("ip"):
        raise Missing("Network namespaces want root and the program “ip”.")
    _clear()
    try:
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for number, host in enumerate(HOSTS, start=2):
            _add(host, f"{NETWORK}.{number}")
        yield
    finally:
        _clear()


def _add(host: str, address: str) -> None:
    _ip("netns", "add", host)
    _ip("link", "add", f"{host}-0", "type", "veth", "peer", "name", "eth0", "netns", host)
    _ip("link", "set", f"{host}-0", "master", BRIDGE, "up")
    _ip("-n", host, "addr", "add", f"{address}/24", "dev", "eth0")
    _ip("-n", host, "link", "set", "eth0", "up")
    _ip("-n", host, "link", "set", "lo", "up")


def cut(host: str) -> None:
    """Nothing gets to it or from it any more, and nobody is told."""
    _ip("link", "set", f"{host}-0", "down")


def _clear() -> None:
    for host in HOSTS:
        _ip("link", "del", f"{host}-0", check=False)
        _ip("netns", "del", host, check=False)
    _ip("link", "del", BRIDGE, check=False)


def _ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, stderr=None if check else subprocess.DEVNULL)
