"""Answers come whole, however the network cuts them; what is no answer ends the connection."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Sequence
from random import Random
from ssl import SSLWantReadError
from threading import Event, Thread
from typing import Any

import pytest
from kafka.errors import InvalidReceiveError, KafkaConnectionError
from kafka.protocol.metadata import ApiVersionsRequest
from kafka.protocol.parser import KafkaProtocol

from ingest.adapters.kafka_receiving import Receiver

WAIT = SSLWantReadError()
MOST = 10_000


class Socket:
    """Gives what it is told to, at most so many bytes at a time."""

    def __init__(self, comes: Sequence[bytes | Exception]) -> None:
        self._comes = deque(comes)

    def recv_into(self, room: memoryview) -> int:
        assert room
        first = self._comes.popleft()
        if isinstance(first, Exception):
            raise first
        given = first[: len(room)]
        if first[len(room) :]:
            self._comes.appendleft(first[len(room) :])
        room[: len(given)] = given
        return len(given)

    def setsockopt(self, *option: int) -> None:
        """What comes is there at once, however little it is."""


class Connection:
    """The library's protocol with a real parser, its transport, and its network; it all ends with the socket's data."""

    _sensors = None
    _read = True
    _closed = False

    def __init__(self, comes: Sequence[bytes | Exception], asked: int) -> None:
        self.parser = KafkaProtocol(receive_message_max_bytes=MOST)
        for _ in range(asked):
            request = ApiVersionsRequest(version=0)
            request.API_VERSION = 0
            self.parser.send_request(request)
        self.answers: list[Any] = []
        self.error: Exception | None = None
        self._sock = Socket(comes)
        self._net = self._protocol = self

    async def wait_read(self, _socket: Socket) -> None:
        """Something is there at once."""

    def data_received(self, data: Any) -> None:
        self.answers += self.parser.receive_bytes(data)

    def abort(self, error: Exception) -> None:
        self._closed = True
        self.error = error


def received(comes: Sequence[bytes | Exception], asked: int = 3) -> Connection:
    connection = Connection(comes, asked)
    with pytest.raises(StopIteration):
        Receiver(connection).run().send(None)
    return connection


def answer(number: int, keys: int) -> bytes:
    body = number.to_bytes(4, "big") + (0).to_bytes(2, "big") + keys.to_bytes(4, "big")
    body += b"".join(key.to_bytes(2, "big") + b"\0\1\0\2" for key in range(keys))
    return len(body).to_bytes(4, "big") + body


WHOLE = answer(1, 2) + answer(2, 0) + answer(3, 300)


@pytest.mark.parametrize("seed", range(20))
def test_answers_come_whole(seed: int) -> None:
    random = Random(seed)
    comes: list[bytes | Exception] = []
    rest = WHOLE
    while rest:
        count = random.choice((1, 2, 3, 7, 100, 5_000))
        comes.append(rest[:count])
        rest = rest[count:]
        if random.random() < 0.3:
            comes.append(random.choice((WAIT, BlockingIOError())))
    connection = received([*comes, WAIT, b""])
    assert isinstance(connection.error, KafkaConnectionError)
    assert [number for number, _ in connection.answers] == [1, 2, 3]
    assert [len(told.api_keys) for _, told in connection.answers] == [2, 0, 300]


@pytest.mark.parametrize("size", [-1, 0, 3, MOST + 1])
def test_a_size_that_cannot_be_ends_the_connection(size: int) -> None:
    connection = received([answer(1, 2) + size.to_bytes(4, "big", signed=True) + b"more"])
    assert isinstance(connection.error, InvalidReceiveError)
    assert len(connection.answers) == 1


@pytest.mark.parametrize("came", [b"", WHOLE[:33]])
def test_a_connection_that_breaks_gives_no_half_answer(came: bytes) -> None:
    pieces: list[bytes | Exception] = [came] if came else []
    connection = received([*pieces, ConnectionResetError("reset by peer")])
    assert isinstance(connection.error, KafkaConnectionError)
    assert len(connection.answers) == (1 if came else 0)


def test_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    connection = received([WHOLE], asked=1)
    assert connection.error is not None
    assert len(connection.answers) == 1


class Sizes:
    """A parser to which an answer is its size."""

    def _validate_frame_size(self, size: int) -> None:
        """Any will do."""

    def _process_response(self, answer: Any) -> int:
        return len(answer)


class Stream(Connection):
    """A real connection, and how often its reader was woken."""

    def __init__(self, sock: socket.socket, expected: int) -> None:
        super().__init__([], asked=0)
        self.expected, self.complete = expected, Event()
        sock.settimeout(0)
        self._sock: Any = sock
        self.parser: Any = Sizes()
        self.woken = 0

    async def wait_read(self, sock: Any) -> None:
        assert select.select([sock], [], [], 3)[0], "what has come wakes nobody"
        self.woken += 1

    def data_received(self, data: Any) -> None:
        super().data_received(data)
        if len(self.answers) == self.expected:
            self.complete.set()


@pytest.mark.parametrize("piece", [3, 10_000, 5_000_000])
def test_a_large_answer_wakes_seldom_and_every_answer_does(piece: int) -> None:
    sizes = (4, 17, 60_000) if piece < 100 else (4, 3_000_000, 5, 1 << 20, (1 << 20) + 1, 17)
    sent = b"".join(size.to_bytes(4, "big") + bytes(size) for size in sizes)
    pieces = [sent[at : at + piece] for at in range(0, len(sent), piece)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()

    stream = Stream(ours, len(sizes))

    def send() -> None:
        with theirs:
            for each in pieces:
                theirs.sendall(each)
            stream.complete.wait(10)  # An end would wake it, too.

    sender = Thread(target=send)
    sender.start()
    with ours, pytest.raises(StopIteration):
        Receiver(stream).run().send(None)
    sender.join()
    assert stream.answers == list(sizes)
    assert stream.woken < 30
