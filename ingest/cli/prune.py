"""``oom-ingest prune``: indices of old months out of Elasticsearch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ingest.cli import options, status

if TYPE_CHECKING:
    from pathlib import Path


@click.command(name="prune")
@click.option("--keep", required=True, help="How many months to keep, this one included: 13months.")
@click.option("--elasticsearch", "hosts", multiple=True, help="Address of Elasticsearch; may be given again.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@options.config_file
def command(keep: str, hosts: tuple[str, ...], dry_run: bool, config_file: Path | None) -> None:
    """Delete the monthly indices of events that are older than --keep, closed ones too.

    Age is that of the event, not of ingestion. The index of signatures is kept.

    Exit status 1: some could not be deleted, the output says why.
    """
    from ingest import prune  # noqa: PLC0415  only for this command
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_indices import ElasticIndices  # noqa: PLC0415

    with status.plain_errors():
        try:
            months = prune.months(keep)
        except ValueError as error:
            status.stop(f"--keep {error}", status.USAGE)
        chosen = options.settings(config_file, {("elasticsearch", "hosts"): hosts or None})
        client = connect(chosen.elasticsearch)
        try:
            indices = ElasticIndices(client)
            found = prune.old(indices, chosen.elasticsearch.index_prefix, months, datetime.now(UTC))
            left = 0
            for index in found:
                if not dry_run and (refused := prune.delete(indices, index.name)):
                    click.echo(f"oom-ingest: {index.name} was not deleted: {refused}", err=True)
                    left += 1
                    continue
                verb = "would be deleted" if dry_run else "deleted"
                click.echo(f"{index.name}: {verb}, {index.documents} documents, {index.bytes} bytes")
        finally:
            client.close()
    if not found:
        click.echo(f"Nothing is older than {months} months.")
    if left:
        status.stop(f"{left} of {len(found)} indices could not be deleted", status.FINDING)
