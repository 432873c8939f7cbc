"""n8n and Node-RED: installed by npm at fixed versions into build/peers, started headless on a port of 127.0.0.1."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import flows
from tests.bench.report import BUILD
from tests.bench.stack import Missing

INSTALL_SECONDS = 1500
PACKAGES: dict[str, dict[str, Any]] = {
    # The last lines that run on Node 20. What is overridden comes from elsewhere than npm, or wants a newer Node.
    "node-red": {"dependencies": {"node-red": "4.1.15"}},
    "n8n": {
        "dependencies": {"n8n": "1.123.81"},
        "overrides": {"linkedom": "0.18.12", "xlsx": "0.18.5", "isolated-vm": "5.0.4"},
    },
}


def install(name: str) -> Path:
    """The program, installed once. Raises Missing with the reason where that can't be done."""
    folder = BUILD / "peers" / name
    program, manifest = folder / "node_modules" / ".bin" / name, json.dumps({"private": True, **PACKAGES[name]})
    done = folder / "installed.json"
    if done.exists() and done.read_text() == manifest:
        return program
    npm = shutil.which("npm")
    if not npm:
        raise Missing(f"{name} is left out: there is no npm here.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(manifest)
    log = folder / "install.log"
    with log.open("wb") as out:
        command = ["nice", "-n", "19", npm, "install", "--no-audit", "--no-fund", "--omit=dev"]
        try:
            status = subprocess.run(command, cwd=folder, stdout=out, stderr=out, timeout=INSTALL_SECONDS).returncode
        except subprocess.TimeoutExpired:
            raise Missing(f"{name} is left out: npm took more than {INSTALL_SECONDS} s; see {log}") from None
    if status:
        raise Missing(f"{name} is left out: npm refused, with {status}; see {log}")
    done.write_text(manifest)
    return program


@dataclass
class App:
    """One process, with a folder of its own. `setup` are commands that are run once before it."""

    name: str
    port: int
    folder: Path
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[list[str], ...] = ()
    popen: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        for command in self.setup:
            with self.log.open("ab") as out:
                subprocess.run(command, cwd=self.folder, env=self._environment(), stdout=out, stderr=out, check=True)

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.popen = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL for it and what it has forked, and start it again."""
        self.stop()
        self.start()

    def revive(self) -> bool:
        """Start it again if it has ended by itself. Whether it had."""
        ended = self.popen is not None and self.popen.poll() is not None
        if ended:
            self.start()
        return ended

    def stop(self) -> None:
        if self.popen and self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()

    @property
    def log(self) -> Path:
        return self.folder / "app.log"

    def _environment(self) -> dict[str, str]:
        known = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**known, "HOME": str(self.folder), "NODE_ENV": "production", **self.env}


def node_red(folder: Path, port: int, gateway: str, platform: str) -> App:
    program = install("node-red")
    folder.mkdir(parents=True)
    (folder / "flows.json").write_text(json.dumps(flows.node_red_flows(gateway, platform)))
    (folder / "settings.js").write_text(flows.node_red_settings(port))
    return App("Node-RED", port, folder, [str(program), "--userDir", str(folder)])


def n8n(name: str, folder: Path, port: int, gateway: str, platform: str) -> App:
    """As it comes, on SQLite.

    https://docs.n8n.io/hosting/configuration/environment-variables/
    """
    program = str(install("n8n"))
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(json.dumps(flows.n8n_workflow(gateway, platform)))
    own = {
        "N8N_USER_FOLDER": str(folder),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_PORT": str(port),
        "N8N_RUNNERS_BROKER_PORT": str(port - 1),
        "N8N_ENDPOINT_WEBHOOK": "hooks",
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
        "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
    }
    setup = (
        [program, "import:workflow", f"--input={folder / 'workflow.json'}"],
        [program, "update:workflow", f"--id={flows.WORKFLOW}", "--active=true"],
    )
    return App(name, port, folder, [program, "start"], own, setup)
