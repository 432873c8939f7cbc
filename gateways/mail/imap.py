"""What is new in a folder, over IMAP: by UID and UIDVALIDITY, told at once by IDLE where the server has it.

IMAP4rev1: https://www.rfc-editor.org/rfc/rfc3501  IDLE: https://www.rfc-editor.org/rfc/rfc2177
"""

import base64
import imaplib
import re
import select
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from agents.connections import HttpError
from agents.http import Http
from agents.wires import Wire
from gateways.errors import DeliveryError, Failure
from gateways.mail.logins import (
    NONE,
    STARTTLS,
    TLS,
    OAuth,
    Server,
    in_the_open,
    no_starttls,
    open_login,
    unconnected,
    xoauth2,
)

MOST_BYTES = 25_000_000  # of one mail; of a larger one the beginning is fetched
BEGINNING = 1_000_000
LONGEST_LINE = 1_000_000
LOOK_EVERY = 5.0  # seconds, at servers without IDLE
SPARE = 60.0  # seconds that signing in and fetching may take besides waiting
UID_IN_ANSWER = re.compile(rb"\bUID (\d+)")
SIZE_IN_ANSWER = re.compile(rb"\bRFC822\.SIZE (\d+)")


class Folder(imaplib.IMAP4):
    """imaplib over a guarded wire, with reading of its own: IDLE needs to know what has arrived but isn't read."""

    def __init__(self, wire: Wire, server: Server) -> None:
        self.wire = wire
        self.server = server
        self._unread = bytearray()
        super().__init__(wire.host, wire.port)

    # --- What imaplib lets subclasses replace: https://docs.python.org/3/library/imaplib.html ---

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = self.wire.open(tls=self.server.security == TLS)

    def read(self, size: int) -> bytes:
        if size > MOST_BYTES + LONGEST_LINE:
            raise self.abort("the server sends more than was asked for")
        while len(self._unread) < size:
            self._receive()
        return self._take(size)

    def readline(self) -> bytes:
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            if (searched := len(self._unread)) > LONGEST_LINE:
                raise self.abort("the server sends a line without end")
            self._receive()
        return self._take(end + 1)

    def send(self, data: Any) -> None:
        self.sock.sendall(data)

    def shutdown(self) -> None:
        self.wire.close()
        with suppress(OSError):
            self.sock.close()

    def _receive(self) -> None:
        data = self.sock.recv(65_536)
        if not data:
            raise self.abort("the server hung up")
        self._unread += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _arrives(self, seconds: float) -> bool:
        """Whether there is something to read, within so many seconds."""
        if self._unread or (hasattr(self.sock, "pending") and self.sock.pending()):
            return True
        return bool(select.select([self.sock], [], [], max(0.0, seconds))[0])

    # --- Commands ---

    def secure(self) -> None:
        """STARTTLS. What came before it isn't from whom the certificate names, and is no answer."""
        if "STARTTLS" not in self.capabilities or self.state != "NONAUTH":  # or it was stripped on the way
            raise no_starttls(self.server)
        self._done(self._simple_command("STARTTLS"))
        self._unread.clear()
        self.sock = self.wire.secure(self.sock)
        self.capabilities = tuple(self._capabilities())

    def _capabilities(self) -> set[str]:
        return {
            word.upper() for line in self._done(self.capability()) for word in line.decode("ascii", "replace").split()
        }

    def sign_in(self) -> None:
        login = self.server.login
        wants_tls = self.server.security == NONE and "LOGINDISABLED" in self.capabilities
        if wants_tls or in_the_open(self.server, self.sock):
            raise open_login(self.server)
        if isinstance(login, OAuth):
            answers = iter((xoauth2(login.user, login.token).encode(),))
            self.authenticate("XOAUTH2", lambda challenge: next(answers, b""))
        elif login is not None and "AUTH=PLAIN" in self.capabilities:  # any letters; LOGIN takes ASCII only
            self.authenticate("PLAIN", lambda challenge: f"\0{login.user}\0{login.password}".encode())
        elif login is not None:
            self.login(self._quote(login.user), login.password)
        self.known = self._capabilities()

    def choose(self, folder: str, *, readonly: bool) -> int:
        """Work on this folder from now on. Returns its UIDVALIDITY."""
        self._done(self.select(_quoted(folder), readonly=readonly))
        self._told_of_news()  # those that were there
        _, found = self.response("UIDVALIDITY")
        if not found or not isinstance(found[0], bytes) or not found[0].isdigit():
            raise DeliveryError(Failure.REJECTED, "The IMAP server has no UIDVALIDITY, which we need. Use another one.")
        return int(found[0])

    def uids(self, criteria: str) -> list[int]:
        """Those of the mails that fit, in ascending order."""
        found = self._done(self.uid("SEARCH", criteria))
        return sorted(int(number) for line in found if line for number in line.split() if number.isdigit())

    def holds(self, message_id: str) -> bool:
        """Whether the chosen folder has a mail with this Message-ID, which is one of ours."""
        return bool(self.uids(f'HEADER Message-ID "{message_id}"'))

    def keep(self, folder: str, mail: bytes) -> None:
        """Put a mail there that was read already."""
        self._done(self.append(_quoted(folder), r"(\Seen)", "", mail))

    def sizes(self, uids: Iterable[int]) -> dict[int, int]:
        """Bytes by UID, of those that are still there."""
        answers = self._done(self.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)"))
        found = [(UID_IN_ANSWER.search(line), SIZE_IN_ANSWER.search(line)) for line in answers if line]
        return {int(uid[1]): int(size[1]) for uid, size in found if uid and size}

    def fetch_raw(self, uid: int, size: int) -> bytes | None:
        """The mail, without marking it as read; of one that is too large its beginning. None if it is gone."""
        what = "(UID BODY.PEEK[])" if size <= MOST_BYTES else f"(UID BODY.PEEK[]<0.{BEGINNING}>)"
        status, answers = self.uid("FETCH", str(uid), what)
        if status != "OK":
            raise self.error("FETCH was refused")
        return next((bytes(answer[1]) for answer in answers if isinstance(answer, tuple)), None)

    def mark_read(self, uids: Iterable[int]) -> None:
        self._done(self.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Seen)"))

    def wait(self, seconds: float) -> bool:
        """Whether something has arrived in the folder, as soon as it has, within so many seconds."""
        if self._told_of_news():  # along with the answer to another command; IDLE wouldn't tell again
            return True
        return self._idle(seconds) if "IDLE" in self.known else self._look(seconds)

    def _look(self, seconds: float) -> bool:
        time.sleep(min(seconds, LOOK_EVERY))
        self._done(self.noop())
        return self._told_of_news()

    def _told_of_news(self) -> bool:
        _, told = self.response("EXISTS")
        return bool(told and told[0])

    def _idle(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        tag = self._new_tag()
        self.tagged_commands.pop(tag, None)
        self.send(tag + b" IDLE\r\n")
        news = False
        while not (line := self.readline()).startswith(b"+"):
            news = news or _is_news(line)
            if line.startswith(tag):
                raise self.error("IDLE was refused")
        while not news and self._arrives(until - time.monotonic()):
            line = self.readline()
            if line.startswith(b"* BYE"):
                raise self.abort("the server said goodbye")
            news = _is_news(line)
        self.send(b"DONE\r\n")
        while not (line := self.readline()).startswith(tag):
            news = news or _is_news(line)
        return news

    def _done(self, answer: tuple[str, Sequence[Any]]) -> list[bytes]:
        status, data = answer
        if status != "OK":
            words = b" ".join(line for line in data if line).decode("utf-8", "replace")
            raise self.error(" ".join(words.split())[:200])
        return [line for line in data if isinstance(line, bytes)]


@contextmanager
def opened(server: Server, http: Http, wait: float, spare: float = SPARE) -> Iterator[Folder]:
    """A signed-in connection that may be used for `wait` seconds and what fetching takes. Raises DeliveryError."""
    wire = Wire(replace(http.policy, total_timeout=wait + spare), server.host, server.port, server.authority)
    where = f"{server.host}, port {server.port}"
    try:
        with _named(where):
            folder = Folder(wire, server)
            if server.security == STARTTLS:
                folder.secure()
            with _signing_in(where):
                folder.sign_in()
            yield folder
            with suppress(OSError, imaplib.IMAP4.error):
                folder.logout()
    finally:
        wire.close()


@contextmanager
def _signing_in(where: str) -> Iterator[None]:
    try:
        yield
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        if "UNAVAILABLE" in str(error).upper():
            raise imaplib.IMAP4.abort(str(error)) from error
        public = f"The IMAP server at {where} doesn't accept our login: {_words(error)}"
        raise DeliveryError(Failure.CREDENTIALS, public) from error


@contextmanager
def _named(where: str) -> Iterator[None]:
    try:
        yield
    except HttpError as error:
        raise unconnected(error) from error
    except (imaplib.IMAP4.abort, OSError) as error:
        raise DeliveryError(Failure.UNREACHABLE, f"The IMAP server at {where} ended the connection.") from error
    except imaplib.IMAP4.error as error:
        raise DeliveryError(Failure.REJECTED, f"The IMAP server at {where} said: {_words(error)}") from error


def _words(error: Exception) -> str:
    """What the server said, of which nothing is a secret: it never repeats a password."""
    words = error.args[0] if error.args else ""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join(text.split())[:200]


def _is_news(line: bytes) -> bool:
    return line.startswith(b"* ") and line.rstrip().upper().endswith(b" EXISTS")


def _quoted(folder: str) -> str:
    """A folder's name in IMAP's own UTF-7, RFC 3501, 5.1.3, in quotes."""
    encoded = re.sub(r"[^\x20-\x7e]+", lambda found: _utf7(found[0]), folder.replace("&", "&-"))
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(letters: str) -> str:
    return "&" + base64.b64encode(letters.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
