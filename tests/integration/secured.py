"""A real broker with TLS, passwords and ACLs, and the certificates for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from ingest.config import KafkaSettings, Secret
from ingest.config.settings import keys
from ingest.rights import Acl
from ingest.stack.kafka_security import KafkaSecurity
from ingest.stack.kafka_server import KafkaServer

USER = "ingest"
PASSWORD = "not-the-usual-one"  # noqa: S105  must be seen nowhere
SCRAM = (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)


@dataclass(frozen=True)
class Certificates:
    """A CA, a server's certificate and a client's, and a CA that nobody trusts."""

    authority: Path
    server: Path
    client: Path
    client_key: Path
    stranger: Path


@dataclass(frozen=True)
class SecuredKafka:
    """The broker; over the plain listener everything is allowed."""

    bootstrap: str
    security: KafkaSecurity
    certificates: Certificates

    def settings(self, protocol: str, topic: str, **more: object) -> KafkaSettings:
        """Settings of the service for one of the listeners."""
        given: dict[str, object] = {}
        if "SSL" in protocol:
            given["ca_file"] = str(self.certificates.authority)
        if protocol == "SSL":
            given |= {
                "certificate_file": str(self.certificates.client),
                "key_file": str(self.certificates.client_key),
            }
        if "SASL" in protocol:
            given |= {"username": USER, "password": Secret(PASSWORD)}
        given |= {"topics": (topic,), "group": topic, **more}
        return KafkaSettings(
            bootstrap_servers=self.security.bootstrap(protocol),
            security_protocol=protocol,  # type: ignore[arg-type]  # one of the listeners
            **given,  # type: ignore[arg-type]  # by the names of the settings
        )

    def environment(self, protocol: str, topic: str) -> dict[str, str]:
        """The same settings as the service is given them."""
        kafka = self.settings(protocol, topic)
        given = {
            f"OOM_INGEST_KAFKA__{key.name}".upper(): str(value)
            for key in keys()
            if key.table == "kafka" and not key.is_secret and (value := getattr(kafka, key.name)) is not None
        }
        password = {"OOM_INGEST_KAFKA__PASSWORD": PASSWORD} if "SASL" in protocol else {}
        return {**given, **password, "OOM_INGEST_KAFKA__TOPICS": topic}

    def allow(self, protocol: str, acls: Sequence[Acl]) -> None:
        """Give the user of a listener some rights."""
        principal = "User:CN=oom-ingest,OU=logs,O=example" if protocol == "SSL" else f"User:{USER}"
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        made = admin.create_acls(
            [
                ACL(
                    principal,
                    "*",
                    ACLOperation[acl.operation.upper()],
                    ACLPermissionType.ALLOW,
                    ResourcePattern(ResourceType[acl.resource.upper()], acl.name),
                )
                for acl in acls
            ]
        )
        admin.close()
        assert not made["failed"], made


def certificates(folder: Path) -> Certificates:
    """New ones, as PEM files."""
    authority, stranger = trustme.CA(), trustme.CA()
    made = Certificates(*(folder / f"{name}.pem" for name in ("ca", "server", "client", "client-key", "stranger")))
    authority.cert_pem.write_to_path(made.authority)
    stranger.cert_pem.write_to_path(made.stranger)
    server = authority.issue_cert("127.0.0.1", "localhost")
    made.server.write_bytes(_pkcs8(server) + _chain(server))
    client = authority.issue_cert(
        "ingest.example.org", common_name="oom-ingest", organization_unit_name="logs", organization_name="example"
    )
    made.client.write_bytes(_chain(client))
    made.client_key.write_bytes(_pkcs8(client))
    return made


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """A broker that is stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    made = certificates(folder)
    security = KafkaSecurity(certificate=made.server, authority=made.authority, users={USER: PASSWORD})
    server = KafkaServer(folder / "kafka", security=security)
    server.start()
    try:
        admin = KafkaAdminClient(bootstrap_servers=server.bootstrap)
        for mechanism in SCRAM:  # one request each: the broker takes a user only once
            told = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, mechanism, PASSWORD)])
            assert told == {USER: None}, told
        admin.close()
        yield SecuredKafka(server.bootstrap, security, made)
    finally:
        server.stop()


def _chain(leaf: trustme.LeafCert) -> bytes:
    return b"".join(blob.bytes() for blob in leaf.cert_chain_pems)


def _pkcs8(leaf: trustme.LeafCert) -> bytes:
    """The key in the one form that Kafka reads."""
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
