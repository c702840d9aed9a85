"""Everything that can be set: each key once, with its meaning, its default and its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from ingest.config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator


PREFIX = "OOM_INGEST_"
_NAME = r"^[A-Za-z0-9._-]{1,249}$"
"""What Kafka takes as the name of a topic or of a member of a group."""
_MONTH = 30 * 86_400
"""The longest time that may be set, in seconds: what is longer is a mistake, and no clock can add it."""


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where records come from."""

    bootstrap_servers: Annotated[str, Meta(description="Brokers, `host:port` separated by commas.")] = "localhost:9092"
    topics: Annotated[
        tuple[Annotated[str, Meta(pattern=_NAME)], ...], Meta(description="Topics to read.", min_length=1)
    ] = ("syslog",)
    group: Annotated[str, Meta(description="Consumer group.", min_length=1)] = "oom-ingest"
    client_id: Annotated[str, Meta(description="Name of this worker in the broker's logs.")] = "oom-ingest"
    group_instance_id: Annotated[
        Annotated[str, Meta(pattern=_NAME)] | None,
        Meta(description="Name of this worker alone: with it a restart within 15 s moves no partitions."),
    ] = None
    rate: Annotated[
        Annotated[float, Meta(gt=0, le=1e9)] | None,
        Meta(description="Records that a worker reads in a second, on average, at most; unset is no limit."),
    ] = None
    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], Meta(description="As the broker's listener has it.")
    ] = "PLAINTEXT"
    ca_file: Annotated[
        str | None, Meta(description="CA that signed the brokers' certificates, PEM; unset trusts the system's.")
    ] = None
    certificate_file: Annotated[
        str | None, Meta(description="Certificate of this client, PEM; it may hold the private key too.")
    ] = None
    key_file: Annotated[str | None, Meta(description="Private key of that certificate, PEM, without a password.")] = (
        None
    )
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], Meta(description="How user and password are proven.")
    ] = "SCRAM-SHA-512"
    username: Annotated[str | None, Meta(description="User, with SASL.")] = None
    password: Annotated[Secret | None, Meta(description="Password of that user.")] = None


class ElasticsearchSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where documents go."""

    hosts: Annotated[tuple[str, ...], Meta(description="Addresses with scheme and port.", min_length=1)] = (
        "http://localhost:9200",
    )
    api_key: Annotated[Secret | None, Meta(description="API key, base64 as Kibana shows it.")] = None
    username: Annotated[str | None, Meta(description="User, where no API key is set.")] = None
    password: Annotated[Secret | None, Meta(description="Password of that user.")] = None
    ca_file: Annotated[
        str | None, Meta(description="CA that signed the servers' certificates, PEM; unset trusts the usual ones.")
    ] = None
    fingerprint: Annotated[
        Annotated[str, Meta(pattern=r"^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$")] | None,
        Meta(description="SHA-256 fingerprint of the server's certificate, in hex: trusted in place of a CA."),
    ] = None
    index_prefix: Annotated[
        str, Meta(description="First part of every index name.", pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    ] = "oom"
    request_timeout: Annotated[float, Meta(gt=0, le=_MONTH, description="Seconds that one request may take.")] = 30.0


class EnvelopeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How records are read."""

    timezone: Annotated[
        str | None, Meta(description="Zone of time stamps that name none, such as `Europe/Berlin`; unset reads UTC.")
    ] = None
    timezones: Annotated[
        tuple[str, ...],
        Meta(description="Zones of single sources: `pattern=Zone`, where the pattern is of topic, file or host names."),
    ] = ()
    format: Annotated[
        Literal["auto", "kmsg", "rfc5424", "cri", "console", "logcat", "syslog", "dmesg", "json"],
        Meta(description="The one kind of envelope that records have; `auto` tells it for each record."),
    ] = "auto"


class ReportSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of open reports."""

    reorder: Annotated[
        float,
        Meta(ge=0, le=_MONTH, description="Seconds that lines of one host may come late and still be put in order."),
    ] = 30.0
    settle_after: Annotated[
        float, Meta(gt=0, le=_MONTH, description="Seconds of silence until a report is written.")
    ] = 10.0
    linger: Annotated[
        float, Meta(gt=0, le=_MONTH, description="Seconds of silence until late lines no longer join it.")
    ] = 120.0
    page_size: Annotated[
        Annotated[int, Meta(ge=1024, le=1 << 20)] | None,
        Meta(description="Bytes in a page where a report does not tell; unset is 4096."),
    ] = None
    max_total_bytes: Annotated[
        int, Meta(gt=0, description="Memory for all open reports; beyond it the oldest are closed.")
    ] = 64 << 20


class EpisodeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How reports are grouped."""

    gap: Annotated[
        float, Meta(gt=0, le=_MONTH, description="Seconds between two reports that begin a new episode.")
    ] = 300.0


class LookupSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Tables of what no log line says: files whose names end in .csv, .yaml or .yml."""

    hosts: Annotated[str | None, Meta(description="File of hosts: `host`, `cluster`, `role`, `owner`.")] = None
    pods: Annotated[str | None, Meta(description="File of pods: `uid`, `namespace`, `pod`, `workload`.")] = None
    users: Annotated[str | None, Meta(description="File of users: `uid`, `name`.")] = None


class RedactionSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is stored as tokens only."""

    what: Annotated[
        tuple[Literal["names", "users", "paths", "text"], ...],
        Meta(description="Names of processes, users, paths of cgroups, raw text; any of them takes the text along."),
    ] = ()
    key: Annotated[Secret | None, Meta(description="Key of the tokens: the same key, the same token.")] = None


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the service shows of itself."""

    listen: Annotated[
        str | None,
        Meta(description="Address, `host:port`, for `/metrics`, `/healthz` and `/readyz`; unset listens nowhere."),
    ] = None


class DeadLetterSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where records go that could not be read, and documents that could not be stored."""

    topic: Annotated[
        Annotated[str, Meta(pattern=_NAME)] | None,
        Meta(description="Kafka topic for them; unset writes them into the index only."),
    ] = None
    index: Annotated[bool, Meta(description="Whether they are written into the index `oom-deadletter`.")] = True
    limit: Annotated[
        float,
        Meta(gt=0, le=1, description="Their share of the latest lines or documents above which the service stops."),
    ] = 0.5


class RouteSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where `oom-ingest route` writes."""

    topic: Annotated[str, Meta(description="Topic of OOM candidates, keyed by host.", pattern=_NAME)] = "oom-candidates"


class KibanaSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where `oom-ingest setup` puts boards and alert rules."""

    url: Annotated[
        str | None, Meta(description="Address of Kibana, with its base path if it has one; unset leaves it alone.")
    ] = None
    space: Annotated[str, Meta(description="Space of Kibana.", pattern=r"^[a-z0-9_-]{1,256}$")] = "default"
    api_key: Annotated[Secret | None, Meta(description="API key, base64 as Kibana shows it.")] = None
    ca_file: Annotated[
        str | None, Meta(description="CA that signed Kibana's certificate, PEM; unset trusts the usual ones.")
    ] = None
    critical_processes: Annotated[
        tuple[str, ...],
        Meta(description="Processes whose death is alerted, instead of the list that we ship (`docs/alerts.md`)."),
    ] = ()


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set."""

    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    envelope: EnvelopeSettings = EnvelopeSettings()
    report: ReportSettings = ReportSettings()
    episode: EpisodeSettings = EpisodeSettings()
    lookup: LookupSettings = LookupSettings()
    redaction: RedactionSettings = RedactionSettings()
    metrics: MetricsSettings = MetricsSettings()
    dead_letters: DeadLetterSettings = DeadLetterSettings()
    route: RouteSettings = RouteSettings()
    kibana: KibanaSettings = KibanaSettings()
    startup_timeout: Annotated[
        float,
        Meta(gt=0, le=_MONTH, description="Seconds to wait for Kafka and Elasticsearch before giving up at the start."),
    ] = 60.0


class Key(Struct, frozen=True):
    """One setting, as ``kafka.topics``; ``table`` is empty for those that stand in none."""

    table: str
    name: str
    type: object
    default: object
    meta: Meta

    @property
    def path(self) -> str:
        """The name with its table."""
        return f"{self.table}.{self.name}" if self.table else self.name

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + "__".join(filter(None, (self.table, self.name))).upper()

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return isinstance(self.default, tuple)

    @property
    def is_secret(self) -> bool:
        """Whether its value is never shown."""
        return Secret in get_args(self.type)


def keys() -> Iterator[Key]:
    """Every key in the order of their definition."""
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            for inner in msgspec.structs.fields(field.type):
                yield _key(field.name, inner)
        else:
            yield _key("", field)


def tables() -> dict[str, str]:
    """Every table with what it is about."""
    return {
        field.name: str(field.type.__doc__)
        for field in msgspec.structs.fields(Settings)
        if isinstance(field.type, type) and issubclass(field.type, Struct)
    }


def _key(table: str, field: msgspec.structs.FieldInfo) -> Key:
    kind, meta = get_args(field.type)[:2]
    return Key(table, field.name, kind, field.default, meta)
