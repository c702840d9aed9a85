"""``oom-ingest dashboards``: the boards, with and without a Kibana."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli import options, status

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]


@click.group(name="dashboards")
def command() -> None:
    """Kibana's boards."""


@command.command(name="preview")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the pages into this folder.")
@click.option("--open", "show", is_flag=True, help="Open the first page in the browser.")
@click.option("--png", is_flag=True, help="Also write a picture of each page; needs Chromium.")
@click.option("--board", "names", multiple=True, help="A board, such as fleet; may be given again. All, if unset.")
@click.option("--from", "start", type=click.DateTime(_TIMES), help="Begin of the range of time (UTC).")
@click.option("--to", "end", type=click.DateTime(_TIMES), help="Its end (UTC); now, if unset.")
@click.option("--filter", "filters", multiple=True, help="A filter in KQL for all panels; may be given again.")
@click.option("--elasticsearch", "hosts", multiple=True, help="Address of Elasticsearch; may be given again.")
@options.config_file
def preview(
    out: Path | None,
    show: bool,
    png: bool,
    names: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    filters: tuple[str, ...],
    hosts: tuple[str, ...],
    config_file: Path | None,
) -> None:
    """Draw the boards as pages, without a Kibana: each panel from its own query's answer.

    The range of time is that with which a board is opened, unless --from says another.
    """
    if out is None and not show:
        status.stop("say where to write the pages: --out DIR, or --open", status.USAGE)
    try:
        from ingest.preview import page, write  # noqa: PLC0415  needs the extra
    except ImportError:
        status.stop("previews need the extra: pip install 'oom-ingest[charts]'", status.USAGE)
    from ingest.adapters import browser  # noqa: PLC0415  for this command only
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_search import ElasticSearch  # noqa: PLC0415
    from ingest.preview.query import Span  # noqa: PLC0415

    with status.plain_errors():
        chosen = options.settings(config_file, {("elasticsearch", "hosts"): hosts or None})
        boards = write.shipped(chosen.elasticsearch.index_prefix)
        folder = out or _temporary()
        until = end.replace(tzinfo=UTC) if end else datetime.now(tz=UTC)
        if start and until <= start.replace(tzinfo=UTC):
            status.stop("the range of time ends before it begins: --from must be earlier than --to", status.USAGE)
        written = []
        with connect(chosen.elasticsearch) as client:
            try:
                wanted = write.named(boards, names)
            except KeyError as unknown:
                known = ", ".join(board.id.removeprefix("oom-") for board in boards.boards)
                status.stop(f"there is no board {unknown}; known are {known}", status.USAGE)
            for board in wanted:
                span = Span(start.replace(tzinfo=UTC), until) if start else write.usual(board, until)
                written.append(write.write(folder, boards, board, span, filters, ElasticSearch(client)))
                click.echo(f"wrote {written[-1]}")
                if png:
                    click.echo(f"wrote {browser.picture(written[-1], page.WIDTH, page.height_of(board))}")
    if show:
        _open(written)


def _open(pages: Sequence[Path]) -> None:
    import webbrowser  # noqa: PLC0415  beside its use

    if not webbrowser.open(pages[0].absolute().as_uri()):
        click.echo(f"no browser here; open {pages[0].absolute()}")


def _temporary() -> Path:
    import tempfile  # noqa: PLC0415  beside its use

    return Path(tempfile.mkdtemp(prefix="oom-ingest-boards-"))
