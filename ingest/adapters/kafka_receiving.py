"""Answers of Kafka received straight to where they are read from: a seam into kafka-python's insides.

The library receives 4 KiB at a time and copies each byte some four times before it looks at an answer, and for every
piece its thread takes the interpreter away from the one that parses, or waits for it. Here an answer is received into a
buffer of its size once much of it is there, and read from there. Connections, TLS, SASL, requests and the reading of
answers stay the library's affair.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from time import monotonic
from typing import Any

from kafka.errors import InvalidReceiveError, KafkaConnectionError, KafkaProtocolError

from ingest.adapters.kafka_versions import is_known

_SIZE = 4
"""Bytes of an answer's size, which comes before it."""
_LEAST = 4
"""Bytes of the shortest answer, which has the number of its request and no more."""
_AT_ONCE = 1 << 20
"""Bytes that are waited for before any of them is received; the system makes room for so many."""
_NOTHING_THERE = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def in_place() -> dict[str, Any]:
    """What ``KafkaConsumer`` is given for it; nothing where we do not know the library's version."""
    if not is_known():
        return {}
    # Another version may have none of these.
    from kafka.net.compat import KafkaNetClient  # noqa: PLC0415
    from kafka.net.manager import KafkaConnectionManager  # noqa: PLC0415
    from kafka.net.selector import NetworkSelector  # noqa: PLC0415

    class Manager(KafkaConnectionManager):  # type: ignore[misc]  # the library has no types
        async def _build_transport(self, *arguments: Any, **named: Any) -> Any:
            transport = await super()._build_transport(*arguments, **named)
            transport._read_from_sock = Receiver(transport).run  # noqa: SLF001  the seam
            return transport

    def client(**settings: Any) -> Any:
        net = NetworkSelector(**settings)
        return KafkaNetClient(net, Manager(net, **settings), **settings)

    return {"kafka_client": client}


class Receiver:
    """Receives what comes over one connection.

    Args:
        transport: The library's, plain or with TLS.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._is_size = True
        self._buffer = bytearray(_SIZE)
        self._room = memoryview(self._buffer)

    async def run(self) -> None:
        """Hand over answers for as long as the connection stands."""
        transport = self._transport
        if transport._closed:  # noqa: SLF001  the seam, here and below
            return
        parser = transport._protocol.parser  # noqa: SLF001
        parser.receive_bytes = lambda answer: [parser._process_response(answer)]  # noqa: SLF001
        while transport._read and not transport._closed:  # noqa: SLF001
            self._await_rest()
            await transport._net.wait_read(transport._sock)  # noqa: SLF001
            error = self._receive()
            if error is not None:
                transport.abort(error=error)
                return

    def _receive(self) -> Exception | None:
        """Take all that is there. Returns what ends the connection, if anything does."""
        transport = self._transport
        # TLS may hold more than the socket shows, so it is asked until it has nothing.
        while not transport._closed:  # noqa: SLF001
            try:
                count = transport._sock.recv_into(self._room)  # noqa: SLF001
            except _NOTHING_THERE:
                return None
            except OSError as error:
                return _broken(error)
            if not count:
                return _broken("socket disconnected")
            try:
                self._took(count)
            except KafkaProtocolError as error:
                return error  # type: ignore[no-any-return]  # the library has no types
        return None

    def _took(self, count: int) -> None:
        transport = self._transport
        transport.last_read = monotonic()
        protocol = transport._protocol  # noqa: SLF001
        if protocol._sensors:  # noqa: SLF001
            protocol._sensors.bytes_received.record(count)  # noqa: SLF001
        self._room = self._room[count:]
        if self._room:
            return
        if self._is_size:
            size = int.from_bytes(self._buffer, "big", signed=True)
            protocol.parser._validate_frame_size(size)  # noqa: SLF001
            if size < _LEAST:
                raise InvalidReceiveError(f"an answer of {size} bytes")
            self._begin(size, is_size=False)
        else:
            answer = Answer(self._buffer)
            self._begin(_SIZE, is_size=True)
            protocol.data_received(answer)

    def _begin(self, size: int, *, is_size: bool) -> None:
        self._is_size = is_size
        self._buffer = bytearray(size)
        self._room = memoryview(self._buffer)

    def _await_rest(self) -> None:
        """Have the socket count as readable once all that is missing is there, or a good deal of it.

        TLS may hold a part of it that the socket does not show, so there it is received as it comes.
        """
        sock = self._transport._sock  # noqa: SLF001
        if not isinstance(sock, ssl.SSLSocket):
            with suppress(OSError):  # A system without this option tells of each byte.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, min(len(self._room), _AT_ONCE))


class Answer:
    """An answer as the library reads it: what stands at its beginning piece by piece, then all the rest.

    Args:
        data: Its bytes, without its size.
    """

    def __init__(self, data: bytearray) -> None:
        self._data = memoryview(data)
        self._at = 0

    def __len__(self) -> int:
        return len(self._data)

    def read(self, count: int | None = None) -> bytes | memoryview:
        """So many bytes from where the last read ended, or all the rest, which is not copied."""
        begin = self._at
        if count is None:
            self._at = len(self._data)
            return self._data[begin:]
        self._at = min(begin + count, len(self._data))
        return bytes(self._data[begin : self._at])

    def seek(self, at: int) -> None:
        """Read from there on."""
        self._at = at

    def tell(self) -> int:
        """Where the last read ended."""
        return self._at


def _broken(reason: object) -> Exception:
    return KafkaConnectionError(reason)  # type: ignore[no-any-return]  # the library has no types
