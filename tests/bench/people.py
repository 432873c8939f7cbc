"""People who take conversations over and give them back, at random: at the desk, or on the platform."""

import http.client
import random
import socket
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, connection

from conversations.models import Conversation
from gateways.models import Gateway
from handover import desk
from tests.bench.load import signed
from tests.bench.reconcile import PersonSaid


class People(threading.Thread):
    """One person after another. `said` is what they said at the desk; `acts` counts what they did."""

    def __init__(self, run: int, port: int, secret: str, every: float, rng: random.Random) -> None:
        super().__init__(name="people", daemon=True)
        self.run_number, self.port, self.secret, self.every, self.rng = run, port, secret, every, rng
        self.said: list[PersonSaid] = []
        self.acts = 0
        self._leaving = threading.Event()
        self._to_give_back: list[tuple[float, int, bool]] = []

    def run(self) -> None:
        while not self._leaving.wait(self.every):
            try:
                self._take_over_somewhere()
                self._give_back_what_is_done()
            except (DatabaseError, desk.DeskError, Conversation.DoesNotExist):
                connection.close()  # the database was restarted, or somebody else was faster
        connection.close()

    def leave(self) -> None:
        self._leaving.set()
        self.join(60)

    def _take_over_somewhere(self) -> None:
        ids = list(Conversation.objects.filter(owner=Conversation.Owner.AGENT).values_list("pk", flat=True)[:1000])
        if not ids:
            return
        conversation_id, at_desk = self.rng.choice(ids), self.rng.random() < 0.5
        self.acts += 1
        if at_desk:
            self._reply_at_desk(conversation_id)
        else:
            self._post(conversation_id, "reply")
        self._to_give_back.append((time.monotonic() + self.rng.uniform(0.5, 5.0), conversation_id, at_desk))

    def _reply_at_desk(self, conversation_id: int) -> None:
        text = f"h{self.run_number}n{self.acts}"
        try:
            desk.reply(conversation_id, user=None, author="Grace", text=text)
        except DatabaseError:
            self.said.append(PersonSaid(text, certain=False))
            raise
        self.said.append(PersonSaid(text, certain=True))

    def _give_back_what_is_done(self) -> None:
        now = time.monotonic()
        done = [each for each in self._to_give_back if each[0] <= now]
        self._to_give_back = [each for each in self._to_give_back if each[0] > now]
        for _, conversation_id, at_desk in done:
            if at_desk:
                desk.give_back(conversation_id, user=None, author="Grace")
            else:
                self._post(conversation_id, "given_back")

    def _post(self, conversation_id: int, kind: str) -> None:
        """An event from the platform's own desk; posted until it is taken."""
        conversation = Conversation.objects.get(pk=conversation_id)
        gateway = Gateway.objects.get(pk=conversation.gateway_id)
        key = f"p-{self.run_number}-{self.acts}-{kind}-{conversation_id}"
        event = {"type": kind, "id": key, "conversation": conversation.external_id, "author": "Joan", "content": key}
        _until_taken(lambda: self._send(signed(gateway.public_id, self.secret, key, event)))

    def _send(self, request: bytes) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection_:
            connection_.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            answer = http.client.HTTPResponse(connection_)
            answer.begin()
            return answer.status < 300


def _until_taken(send: Callable[[], bool]) -> None:
    for _ in range(100):
        try:
            if send():
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.3)
