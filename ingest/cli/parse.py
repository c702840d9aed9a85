"""``oom-ingest parse``: log files to the documents that would be indexed, without any server."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

import click
import orjson
from msgspec import Struct

from ingest.adapters import files
from ingest.cli import options, status
from ingest.cli.collector import look_seldom

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STANDARD_INPUT = Path("-")


class _Reading(Struct, frozen=True):
    """How a file is to be read, as it was asked for: another process makes the same of it."""

    host: str | None
    timezone: str | None
    recorded_at: datetime | None
    config_file: Path | None

    def lines(self, file: Path) -> Iterator[bytes]:
        """The documents of a file, one a line. Raises ``OSError`` where it cannot be read."""
        chosen = options.settings(self.config_file, {("envelope", "timezone"): self.timezone})
        blocks = files.blocks(None if file == _STANDARD_INPUT else file, self.recorded_at)
        for document in options.documents(blocks, chosen, self.host):
            line = {"_index": document.index, "_id": document.id, "_source": document.source}
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)

    def write(self, file: Path, to: Path) -> None:
        """Write the documents of a file to another."""
        with to.open("wb") as output:
            output.writelines(self.lines(file))


@click.command(name="parse")
@click.argument("paths", metavar="[FILE]...", type=click.Path(path_type=Path), nargs=-1)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Files read at the same time.")
@click.option("--host", help="Host of lines that name none, such as those of dmesg.")
@click.option("--timezone", help="Zone of time stamps that name none; UTC if unset.")
@click.option("--recorded-at", type=click.DateTime(["%Y-%m-%d"]), help="Reference date for log lines without a year.")
@options.config_file
def command(
    paths: Sequence[Path],
    jobs: int,
    host: str | None,
    timezone: str | None,
    recorded_at: datetime | None,
    config_file: Path | None,
) -> None:
    """Print the documents of each FILE (standard input by default), one JSON object a line.

    Each line is {"_index", "_id", "_source"}: exactly what `run` would store. A year that the log does not name is the
    one nearest to --recorded-at, else to the file's modification time, and the documents say so.

    Files and standard input may be compressed (gzip, bzip2, xz, Zstandard). Each file is read on its own and told in
    the order given; a log that was cut into several belongs together, through standard input.
    """
    hint = recorded_at.replace(tzinfo=UTC) if recorded_at else None
    reading = _Reading(host, timezone, hint, config_file)
    with status.plain_errors():
        if jobs > 1 and len(paths) > 1:
            _side_by_side(reading, paths, jobs)
            return
        for file in paths or (_STANDARD_INPUT,):
            sys.stdout.buffer.writelines(_lines(reading, file))


def _lines(reading: _Reading, file: Path) -> Iterator[bytes]:
    """The documents of a file. What fails to read it is told apart from what fails to write them."""
    try:
        yield from reading.lines(file)
    except OSError as error:
        _cannot_be_read(file, error)


def _side_by_side(reading: _Reading, paths: Sequence[Path], jobs: int) -> None:
    """Read files in processes of their own; what they come to waits on disk for its turn."""
    with TemporaryDirectory(prefix="oom-ingest-") as folder, ProcessPoolExecutor(jobs, initializer=look_seldom) as pool:
        outputs = [Path(folder, str(number)) for number in range(len(paths))]
        written = [pool.submit(reading.write, *each) for each in zip(paths, outputs, strict=True)]
        try:
            for file, output, answer in zip(paths, outputs, written, strict=True):
                try:
                    answer.result()
                except OSError as error:
                    _cannot_be_read(file, error)
                with output.open("rb") as found:
                    shutil.copyfileobj(found, sys.stdout.buffer)
                output.unlink()
        finally:
            pool.shutdown(cancel_futures=True)


def _cannot_be_read(file: Path, error: OSError) -> NoReturn:
    """End with a sentence."""
    status.stop(f"{options.named(file)} cannot be read: {error.strerror}", status.USAGE)
