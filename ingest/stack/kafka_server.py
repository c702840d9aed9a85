"""A real Kafka broker, alone in KRaft mode."""

from __future__ import annotations

import base64
import sys
import uuid
from typing import TYPE_CHECKING

from ingest.stack import artifact, artifacts
from ingest.stack.java import libjvm
from ingest.stack.ports import answers, free_port
from ingest.stack.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.stack.kafka_security import KafkaSecurity

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
controller.listener.names=CONTROLLER
listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT
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
group.initial.rebalance.delay.ms={join_delay}
# After a kill the broker may come back only when its old session has ended; 9 s would be the default.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
"""
_LOGGING = """\
status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %m (%c{1})%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""


class KafkaServer(Server):
    """One broker on a loopback port that stays the same; topics and offsets survive a restart.

    Args:
        folder: The server's own folder.
        port: Where the plain listener is; any free port if not given.
        security: Further listeners; without it there is only the plain one.
        join_delay_ms: How long a new group waits for more members. Kafka's own default is 3,000.
    """

    name = "Kafka"
    needs = (artifact.KAFKA,)

    def __init__(
        self, folder: Path, port: int | None = None, security: KafkaSecurity | None = None, *, join_delay_ms: int = 0
    ) -> None:
        super().__init__(folder, port)
        self._security = security
        self._join_delay_ms = join_delay_ms

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients."""
        return f"127.0.0.1:{self._port}"

    def launch(self) -> None:
        """Start the broker without waiting for it; ``prepare`` comes first. Raises ``StackError``."""
        (self._folder / "server.properties").write_text(self._properties(), encoding="utf-8")
        (self._folder / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
        jars = artifacts.jars(artifact.KAFKA)[0].parent
        command = [sys.executable, "-m", "ingest.stack.kafka_main", str(libjvm()), str(jars)]
        self._child.start([*command, str(self._folder.absolute()), _new_cluster_id()])

    def _properties(self) -> str:
        security = self._security
        text = _PROPERTIES.format(
            listeners=",".join((f"PLAINTEXT://{self.bootstrap}", *(security.listeners() if security else ()))),
            protocols=",".join(("PLAINTEXT:PLAINTEXT", *(security.protocols() if security else ()))),
            controller=free_port(),
            data=self._folder.absolute() / "data",
            join_delay=self._join_delay_ms,
        )
        return text + (security.properties() if security else "")

    def _usable(self) -> bool:
        """Offsets can be read: then partitions have leaders and groups a coordinator, not only a port is open."""
        # The client reports each refused connection; asking the port first keeps it quiet.
        if not answers(self._port):
            return False
        from kafka import KafkaAdminClient  # noqa: PLC0415  slow to import
        from kafka.errors import KafkaError  # noqa: PLC0415

        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=5_000, request_timeout_ms=5_000
            )
        except (KafkaError, OSError, ValueError):
            return False
        try:
            # This makes the broker create its offsets topic, which the first consumer would otherwise wait for.
            admin.list_group_offsets(["oom-ingest-stack-probe"])
        except (KafkaError, OSError):
            return False
        finally:
            admin.close()
        return True


def _new_cluster_id() -> str:
    """Kafka's form of a UUID: base64 without padding. One that starts with a dash would look like an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()).startswith("-"):
        pass
    return text
