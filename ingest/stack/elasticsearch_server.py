"""A real Elasticsearch node, laid out from its jars."""

from __future__ import annotations

import json
import shutil
import ssl
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from ingest.stack import artifact, artifacts
from ingest.stack.java import libjvm
from ingest.stack.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.stack.artifact import Artifact
    from ingest.stack.elasticsearch_security import ElasticsearchSecurity

_VERSION = artifact.ELASTICSEARCH.version
_DESCRIPTOR = """\
name={name}
description={name}
version={version}
elasticsearch.version={version}
java.version=21
classname={classname}
extended.plugins={extends}
has.native.controller=false
"""
_MODULES = {
    "transport-netty4": "org.elasticsearch.transport.netty4.Netty4Plugin",
    "x-pack-core": "org.elasticsearch.xpack.core.XPackPlugin",
    "x-pack-kql": "org.elasticsearch.xpack.kql.KqlPlugin",
    "x-pack-security": "org.elasticsearch.xpack.security.Security",
}
_EXTENDS = {"x-pack-security": "x-pack-core"}


class ElasticsearchServer(Server):
    """One node on a loopback port that stays the same; its indices survive a restart.

    Args:
        folder: The node's own folder.
        port: Where to listen; any free port if not given.
        security: TLS, and who may do what; without it everybody may do everything.
    """

    name = "Elasticsearch"
    needs: tuple[Artifact, ...] = (artifact.ELASTICSEARCH, artifact.KQL)

    def __init__(self, folder: Path, port: int | None = None, security: ElasticsearchSecurity | None = None) -> None:
        super().__init__(folder, port)
        self._security = security
        if security:
            self.needs += (artifact.X_PACK_CORE, artifact.X_PACK_SECURITY)

    @property
    def url(self) -> str:
        """Address for clients."""
        return f"{'https' if self._security else 'http'}://127.0.0.1:{self._port}"

    def launch(self) -> None:
        """Start the node without waiting for it; ``prepare`` comes first. Raises ``StackError``."""
        home = self._folder.absolute() / "home"
        _lay_out(home, *map(artifacts.jars, self.needs))
        if self._security:
            self._security.lay_out(home / "config")
        settings = {
            "path.home": str(home),
            "path.data": str(self._folder.absolute() / "data"),
            "path.logs": str(home / "logs"),
            "http.port": str(self._port),
            "transport.port": "0",
            "network.host": "127.0.0.1",
            "discovery.type": "single-node",
            "cluster.name": "oom-ingest",
            "node.name": "oom-ingest",
            # How full the disk is elsewhere is not this node's affair.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **(self._security.settings() if self._security else {}),
        }
        command = [sys.executable, "-m", "ingest.stack.elasticsearch_main", str(libjvm()), str(home)]
        self._child.start([*command, json.dumps(settings)])

    def _usable(self) -> bool:
        # A proxy that is set for the machine must not be asked for this machine.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), *self._trust())
        health = urllib.request.Request(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s")  # noqa: S310
        if self._security:
            health.add_header("authorization", self._security.authorization)
        try:
            with direct.open(health, timeout=5) as answer:
                return str(json.load(answer)["status"]) in {"green", "yellow"}
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except (OSError, ValueError):
            return False

    def _trust(self) -> Iterator[urllib.request.BaseHandler]:
        if self._security:
            context = ssl.create_default_context(cafile=self._security.authority)
            yield urllib.request.HTTPSHandler(context=context)


def _lay_out(
    home: Path,
    server: Sequence[Path],
    kql: Sequence[Path],
    x_pack_core: Sequence[Path] = (),
    x_pack_security: Sequence[Path] = (),
) -> None:
    """A home as the node expects it: links to the jars, made anew each time so that nothing old is left in it."""
    shutil.rmtree(home, ignore_errors=True)
    for name in ("config", "logs", "plugins", "lib", "temporary"):
        (home / name).mkdir(parents=True)
    netty = [jar for jar in server if jar.name.startswith(("netty-", "transport-netty4"))]
    _link(home / "lib", [jar for jar in server if jar not in netty])
    _module(home, "transport-netty4", netty)
    _module(home, "x-pack-kql", kql)
    if x_pack_security:
        _module(home, "x-pack-core", x_pack_core)
        _module(home, "x-pack-security", [*x_pack_security, *netty])


def _module(home: Path, name: str, jars: Sequence[Path]) -> None:
    folder = home / "modules" / name
    folder.mkdir(parents=True)
    descriptor = _DESCRIPTOR.format(
        name=name, version=_VERSION, classname=_MODULES[name], extends=_EXTENDS.get(name, "")
    )
    (folder / "plugin-descriptor.properties").write_text(descriptor, encoding="utf-8")
    _link(folder, jars)


def _link(folder: Path, jars: Sequence[Path]) -> None:
    for jar in jars:
        (folder / jar.name).symlink_to(jar)
