"""``oom-ingest parse``: a log file to the documents that would be indexed, without any server."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from ingest.adapters import files
from ingest.cli import options, status
from ingest.model import TimeSource
from ingest.offline import documents


@click.command(name="parse")
@click.argument("file", type=click.Path(path_type=Path), default="-")
@click.option("--host", help="Host of lines that name none, such as those of dmesg.")
@click.option("--timezone", help="Zone of time stamps that name none; UTC if unset.")
@click.option("--recorded-at", type=click.DateTime(["%Y-%m-%d"]), help="Day (UTC) by which years are chosen.")
@options.config_file
def command(
    file: Path, host: str | None, timezone: str | None, recorded_at: datetime | None, config_file: Path | None
) -> None:
    """Print the documents of FILE (standard input by default), one JSON object a line.

    Each line is {"_index", "_id", "_source"}: exactly what `run` would store. A year that the log does not name is the
    one nearest to --recorded-at, else to the file's modification time, and the documents say so.
    """
    with status.plain_errors():
        chosen = options.settings(config_file, {("envelope", "timezone"): timezone})
        envelope = options.envelope(chosen, TimeSource.FILE, host)
        lookup = options.lookup(chosen)
        hint = recorded_at.replace(tzinfo=UTC) if recorded_at else None
        records = files.blocks(None if str(file) == "-" else file, hint)
        try:
            for document in documents(
                records,
                envelope,
                options.bounds(chosen),
                options.gap(chosen),
                chosen.elasticsearch.index_prefix,
                options.page_size(chosen),
                lookup,
                options.redaction(chosen),
            ):
                line = {"_index": document.index, "_id": document.id, "_source": document.source}
                sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            status.stop(f"{file} cannot be read: {error.strerror}", status.USAGE)
