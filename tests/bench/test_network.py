"""What two hosts are told of where the servers are."""

from pathlib import Path
from types import SimpleNamespace

from tests.bench import hosts
from tests.bench.servers import Postgres, Valkey


def test_a_worker_on_another_host_finds_the_servers_by_the_bridges_address():
    stack = SimpleNamespace(
        env={"DATABASE_URL": "postgres://postgres@127.0.0.1:1/x", "CELERY_BROKER_URL": "redis://127.0.0.1:2/0"}
    )
    work, errand = hosts.workers(stack, "aissist-a")
    assert work.prefix == errand.prefix == ("ip", "netns", "exec", "aissist-a")
    assert work.env == {
        "DATABASE_URL": "postgres://postgres@10.77.0.1:1/x",
        "CELERY_BROKER_URL": "redis://10.77.0.1:2/0",
    }
    assert [work.arguments[-1], errand.arguments[-1]] == ["ingest,turn,deliver,timer,sweep", "errand"]


def test_servers_listen_at_home_and_where_they_are_told_to_besides(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(Postgres, "__init__", lambda self, folder, port: None)
    postgres = Postgres(tmp_path, 1)
    postgres.port, postgres.folder, postgres.data, postgres.options = 1, tmp_path, tmp_path, {}
    valkey = Valkey(tmp_path, 2)
    for also, listen, bind in (
        ("", "listen_addresses=127.0.0.1", ["--bind", "127.0.0.1"]),
        ("10.77.0.1", "listen_addresses=127.0.0.1,10.77.0.1", ["10.77.0.1", "--protected-mode", "no"]),
    ):
        postgres.also = valkey.also = also
        assert listen in postgres.command()[0]
        assert valkey.command()[0][-len(bind) :] == bind
    postgres.let_in("10.77.0.0/24")
    assert (tmp_path / "pg_hba.conf").read_text() == "host all all 10.77.0.0/24 trust\n"
