"""``oom-ingest setup``: index templates into Elasticsearch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.cli import options, status

if TYPE_CHECKING:
    from pathlib import Path


@click.command(name="setup")
@click.option("--elasticsearch", "hosts", multiple=True, help="Address of Elasticsearch; may be given again.")
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@options.config_file
def command(hosts: tuple[str, ...], dry_run: bool, config_file: Path | None) -> None:
    """Install the index templates, or bring them up to date. It may be run again at any time.

    Exit status 1: a newer version has installed its templates, and nothing was changed. 3: Elasticsearch was not
    reachable.
    """
    from ingest import setup  # noqa: PLC0415  only for this command
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_templates import ElasticTemplates  # noqa: PLC0415

    with status.plain_errors():
        chosen = options.settings(config_file, {("elasticsearch", "hosts"): hosts or None})
        client = connect(chosen.elasticsearch)
        try:
            templates = ElasticTemplates(client)
            steps = setup.plan(templates, chosen.elasticsearch.index_prefix)
            if not dry_run:
                setup.apply(templates, steps)
        finally:
            client.close()
    for step in steps:
        click.echo(f"{step.name}: {step.action}")
        if dry_run and step.difference:
            click.echo(step.difference)
    if newer := [step.name for step in steps if step.action is setup.Action.NEWER]:
        status.stop(
            f"{', '.join(newer)} were installed by a newer oom-ingest; nothing was changed, install that version here",
            status.FINDING,
        )
