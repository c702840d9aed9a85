"""A real Kafka broker, alone in KRaft mode."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

from ingest.stack import artifacts
from ingest.stack.errors import StackError
from ingest.stack.java import java
from ingest.stack.process import Child, free_port

if TYPE_CHECKING:
    from pathlib import Path

_HEAP = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC")
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
# Records carry the time of the event, which may be years ago: they are kept all the same.
log.retention.ms=-1
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A broker that was killed may come back at once: its old session ends quickly.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


class KafkaServer:
    """One broker on a loopback port; its topics and offsets live in ``folder`` and survive a restart.

    Args:
        folder: The broker's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._controller = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.child = Child("Kafka", folder)

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the broker without waiting for it. Raises ``StackError``."""
        classpath = ":".join(str(jar) for jar in artifacts.jars(artifacts.KAFKA))
        properties = self._folder / "server.properties"
        data = self._folder / "data"
        properties.write_text(_PROPERTIES.format(port=self._port, controller=self._controller, data=data))
        if not (data / "meta.properties").exists():
            self._format(classpath, properties)
        self.child.start([str(java()), *_HEAP, "-cp", classpath, "kafka.Kafka", str(properties)])

    def wait(self, timeout: float = 90.0) -> None:
        """Wait until clients are answered. Raises ``StackError``."""
        self.child.wait_until(self._usable, timeout)

    def stop(self) -> None:
        """End the broker."""
        self.child.stop()

    def _format(self, classpath: str, properties: Path) -> None:
        """Give the data folder a cluster id. A fixed one: the cluster is never joined to another."""
        tool = [str(java()), "-cp", classpath, "kafka.tools.StorageTool", "format"]
        done = subprocess.run(  # noqa: S603  our own command, no shell
            [*tool, "-t", "b29tLWluZ2VzdC1kZW1vMQ", "-c", str(properties)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StackError(f"Kafka cannot use {self._folder}: {done.stdout.strip()} {done.stderr.strip()}")

    def _usable(self) -> bool:
        # The client leaves sockets open when nobody listens, so it is only asked when somebody does.
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        from kafka import KafkaAdminClient  # noqa: PLC0415  slow to import
        from kafka.errors import KafkaError  # noqa: PLC0415

        try:
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=3_000)
        except (KafkaError, OSError, ValueError):
            return False
        try:
            admin.list_topics()
        except (KafkaError, OSError):
            return False
        finally:
            admin.close()
        return True
