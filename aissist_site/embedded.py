"""The embedded broker: a Valkey of our own on a Unix socket (to be completed)."""

from pathlib import Path


def socket_path(data_dir: Path) -> Path:
    return data_dir / "broker.sock"


def broker_url(data_dir: Path) -> str:
    return f"redis+socket://{socket_path(data_dir)}"
