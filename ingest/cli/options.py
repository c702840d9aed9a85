"""Options that several commands share."""

from __future__ import annotations

import os
from datetime import timedelta
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import click

from ingest.adapters import lookup_files
from ingest.assemble import Bounds
from ingest.cli import status
from ingest.config import ConfigError, Settings, effective, load
from ingest.envelope import Envelope, Shape
from ingest.model import ASSUMED_PAGE, UNKNOWN_HOST, Host, PageSize, PageSizeSource, TimeSource
from ingest.redaction import Redacted, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ingest.lookup import Lookup
    from ingest.model import Document, Packed, Raw

config_file = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="OOM_INGEST_CONFIG",
    help="A TOML file with settings.",
)

rate = click.option("--rate", "kafka__rate", type=float, help="Records read in a second, on average, at most.")


def connections(command: Callable[..., None]) -> Callable[..., None]:
    """Flags for Kafka and Elasticsearch, and the configuration file; the command is given ``chosen``, what is in force.

    A flag whose parameter is called ``<table>__<key>`` sets that key, also those that a command adds.
    """

    @click.option("--bootstrap-servers", "kafka__bootstrap_servers", help="Kafka brokers, host:port, by commas.")
    @click.option("--topic", "kafka__topics", multiple=True, help="A topic to read; may be given again.")
    @click.option("--group", "kafka__group", help="Consumer group.")
    @click.option("--elasticsearch", "elasticsearch__hosts", multiple=True, help="Its address; may be given again.")
    @config_file
    @wraps(command)
    def with_settings(config_file: Path | None, **given: object) -> None:
        flags = {name: given.pop(name) for name in list(given) if "__" in name}
        overrides = {_place(name): None if value == () else value for name, value in flags.items()}
        with status.plain_errors():
            command(chosen=effective(config_file, os.environ, overrides), **given)

    return with_settings


def named(file: Path) -> str:
    """A file that is read, as a sentence calls it."""
    return "standard input" if str(file) == "-" else str(file)


def _place(parameter: str) -> tuple[str, str]:
    table, _, key = parameter.partition("__")
    return table, key


def settings(file: Path | None, overrides: Mapping[tuple[str, str], object | None] | None = None) -> Settings:
    """The effective settings; raises ``ConfigError``."""
    return load(file, os.environ, overrides)


def envelope(chosen: Settings, hint_source: TimeSource, host: str | None = None) -> Envelope:
    """How records are read; raises ``ConfigError`` for a zone that does not exist."""
    pinned = chosen.envelope.format
    return Envelope(
        zone=zone("envelope.timezone", chosen.envelope.timezone) if chosen.envelope.timezone else None,
        zones=tuple(_source_zone(entry) for entry in chosen.envelope.timezones),
        shape=None if pinned == "auto" else Shape(pinned),
        hint_source=hint_source,
        default_host=Host(host.lower(), host) if host else UNKNOWN_HOST,
    )


def zone(setting: str, name: str) -> ZoneInfo:
    """A zone by its name; raises ``ConfigError`` that names the setting, or the option, and a zone that is near."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A short name of summer time is near that of another zone: CEST is not EST.
        places = [each for each in available_timezones() if "/" in each or each == "UTC"]
        near = get_close_matches(name, places, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"{setting} {name!r} is no zone of the IANA database{hint}") from None


def _source_zone(entry: str) -> tuple[str, ZoneInfo]:
    pattern, separator, name = entry.rpartition("=")
    if not separator or not pattern:
        raise ConfigError(f"envelope.timezones {entry!r} is not `pattern=Zone`, such as `web-*=Europe/Berlin`")
    return pattern.lower(), zone("envelope.timezones", name)


def bounds(chosen: Settings) -> Bounds:
    """Limits of open reports."""
    report = chosen.report
    return Bounds(
        reorder=report.reorder,
        settle_after=report.settle_after,
        linger=report.linger,
        max_total_bytes=report.max_total_bytes,
    )


def page_size(chosen: Settings) -> PageSize:
    """What reports go by that do not tell their page size."""
    configured = chosen.report.page_size
    return ASSUMED_PAGE if configured is None else PageSize(configured, PageSizeSource.CONFIGURED)


def redaction(chosen: Settings) -> Redaction | None:
    """What is stored as tokens only."""
    what, key = chosen.redaction.what, chosen.redaction.key
    return Redaction(frozenset(map(Redacted, what)), key.reveal().encode()) if what and key else None


def lookup(chosen: Settings) -> Lookup:
    """What is known of hosts, pods and users; raises ``ConfigError`` for a table that is wrong."""
    return lookup_files.load(chosen.lookup)


def documents(records: Iterable[Raw | Packed], chosen: Settings, host: str | None) -> Iterator[Document]:
    """The documents of records read without any server; ``host`` is that of lines that name none."""
    from ingest import offline  # noqa: PLC0415  most commands read no log

    return offline.documents(
        records,
        envelope(chosen, TimeSource.FILE, host),
        bounds(chosen),
        gap(chosen),
        chosen.elasticsearch.index_prefix,
        page_size(chosen),
        lookup(chosen),
        redaction(chosen),
    )


def gap(chosen: Settings) -> timedelta:
    """The silence that ends an episode."""
    return timedelta(seconds=chosen.episode.gap)
