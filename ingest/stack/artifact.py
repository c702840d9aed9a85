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
X_PACK_CORE = Artifact(
    name="x-pack-core",
    version="9.5.3",
    size=16_000_000,
    coordinates=("commons-logging:commons-logging:1.2",),
    # Its metadata names one artifact that Maven Central does not have, templates that nothing here needs.
    alone=(
        "org.elasticsearch.plugin:x-pack-core:9.5.3",
        "com.unboundid:unboundid-ldapsdk:7.0.3",
        "commons-codec:commons-codec:1.15",
        "org.apache.httpcomponents:httpasyncclient:4.1.5",
        "org.apache.httpcomponents:httpclient:4.5.14",
        "org.apache.httpcomponents:httpcore:4.4.16",
        "org.apache.httpcomponents:httpcore-nio:4.4.16",
        "org.slf4j:slf4j-api:2.0.18",
    ),
)
X_PACK_SECURITY = Artifact(
    name="x-pack-security",
    version="9.5.3",
    size=4_600_000,
    coordinates=("com.google.code.findbugs:jsr305:3.0.2",),
    # Elastic's version of OpenSAML is not on Maven Central. Its classes are looked at when the node starts, and run
    # only where a SAML realm is configured.
    alone=(
        "org.elasticsearch.plugin:x-pack-security:9.5.3",
        "com.nimbusds:nimbus-jose-jwt:10.0.2",
        "com.nimbusds:oauth2-oidc-sdk:11.22.2",
        "org.opensaml:opensaml-core:4.0.1",
        "org.opensaml:opensaml-saml-api:4.0.1",
        "org.opensaml:opensaml-xmlsec-api:4.0.1",
    ),
)
