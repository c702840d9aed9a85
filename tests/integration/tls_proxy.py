"""TLS and authentication in front of the real Elasticsearch, which alone has neither."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

_KEPT = ("content-type", "content-encoding", "accept")
_SENT = ("content-type", "x-elastic-product")


@dataclass
class Gate:
    """Who is let in; what was sent as proof is kept."""

    url: str
    accepted: set[str]
    seen: list[str | None] = field(default_factory=list)


@contextmanager
def tls_proxy(elasticsearch: str, certificate: Path, accepted: set[str]) -> Iterator[Gate]:
    """A server that answers 401 to whom it does not know, as Elasticsearch does, and hands on the rest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    behind = urlsplit(elasticsearch)
    gate = Gate("", accepted)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            proof = self.headers.get("authorization")
            gate.seen.append(proof)
            if proof not in gate.accepted:
                error = {"type": "security_exception", "reason": "unable to authenticate", "header": {}}
                self._answer(401, {"content-type": "application/json"}, json.dumps({"error": error, "status": 401}))
                return
            connection = http.client.HTTPConnection(str(behind.hostname), behind.port, timeout=60)
            try:
                kept = {name: self.headers[name] for name in _KEPT if name in self.headers}
                connection.request(self.command, self.path, body, kept)
                answer = connection.getresponse()
                sent = {name: value for name in _SENT if (value := answer.headers.get(name))}
                self._answer(answer.status, sent, answer.read())
            finally:
                connection.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _hand_on  # noqa: N815  the library's names

        def _answer(self, status: int, headers: dict[str, str], body: str | bytes) -> None:
            payload = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at ``Gate.seen``."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust us hangs up: that is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    gate.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
