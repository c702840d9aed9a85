"""What is downloaded: the servers' jars by their Maven coordinates."""

from __future__ import annotations

import hashlib

from msgspec import Struct


class Artifact(Struct, frozen=True, kw_only=True):
    """Something that Maven Central has.

    Args:
        name: For people, and for the folder.
        version: Likewise.
        size: Bytes that are downloaded for it, for the progress bar and for the check of free space.
        coordinates: ``group:artifact:version`` of jars that are wanted with all that they need.
        alone: The same for jars that are wanted without what they need.
    """

    name: str
    version: str
    size: int
    coordinates: tuple[str, ...]
    alone: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"

    @property
    def folder_name(self) -> str:
        """Differs as soon as other jars are wanted, so that an older cache is not mistaken for this one."""
        wanted = hashlib.sha256(repr((self.coordinates, self.alone)).encode()).hexdigest()
        return f"{self.name}-{self.version}-{wanted[:8]}"


KAFKA = Artifact(
    name="kafka",
    version="4.4.0",
    size=44_600_000,
    coordinates=("org.apache.kafka:kafka_2.13:4.4.0",),
    # Kafka logs through slf4j and its artifact brings no binding: without this one it dies in silence. Its own
    # dependencies would replace Kafka's by older ones.
    alone=("org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",),
)
ELASTICSEARCH = Artifact(
    name="elasticsearch",
    version="9.5.3",
    size=46_300_000,
    coordinates=("org.elasticsearch:elasticsearch:9.5.3", "org.elasticsearch.plugin:transport-netty4:9.5.3"),
)
KQL = Artifact(
    name="x-pack-kql",
    version="9.5.3",
    size=430_000,
    coordinates=("org.elasticsearch.plugin:x-pack-kql:9.5.3",),
)
