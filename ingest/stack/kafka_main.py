"""The child process that is a Kafka broker.

    python -m ingest.stack.kafka_main LIBJVM JARS_FOLDER FOLDER CLUSTER_ID

``FOLDER`` holds ``server.properties`` and ``log4j2.properties``; ``FOLDER/data`` is formatted if it is not yet.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jpype

from ingest.stack.errors import StackError
from ingest.stack.jvm_child import serve

_HEAP = ("-Xms256m", "-Xmx384m")


def main(libjvm: str, jars: str, folder: str, cluster_id: str) -> None:
    """Run a broker until SIGTERM."""
    serve(
        libjvm,
        (*_HEAP, f"-Dlog4j2.configurationFile={folder}/log4j2.properties"),
        [f"{jars}/*"],
        lambda: _start(Path(folder), cluster_id),
        _stop,
    )


def _start(folder: Path, cluster_id: str) -> Any:
    """The same steps as ``kafka-storage format`` and ``kafka.Kafka`` take, in one JVM instead of two."""
    properties = folder / "server.properties"
    if not (folder / "data" / "meta.properties").exists():
        tool = jpype.JClass("kafka.tools.StorageTool")
        arguments = jpype.JArray(jpype.JString)(["format", "--cluster-id", cluster_id, "--config", str(properties)])
        if tool.execute(arguments, jpype.JClass("java.lang.System").out):
            raise StackError(f"{folder}/data cannot be formatted")
    settings = jpype.JClass("org.apache.kafka.common.utils.Utils").loadProps(str(properties))
    config = jpype.JClass("kafka.server.KafkaConfig")(settings)
    time = jpype.JClass("org.apache.kafka.common.utils.Time").SYSTEM
    server = jpype.JClass("kafka.server.KafkaRaftServer")(config, time)
    server.startup()
    return server


def _stop(server: Any) -> None:
    server.shutdown()
    server.awaitShutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
