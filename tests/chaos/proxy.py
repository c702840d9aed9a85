"""A proxy between the service and Elasticsearch that breaks requests on demand. Everything else it passes on."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

JSON = "application/vnd.elasticsearch+json;compatible-with=8"


@dataclass(frozen=True)
class Status:
    """The request never reaches Elasticsearch; the client gets this answer."""

    number: int
    type: str = "made_by_the_proxy"


class Fault(Enum):
    """What else may happen to a request."""

    HALF_REFUSED = auto()
    """Every second document of a bulk is refused with 429; the others are stored."""
    CUT = auto()
    """Elasticsearch does it, and the connection breaks in the middle of its answer."""
    SILENCE = auto()
    """Elasticsearch does it, and no answer ever comes."""


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    body: bytes
    authorization: str | None

    @property
    def is_bulk(self) -> bool:
        return self.path.startswith("/_bulk")

    @property
    def documents(self) -> int:
        return self.body.count(b'{"index":') if self.is_bulk else 0


Choice = Callable[[Request], Status | Fault | None]


class Proxy:
    """Listens on a port of its own until it is closed. ``choose`` decides what happens to each request."""

    def __init__(self, upstream: str) -> None:
        self.choose: Choice = lambda _: None
        self.seen: list[tuple[Request, Status | Fault | None]] = []
        self.closing = threading.Event()
        split = urlsplit(upstream)
        self.upstream = (str(split.hostname), split.port)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def broken(self) -> int:
        """How many requests were broken so far."""
        return sum(fault is not None for _, fault in self.seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what this proxy is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Nobody reads it."""

    def _any(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = Request(self.command, self.path, body, self.headers.get("Authorization"))
        fault = proxy.choose(request)
        proxy.seen.append((request, fault))
        if isinstance(fault, Status):
            error = {"type": fault.type, "reason": "the proxy was told to"}
            self._answer(fault.number, json.dumps({"error": error, "status": fault.number}).encode(), JSON)
            return
        if fault is Fault.HALF_REFUSED and request.is_bulk:
            self._half(request)
            return
        try:
            status, answer, kind = self._forward(body)
        except (OSError, HTTPException):
            self.close_connection = True  # Elasticsearch is away: so are we.
            return
        if fault is Fault.SILENCE:
            proxy.closing.wait()
            self.close_connection = True
        elif fault is Fault.CUT:
            self._headers(status, len(answer), kind)
            self.wfile.write(answer[: len(answer) // 2])
            self.close_connection = True
        else:
            self._answer(status, answer, kind)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815  the library's names

    def _half(self, request: Request) -> None:
        lines = request.body.splitlines(keepends=True)
        pairs = [lines[at : at + 2] for at in range(0, len(lines), 2)]
        kept = b"".join(line for pair in pairs[::2] for line in pair)
        try:
            status, answer, kind = self._forward(kept)
        except (OSError, HTTPException):
            self.close_connection = True
            return
        if status < 300:
            taken = iter(json.loads(answer)["items"])
            refusal = {"type": "es_rejected_execution_exception", "reason": "the proxy was told to"}
            items = [next(taken) if at % 2 == 0 else _item(pair, refusal) for at, pair in enumerate(pairs)]
            answer = json.dumps({"took": 1, "errors": True, "items": items}).encode()
        self._answer(status, answer, kind)

    def _forward(self, body: bytes) -> tuple[int, bytes, str]:
        skipped = {"host", "content-length", "content-encoding", "connection"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
        connection = HTTPConnection(*self.server.proxy.upstream, timeout=60)
        try:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("Content-Type", JSON)
        finally:
            connection.close()

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self._headers(status, len(body), kind)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _headers(self, status: int, length: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def _item(pair: list[bytes], refusal: dict[str, str]) -> dict[str, Any]:
    action = json.loads(pair[0])["index"]
    return {"index": {"_index": action["_index"], "_id": action["_id"], "status": 429, "error": refusal}}
