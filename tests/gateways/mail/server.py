"""A real mail server on loopback: Postfix takes mail by SMTP, Dovecot keeps it and tells by IMAP.

Debian: apt-get install postfix dovecot-imapd dovecot-lmtpd.
Nothing leaves the machine: what is for nobody here bounces.
"""

import os
import pwd
import shutil
import smtplib
import socket
import socketserver
import subprocess
import threading
import time
from email.message import EmailMessage
from pathlib import Path

from tests.gateways.mail.certificates import for_server
from tests.gateways.mail.provider import Provider

PASSWORD = "pass-word"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.shop.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
recipient_delimiter = +
virtual_mailbox_domains = shop.example, customer.example
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
transport_maps = inline:{{ {{ gone@customer.example = lmtp:inet:127.0.0.1:{nobody} }} }}
alias_maps =
alias_database =
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
maillog_file = {folder}/mail.log
maillog_file_prefixes = /tmp, /var
local_header_rewrite_clients =
"""

MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
127.0.0.1:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
tlsmgr unix - - n 1000? 1 tlsmgr
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%Lu
recipient_delimiter = +
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%Lu allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service auth {{
  inet_listener {{
    port = {sasl}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""

OAUTH = """
introspection_mode = post
introspection_url = {provider}/introspect
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
"""


def missing() -> str:
    """Why there can be no mail server here, "" if there can."""
    absent = [name for name in ("postfix", "dovecot") if shutil.which(name, path=PATH) is None]
    if absent:
        return f"not installed here: {', '.join(absent)}"
    return "" if os.geteuid() == 0 else "only root may start Postfix"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NobodyLivesHere(socketserver.StreamRequestHandler):
    """The next server, which has no such mailbox: Postfix has taken the mail and sends a report."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            known = not line.upper().startswith(b"RCPT")
            self.wfile.write(b"250 ok\r\n" if known else b"550 5.1.1 nobody lives here\r\n")


class MailServer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.smtp, self.imap, self.lmtp, self.sasl = (free_port() for _ in range(4))
        self.submission, self.smtps, self.imaps = (free_port() for _ in range(3))  # with TLS, and a login to send
        self.authority = ""  # the certificate of who signed the server's
        self.provider = Provider()
        self.support = "support@shop.example"
        self.nobody = socketserver.ThreadingTCPServer(("127.0.0.1", 0), NobodyLivesHere)
        self.dovecot: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        keeper = pwd.getpwnam("mail")
        self.folder.chmod(0o755)
        for name in ("queue", "data", "mail", "postfix"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "mail", "mail", "mail")
        self.authority = for_server(self.folder)
        self.provider.start()
        ports = ("smtp", "imap", "lmtp", "sasl", "submission", "smtps", "imaps")
        told = {"folder": self.folder, **{name: getattr(self, name) for name in ports}, "provider": self.provider.url}
        told["nobody"] = self.nobody.server_address[1]
        threading.Thread(target=self.nobody.serve_forever, daemon=True).start()
        told |= {"uid": keeper.pw_uid, "gid": keeper.pw_gid, "password": PASSWORD}
        files = {"postfix/main.cf": MAIN, "postfix/master.cf": MASTER, "dovecot.conf": DOVECOT, "oauth2.conf": OAUTH}
        for path, text in files.items():
            (self.folder / path).write_text(text.format(**told).lstrip())
        self.start_dovecot()
        self._postfix("start")
        wait_for(lambda: answers(self.smtp), "Postfix")

    def start_dovecot(self) -> None:
        command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        self.dovecot = subprocess.Popen(
            command,
            env={**os.environ, "PATH": PATH},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: answers(self.imap) and answers(self.lmtp), "Dovecot")

    def stop_dovecot(self) -> None:
        if self.dovecot is not None:
            self.dovecot.terminate()
            self.dovecot.wait(20)
            self.dovecot = None

    def stop(self) -> None:
        self._postfix("stop")
        self.nobody.shutdown()
        self.nobody.server_close()
        self.provider.stop()
        self.stop_dovecot()

    def _postfix(self, verb: str) -> None:
        command = ["postfix", "-c", str(self.folder / "postfix"), verb]
        subprocess.run(
            command,
            env={**os.environ, "PATH": PATH},
            check=verb == "start",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )

    def mailbox(self, address: str) -> Path:
        return self.folder / "mail" / address

    def mails(self, address: str) -> list[bytes]:
        """What lies in somebody's inbox, in order of arrival."""
        box = self.mailbox(address)
        files = [path for part in ("new", "cur") for path in (box / part).glob("*")]
        return [path.read_bytes() for path in sorted(files, key=arrival)]

    def new_validity(self, address: str) -> None:
        """As if the mailbox had been made anew by a restored backup: all UIDs mean something else."""
        self.stop_dovecot()
        for path in self.mailbox(address).glob("dovecot*"):
            path.unlink()
        self.start_dovecot()

    def write(self, mail: EmailMessage, sender: str = "ann@customer.example") -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp, local_hostname="customer.example") as client:
            client.send_message(mail, sender, [self.support])


def arrival(path: Path) -> tuple[int, int]:
    """When Dovecot took a mail, by the seconds and microseconds in the file's name: 1795282210.M71230P16130.host."""
    seconds, rest = path.name.split(".")[:2]
    return int(seconds), int(rest[1:].partition("P")[0])


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as sock:
            return bool(sock.recv(1))
    except OSError:
        return False


def wait_for(found: object, what: str, seconds: float = 60.0) -> object:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if result := found():  # type: ignore[operator]
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} doesn't come.")
