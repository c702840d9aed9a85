"""Settings: flags over environment over one TOML file over defaults. Each key is defined once, here.

Environment variables are ``OOM_INGEST_<TABLE>__<KEY>``, lists separated by commas: ``OOM_INGEST_KAFKA__TOPICS=a,b``.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PREFIX = "OOM_INGEST_"
_NOT_SETTINGS = ("OOM_INGEST_CONFIG", "OOM_INGEST_CACHE", "OOM_INGEST_TEST_", "OOM_INGEST_UPDATE_")


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where records come from."""

    bootstrap_servers: Annotated[str, Meta(description="Brokers, `host:port` separated by commas.")] = "localhost:9092"
    topics: Annotated[tuple[str, ...], Meta(description="Topics to read.", min_length=1)] = ("syslog",)
    group: Annotated[str, Meta(description="Consumer group.")] = "oom-ingest"
    client_id: Annotated[str, Meta(description="Name of this worker in the broker's logs.")] = "oom-ingest"


class ElasticsearchSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where documents go."""

    hosts: Annotated[tuple[str, ...], Meta(description="Addresses with scheme and port.", min_length=1)] = (
        "http://localhost:9200",
    )
    api_key: Annotated[str | None, Meta(description="API key, as Kibana shows it. Secret.")] = None
    username: Annotated[str | None, Meta(description="User, where no API key is set.")] = None
    password: Annotated[str | None, Meta(description="Password of that user. Secret.")] = None
    ca_certs: Annotated[str | None, Meta(description="File of the CA that signed the server's certificate.")] = None
    index_prefix: Annotated[
        str, Meta(description="First part of every index name.", pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    ] = "oom"
    request_timeout: Annotated[float, Meta(gt=0, description="Seconds that one request may take.")] = 30.0


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
    max_line_bytes: Annotated[int, Meta(gt=0, description="Longer records are refused.")] = 65_536


class ReportSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of open reports."""

    reorder: Annotated[
        float, Meta(ge=0, description="Seconds that lines of one host may come late and still be put in order.")
    ] = 30.0
    settle_after: Annotated[float, Meta(gt=0, description="Seconds of silence until a report is written.")] = 10.0
    linger: Annotated[float, Meta(gt=0, description="Seconds of silence until late lines no longer join it.")] = 120.0
    max_lines: Annotated[int, Meta(gt=0, description="Lines of one report.")] = 5_000
    page_size: Annotated[
        Annotated[int, Meta(ge=1024, le=1 << 20)] | None,
        Meta(description="Bytes in a page where a report does not tell; unset is 4096."),
    ] = None
    max_bytes: Annotated[int, Meta(gt=0, description="Bytes of one report.")] = 1 << 20
    max_total_bytes: Annotated[
        int, Meta(gt=0, description="Memory for all open reports; beyond it the oldest are closed.")
    ] = 64 << 20


class EpisodeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How reports are grouped."""

    gap: Annotated[float, Meta(gt=0, description="Seconds between two reports that begin a new episode.")] = 300.0


class LookupSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Tables of what no log line says: files whose names end in .csv, .yaml or .yml."""

    hosts: Annotated[str | None, Meta(description="File of hosts: `host`, `cluster`, `role`, `owner`.")] = None
    pods: Annotated[str | None, Meta(description="File of pods: `uid`, `namespace`, `pod`, `workload`.")] = None
    users: Annotated[str | None, Meta(description="File of users: `uid`, `name`.")] = None


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the service shows of itself."""

    listen: Annotated[
        str | None,
        Meta(description="Address, `host:port`, for `/metrics`, `/healthz` and `/readyz`; unset listens nowhere."),
    ] = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set."""

    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    envelope: EnvelopeSettings = EnvelopeSettings()
    report: ReportSettings = ReportSettings()
    episode: EpisodeSettings = EpisodeSettings()
    lookup: LookupSettings = LookupSettings()
    metrics: MetricsSettings = MetricsSettings()
    startup_timeout: Annotated[
        float, Meta(gt=0, description="Seconds to wait for Kafka and Elasticsearch before giving up at the start.")
    ] = 60.0


_TABLES = {
    field.name: field.type for field in msgspec.structs.fields(Settings) if isinstance(field.type, type(Settings))
}


class ConfigError(Exception):
    """A setting is wrong. The text is one sentence that names the setting and where it came from."""


def load(
    file: Path | None, environ: Mapping[str, str], overrides: Mapping[tuple[str, str], object | None] | None = None
) -> Settings:
    """The effective settings.

    Args:
        file: A TOML file, or ``None``.
        environ: The environment; only names that begin with ``OOM_INGEST_`` are looked at.
        overrides: What flags say, by table and key; ``None`` is a flag that was not given.

    Raises:
        ConfigError: A file that cannot be read, an unknown key, a value of the wrong kind.
    """
    values: dict[str, Any] = _from_file(file) if file else {}
    _merge(values, _from_environment(environ))
    for (table, key), value in (overrides or {}).items():
        if value is not None:
            values.setdefault(table, {})[key] = value
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"a setting is wrong: {_plain(error)}") from None
    return settings


def _from_file(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the configuration file {file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration file {file} is not TOML: {error}") from None
    for table, content in values.items():
        _known(table, [*_TABLES, "startup_timeout"], f"in {file}")
        if table in _TABLES and isinstance(content, dict):
            for key in content:
                _known(key, _keys(table), f"in table [{table}] of {file}")
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.startswith(_NOT_SETTINGS):
            continue
        table, _, key = name.removeprefix(PREFIX).lower().partition("__")
        _known(table, [*_TABLES, "startup_timeout"], f"in the environment variable {name}")
        if not key:
            values[table] = text
            continue
        _known(key, _keys(table), f"in the environment variable {name}")
        values.setdefault(table, {})[key] = text.split(",") if _is_list(table, key) else text
    return values


def _known(name: str, known: Iterable[str], where: str) -> None:
    names = list(known)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(names))}"
    raise ConfigError(f"unknown setting {name!r} {where}{hint}")


def _keys(table: str) -> list[str]:
    return [field.name for field in msgspec.structs.fields(_TABLES[table])] if table in _TABLES else []


def _is_list(table: str, key: str) -> bool:
    return any(f.name == key and isinstance(f.default, tuple) for f in msgspec.structs.fields(_TABLES[table]))


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            into.setdefault(key, {}).update(value)
        else:
            into[key] = value


def _plain(error: msgspec.ValidationError) -> str:
    """Msgspec's message with the place written as the settings name it, and no value that may be a secret."""
    return str(error).replace(" - at `$.", ", at `")
