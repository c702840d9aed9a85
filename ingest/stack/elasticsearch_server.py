"""A real Elasticsearch node, laid out from its jars."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from ingest.stack import artifacts
from ingest.stack.java import libjvm
from ingest.stack.process import Child, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_VERSION = artifacts.ELASTICSEARCH.version
_DESCRIPTOR = """\
name={name}
description={name}
version={version}
elasticsearch.version={version}
java.version=21
classname={classname}
extended.plugins=
has.native.controller=false
"""
_MODULES = {
    "transport-netty4": "org.elasticsearch.transport.netty4.Netty4Plugin",
    "x-pack-kql": "org.elasticsearch.xpack.kql.KqlPlugin",
}


class ElasticsearchServer:
    """One node on a loopback port; its indices live in ``folder`` and survive a restart.

    Args:
        folder: The node's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.child = Child("Elasticsearch", folder, ends_with_input=True)

    @property
    def url(self) -> str:
        """Address for clients."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the node without waiting for it. Raises ``StackError``."""
        home = self._lay_out()
        settings = {
            "path.home": str(home),
            "path.data": str(self._folder / "data"),
            "path.logs": str(home / "logs"),
            "http.port": str(self._port),
            "transport.port": "0",
            "network.host": "127.0.0.1",
            "discovery.type": "single-node",
            "cluster.name": "oom-ingest",
            "node.name": "oom-ingest",
            # A full disk elsewhere on the machine is not this node's affair.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }
        child = [sys.executable, "-m", "ingest.stack.elasticsearch_main", str(libjvm()), str(home)]
        self.child.start([*child, json.dumps(settings)])

    def wait(self, timeout: float = 120.0) -> None:
        """Wait until the node takes writes. Raises ``StackError``."""
        self.child.wait_until(self._usable, timeout)

    def stop(self) -> None:
        """End the node."""
        self.child.stop()

    def _lay_out(self) -> Path:
        """A home as the node expects it: links to the jars, made anew each time, so that nothing old is left in it."""
        home = self._folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        for name in ("config", "logs", "plugins", "lib"):
            (home / name).mkdir(parents=True)
        server = artifacts.jars(artifacts.ELASTICSEARCH)
        netty = [jar for jar in server if jar.name.startswith(("netty-", "transport-netty4"))]
        _link(home / "lib", [jar for jar in server if jar not in netty])
        _module(home, "transport-netty4", netty)
        _module(home, "x-pack-kql", artifacts.jars(artifacts.KQL))
        return home

    def _usable(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health?timeout=1s", timeout=3) as answer:  # noqa: S310
                return str(json.load(answer)["status"]) in {"green", "yellow"}
        except (urllib.error.URLError, OSError, ValueError):
            return False


def _module(home: Path, name: str, jars: Sequence[Path]) -> None:
    folder = home / "modules" / name
    folder.mkdir(parents=True)
    descriptor = _DESCRIPTOR.format(name=name, version=_VERSION, classname=_MODULES[name])
    (folder / "plugin-descriptor.properties").write_text(descriptor)
    _link(folder, jars)


def _link(folder: Path, jars: Sequence[Path]) -> None:
    for jar in jars:
        (folder / jar.name).symlink_to(jar)
