"""Settings that are right one by one and wrong together: nobody should send a password in the clear by mistake."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config.settings import (
        ElasticsearchSettings,
        KafkaSettings,
        KibanaSettings,
        MetricsSettings,
        RedactionSettings,
        Settings,
    )

_LAST_PORT = 65_535
_INSIDE = (".localhost", ".svc", ".svc.cluster.local")
"""What names end in that this machine or a cluster of Kubernetes has to itself."""


def broken(settings: Settings) -> str | None:
    """The first rule that is broken, as one sentence that says what to change."""
    found = (
        *_kafka(settings.kafka),
        *_elasticsearch(settings.elasticsearch),
        *_dead_letters(settings),
        *_kibana(settings.kibana),
        *_redaction(settings.redaction),
        *_metrics(settings.metrics),
    )
    return found[0] if found else None


def _redaction(redaction: RedactionSettings) -> Iterator[str]:
    if redaction.what and not redaction.key:
        yield "redaction.what needs redaction.key: any long random text, the same for all workers"


def _metrics(metrics: MetricsSettings) -> Iterator[str]:
    if metrics.listen is None:
        return
    _, separator, port = metrics.listen.rpartition(":")
    if not (separator and port.isdecimal() and int(port) <= _LAST_PORT):
        yield f"metrics.listen {metrics.listen!r} is not `host:port`, such as `127.0.0.1:9464`"


def _kafka(kafka: KafkaSettings) -> Iterator[str]:
    if "@" in kafka.bootstrap_servers:
        yield "kafka.bootstrap_servers must hold no user or password; set kafka.username and kafka.password"
    for server in kafka.bootstrap_servers.split(","):
        if not _is_broker(server.strip()):
            yield f"kafka.bootstrap_servers has {server.strip()!r}: write it with name and port, such as localhost:9092"
    if "SASL" in kafka.security_protocol:
        if not (kafka.username and kafka.password):
            yield f"kafka.security_protocol {kafka.security_protocol} needs kafka.username and kafka.password"
    elif kafka.username or kafka.password:
        yield (
            f"kafka.username and kafka.password are not sent with kafka.security_protocol {kafka.security_protocol}; "
            "set it to SASL_SSL or SASL_PLAINTEXT"
        )
    if "SSL" not in kafka.security_protocol and (kafka.ca_file or kafka.certificate_file):
        yield (
            f"kafka.ca_file and kafka.certificate_file are not used with kafka.security_protocol "
            f"{kafka.security_protocol}; set it to SSL or SASL_SSL"
        )
    if kafka.key_file and not kafka.certificate_file:
        yield "kafka.key_file needs kafka.certificate_file"


def _is_broker(server: str) -> bool:
    """Whether a broker can be meant; one without a port listens at 9092. Java's clients pass over a protocol, too."""
    try:
        told = urlsplit(f"//{server.rpartition('://')[2]}")
        return bool(told.hostname and told.port != 0 and not told.path) and not server.endswith(":")
    except ValueError:
        return False


def _elasticsearch(elasticsearch: ElasticsearchSettings) -> Iterator[str]:
    if any("@" in host for host in elasticsearch.hosts):
        yield "elasticsearch.hosts must hold no user or password; set elasticsearch.username and elasticsearch.password"
    for host in elasticsearch.hosts:
        if not _is_address(host):
            yield f"elasticsearch.hosts has {host!r}: write it with scheme and port, such as http://localhost:9200"
    if elasticsearch.api_key and elasticsearch.username:
        yield "elasticsearch.api_key and elasticsearch.username are both set; choose one"
    if bool(elasticsearch.username) != bool(elasticsearch.password):
        yield "elasticsearch.username and elasticsearch.password go together"
    if elasticsearch.ca_file and elasticsearch.fingerprint:
        yield "elasticsearch.ca_file and elasticsearch.fingerprint are both set; choose one"
    if elasticsearch.ca_file or elasticsearch.fingerprint:
        for host in elasticsearch.hosts:
            if not host.startswith("https://"):
                yield f"elasticsearch.hosts has {host}, which uses no TLS: write it with https://"


def _is_address(host: str) -> bool:
    try:
        told = urlsplit(host)
        return bool(told.scheme in ("http", "https") and told.hostname and told.port)
    except ValueError:
        return False


def is_in_the_clear(url: str) -> bool:
    """Whether what is sent there can be read on its way: it neither stays on this machine nor among its containers.

    A name without a dot is one of a network of containers, as those of Docker and Kubernetes are.
    """
    try:
        told = urlsplit(url)
    except ValueError:
        return False
    host = told.hostname or ""
    if told.scheme != "http" or host.endswith(_INSIDE):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return "." in host


def _dead_letters(settings: Settings) -> Iterator[str]:
    topic = settings.dead_letters.topic
    if topic is None and not settings.dead_letters.index:
        yield "dead_letters.index is false and dead_letters.topic is unset: they would be lost; set one of them"
    if topic in settings.kafka.topics:
        yield f"dead_letters.topic {topic!r} is one of kafka.topics: what is written there would be read again"


def _kibana(kibana: KibanaSettings) -> Iterator[str]:
    url = kibana.url
    if url is None:
        return
    if "@" in url:
        yield "kibana.url must hold no user or password; set kibana.api_key"
    elif not url.startswith(("http://", "https://")):
        yield f"kibana.url {url!r} must begin with http:// or https://"
    elif kibana.ca_file and not url.startswith("https://"):
        yield f"kibana.ca_file is not used with {url}, which uses no TLS: write it with https://"
