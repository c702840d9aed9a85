"""Ports of the loopback interface."""

from __future__ import annotations

import random
import socket

from ingest.stack.errors import StackError

# Below the range that Linux takes for outgoing connections (ip_local_port_range): while a server is stopped, a client
# that keeps calling its port could otherwise be given that very port, and the server could not come back on it.
_LOWEST, _HIGHEST = 20_000, 29_999
_TRIES = 200


def free_port() -> int:
    """A port that nobody listens on now.

    Raises:
        StackError: None was found.
    """
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311  no secret
        if is_free(port):
            return port
    raise StackError(f"no free port from {_LOWEST} to {_HIGHEST}: stop some of the programs that listen there")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now; connections that are just ending do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
