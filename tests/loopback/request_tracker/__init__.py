"""A real Request Tracker 5 on loopback, from Debian's packages, with a database of its own. Its mail stays in a folder.

Debian: apt-get install request-tracker5 rt5-db-sqlite rt5-standalone rt5-clients.
"""

import email
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from email.policy import default
from pathlib import Path
from typing import Any

import requests

from tests.processes.newcomer import eventually
from tests.processes.site import free_port

SETUP, MAILGATE = "rt-setup-database-5", "rt-mailgate-5"
SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
WORLD = Path(__file__).with_name("world.pl")
SCRIP = Path(__file__).parents[3] / "gateways/adapters/request_tracker/scrip.pl"
PASSWORD = "pass phrase"
TAG = "shop.example"  # what the subjects of its mails begin with: [shop.example #1]

CONFIGURATION = """
Set($rtname, '{tag}');
Set($Organization, '{tag}');
Set($CorrespondAddress, 'support@shop.example');
Set($CommentAddress, 'support-comment@shop.example');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite3');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '{folder}/sendmail');
Set($LogToSTDERR, 'warning');
Set($LogToSyslog, undef);
1;
"""
SENDMAIL = """#!{python}
import os, sys, time
name = f"{folder}/mail/{{time.time_ns()}}"
open(name, "wb").write(sys.stdin.buffer.read())
os.rename(name, name + ".eml")
"""


def missing() -> str:
    """Why there can be no Request Tracker here, "" if there can."""
    absent = [name for name in (SETUP, MAILGATE) if shutil.which(name, path=PATH) is None]
    absent += [] if SERVER.exists() else ["rt-server"]
    return f"not installed here: {', '.join(absent)} (request-tracker5)" if absent else ""


class RequestTracker:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.env = {
            **os.environ,
            "PATH": PATH,
            "RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(folder / "none"),
        }

    def make(self) -> None:
        """The database with its people, queues and token."""
        names = {"folder": self.folder, "port": self.port, "tag": TAG, "python": sys.executable}
        for folder in ("none", "mail"):
            (self.folder / folder).mkdir()
        (self.folder / "RT_SiteConfig.pm").write_text(CONFIGURATION.format(**names))
        (self.folder / "sendmail").write_text(SENDMAIL.format(**names))
        (self.folder / "sendmail").chmod(0o755)
        self._setup("--action", "init", "--dba", "root", "--dba-password", "")
        found = re.search(r"^TOKEN (\S+)$", self.insert(WORLD), re.MULTILINE)
        assert found, "Request Tracker gave no token."
        self.token = found[1]

    def insert(self, file: Path, **environment: str) -> str:
        """What an administrator does with an initialdata file."""
        return self._setup("--action", "insert", "--datafile", str(file), **environment)

    def _setup(self, *arguments: str, **environment: str) -> str:
        env = {**self.env, **environment}
        done = subprocess.run([SETUP, *arguments], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            command = [str(SERVER), "--host", "127.0.0.1", "--port", str(self.port)]
            # A group of its own: the server has children, and killing it means all of them.
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log, start_new_session=True)
        eventually(self._answers, "Request Tracker", patience=60)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/REST/2.0/rt", timeout=30).status_code == 401
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    # --- People ---

    def as_(self, user: str, method: str, path: str, **body: Any) -> Any:
        """A request of somebody's, over REST 2."""
        url = f"{self.url}/REST/2.0/{path}"
        answer = requests.request(method, url, json=body or None, auth=(user, PASSWORD), timeout=300)
        assert answer.ok, answer.text
        return answer.json()

    def texts(self, ticket: str, kind: str) -> list[str]:
        """The words of the ticket's transactions of this type, as Grace sees them."""
        rows = self.as_("grace", "GET", f"ticket/{ticket}/history?fields=Type&per_page=100")["items"]
        wanted = {str(row["id"]) for row in rows if row["Type"] == kind}
        parts = self.as_("grace", "GET", f"ticket/{ticket}/attachments?fields=TransactionId,Content&per_page=100")[
            "items"
        ]
        return [part["Content"] for part in parts if str(part["TransactionId"]) in wanted]

    def ticket(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.as_("grace", "GET", f"ticket/{number}")
        return found

    # --- Customers ---

    def mail(self, raw: bytes) -> None:
        """Hand a mail over, again and again as a mail server would."""
        command = [MAILGATE, "--queue", "General", "--action", "correspond", "--url", f"{self.url}/"]
        until = time.monotonic() + 120
        while subprocess.run(command, env=self.env, input=raw, capture_output=True, check=False).returncode:
            assert time.monotonic() < until, "Request Tracker didn't take the mail."
            time.sleep(0.5)

    def mails(self, address: str) -> list[Any]:
        """What Request Tracker has sent to this address, oldest first."""
        files = sorted((self.folder / "mail").glob("*.eml"))
        found = [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [one for one in found if address in str(one["To"])]
