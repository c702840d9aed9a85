"""``oom-ingest explain``: one log, explained to one person."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.adapters import files
from ingest.cli import options, status
from ingest.explained.view import episode_view, overview
from ingest.model import TimeSource
from ingest.offline import episodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ingest.envelope import Envelope
    from ingest.explained.view import EpisodeView
    from ingest.offline import Told

_PLAIN_WIDTH = 120


@click.command(name="explain")
@click.argument("file", type=click.Path(path_type=Path), default="-")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one self-contained page here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each episode.")
@click.option("--lines", is_flag=True, help="Print every line with what its values mean.")
@click.option("--host", help="Host of lines that name none, such as those of dmesg.")
@click.option("--timezone", help="Zone of time stamps that name none; UTC if unset.")
@click.option("--recorded-at", type=click.DateTime(["%Y-%m-%d"]), help="Reference date for log lines without a year.")
@options.config_file
def command(
    file: Path,
    html: Path | None,
    as_json: bool,
    lines: bool,
    host: str | None,
    timezone: str | None,
    recorded_at: datetime | None,
    config_file: Path | None,
) -> None:
    """Say what ran out, who died, who used the memory and what to do, for every episode in FILE (or standard input).

    Exit status 1: the log has no OOM record.
    """
    if html is not None and as_json:
        status.stop("--html and --json are two forms of the same: give one of them", status.USAGE)
    with status.plain_errors():
        chosen = options.settings(config_file, {("envelope", "timezone"): timezone})
        envelope = options.envelope(chosen, TimeSource.FILE, host)
        records = files.blocks(
            None if str(file) == "-" else file, recorded_at.replace(tzinfo=UTC) if recorded_at else None
        )
        try:
            found = episodes(records, envelope, options.bounds(chosen), options.gap(chosen), options.page_size(chosen))
        except OSError as error:
            status.stop(f"{options.named(file)} cannot be read: {error.strerror}", status.USAGE)
        if not found.episodes:
            status.stop(f"no OOM record in {options.named(file)}", status.FINDING)
        if found.left_out:
            click.echo(f"{found.left_out:,} reports before these are left out; `oom-ingest parse` tells all", err=True)
        if html is not None:
            _write_page(found, envelope, html, options.named(Path(file.name)))
        elif as_json:
            _print_json(found, envelope)
        else:
            _print(found, envelope if lines else None)


def _views(found: Told, envelope: Envelope | None) -> Iterator[EpisodeView]:
    return (episode_view(episode, joined, envelope) for episode, joined in found.episodes)


def _write_page(found: Told, envelope: Envelope, html: Path, source: str) -> None:
    from ingest.explained.page import render  # noqa: PLC0415  the template engine is needed here only

    try:
        html.write_text(render([*_views(found, envelope)], source, found.left_out), encoding="utf-8")
    except OSError as error:
        status.stop(f"{html} cannot be written: {error.strerror}", status.USAGE)
    click.echo(f"wrote {html}")


def _print_json(found: Told, envelope: Envelope) -> None:
    import msgspec  # noqa: PLC0415  beside its use

    for view in _views(found, envelope):
        sys.stdout.buffer.write(msgspec.json.encode(view) + b"\n")


def _print(found: Told, envelope: Envelope | None) -> None:
    from rich.console import Console  # noqa: PLC0415  a page or JSON needs no terminal

    from ingest.explained.terminal import draw, draw_overview  # noqa: PLC0415  likewise

    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN_WIDTH, color_system=None)

    def written(drawing: Callable[[Console], None]) -> None:
        with console.capture() as drawn:  # the library ends the process by itself where nobody reads
            drawing(console)
        sys.stdout.write(drawn.get())

    if len(found.episodes) > 1:
        written(partial(draw_overview, [*overview(found.episodes)]))
    for view in _views(found, envelope):
        written(partial(draw, view))
