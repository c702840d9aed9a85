"""What makes a broker a secured one: listeners with TLS, passwords and client certificates, and rights by ACL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from ingest.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_PROTOCOLS = ("SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MODULES = "org.apache.kafka.common.security"


class KafkaSecurity(Struct, frozen=True, kw_only=True):
    """Listeners beside the plain one, each on a loopback port of its own.

    On ``SSL`` every client must have a certificate; on the ``SASL_*`` ones a user and a password. Whoever comes over
    the plain listener may do everything, users only what ACLs allow.

    Args:
        certificate: The broker's chain and its key (PKCS #8), in one PEM file.
        authority: Who signs clients' certificates, PEM.
        users: Passwords for PLAIN, by user. Those for SCRAM are stored in the cluster, by an admin client.
        ports: Where each protocol listens.
    """

    certificate: Path
    authority: Path
    users: Mapping[str, str]
    ports: Mapping[str, int] = field(default_factory=lambda: {protocol: free_port() for protocol in _PROTOCOLS})

    def bootstrap(self, protocol: str) -> str:
        """``host:port`` for clients that use a protocol."""
        return f"127.0.0.1:{self.ports[protocol]}"

    def listeners(self) -> tuple[str, ...]:
        """The listeners as a broker's configuration has them."""
        return tuple(f"{protocol}://127.0.0.1:{port}" for protocol, port in self.ports.items())

    def protocols(self) -> tuple[str, ...]:
        """Each listener with its protocol: they have the same names."""
        return tuple(f"{protocol}:{protocol}" for protocol in self.ports)

    def properties(self) -> str:
        """The rest of the broker's configuration."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "ssl.keystore.type=PEM"
        yield f"ssl.keystore.location={self.certificate}"
        yield "ssl.truststore.type=PEM"
        yield f"ssl.truststore.location={self.authority}"
        yield "listener.name.ssl.ssl.client.auth=required"
        passwords = "".join(f' user_{user}="{password}"' for user, password in self.users.items())
        for listener in ("sasl_plaintext", "sasl_ssl"):
            name = f"listener.name.{listener}"
            yield f"{name}.sasl.enabled.mechanisms={','.join(MECHANISMS)}"
            yield f"{name}.plain.sasl.jaas.config={_MODULES}.plain.PlainLoginModule required{passwords};"
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                yield f"{name}.{mechanism}.sasl.jaas.config={_MODULES}.scram.ScramLoginModule required;"
        yield "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        yield "super.users=User:ANONYMOUS"
