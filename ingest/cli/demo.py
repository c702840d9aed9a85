"""``oom-ingest demo``: real servers, the sample logs of many hosts, the real service, and the result as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.cli import status

if TYPE_CHECKING:
    from pathlib import Path


@click.command(name="demo")
@click.option("--dir", "folder", type=click.Path(file_okay=False), help="Where topics and indices are kept.")
@click.option("--fresh", is_flag=True, help="Throw away what earlier runs have kept.")
@click.option("--keep", is_flag=True, help="Leave the servers running until Ctrl-C.")
def command(folder: str | None, fresh: bool, keep: bool) -> None:
    """Run the sample logs of a small fleet through real Kafka and Elasticsearch, and show the episodes.

    The first run downloads both servers (about 90 MB). Running it again on the same folder sends every line again and
    changes no document.
    """
    from ingest.demo import show  # noqa: PLC0415  imports clients and servers
    from ingest.stack import StackError  # noqa: PLC0415

    with status.plain_errors():
        try:
            show.run(_folder(folder), fresh=fresh, keep=keep)
        except StackError as error:
            status.stop(str(error), status.UNAVAILABLE)


def _folder(chosen: str | None) -> Path:
    from pathlib import Path  # noqa: PLC0415  beside the import below

    import platformdirs  # noqa: PLC0415

    return Path(chosen) if chosen else platformdirs.user_data_path("oom-ingest") / "demo"
