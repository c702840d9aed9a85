"""``oom-ingest setup``: index templates into Elasticsearch, boards and alert rules into Kibana; each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli import options, status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.config import Settings
    from ingest.kibana.told import Told


_NAMED = 5
"""Fields that a line names."""


@click.command(name="setup")
@click.option("--elasticsearch", "hosts", multiple=True, help="Address of Elasticsearch; may be given again.")
@click.option("--kibana", "url", help="Address of Kibana. Without --elasticsearch, only Kibana is set up.")
@click.option("--space", help="Space of Kibana.")
@click.option(
    "--connector", "connectors", multiple=True, help="Connector of Kibana that rules tell; may be given again."
)
@click.option("--rules/--no-rules", default=True, help="Whether alert rules are installed as well.")
@click.option(
    "--export",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files for Kibana into a folder, for import by hand, and do nothing else.",
)
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@options.config_file
def command(
    hosts: tuple[str, ...],
    url: str | None,
    space: str | None,
    connectors: tuple[str, ...],
    rules: bool,
    folder: Path | None,
    dry_run: bool,
    config_file: Path | None,
) -> None:
    """Install index templates, boards and alert rules, or bring them up to date. It may be run again at any time.

    Elasticsearch and Kibana are set up separately: a failure in one does not stop the other.

    Exit status 1: something was not installed, the output says what and why. 3: a server was not reachable.
    """
    with status.plain_errors():
        overrides = {("elasticsearch", "hosts"): hosts or None, ("kibana", "url"): url, ("kibana", "space"): space}
        chosen = options.settings(config_file, overrides)
    if folder:
        with status.plain_errors():
            _export(chosen, folder)
        return
    parts: list[Callable[[], int]] = []
    if hosts or not url:
        parts.append(lambda: _elasticsearch(chosen, dry_run=dry_run))
    if chosen.kibana.url:
        parts.append(lambda: _kibana(chosen, connectors, rules=rules, dry_run=dry_run))
    raise SystemExit(max(_ended(part) for part in parts))


def _ended(part: Callable[[], int]) -> int:
    """The exit status of one part; a failure is said and keeps the other from nothing."""
    try:
        with status.plain_errors():
            return part()
    except SystemExit as end:
        return int(end.code or 0)


def _elasticsearch(chosen: Settings, *, dry_run: bool) -> int:
    from ingest import setup  # noqa: PLC0415  only for this command
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_templates import ElasticTemplates  # noqa: PLC0415

    client = connect(chosen.elasticsearch)
    try:
        templates = ElasticTemplates(client)
        steps = setup.plan(templates, chosen.elasticsearch.index_prefix)
        newer = [step.name for step in steps if step.action is setup.Action.NEWER]
        indices = [] if newer else setup.extensions(templates, steps)
        refused = {}
        if not dry_run:
            setup.apply(templates, steps)
            refused = setup.extend(templates, indices)
    finally:
        client.close()
    for step in steps:
        click.echo(f"{step.name}: {step.action}")
        if dry_run and step.difference:
            click.echo(step.difference)
    for index in indices:
        if index.index in refused:
            click.echo(f"oom-ingest: {index.index} lacks {_named(index.missing)}: {refused[index.index]}", err=True)
        elif index.missing:
            click.echo(f"{index.index}: {'lacked' if not dry_run else 'lacks'} {_named(index.missing)}")
        if index.differs:
            click.echo(f"{index.index}: has another type, which cannot be changed, of {_named(index.differs)}")
    if newer:
        status.stop(
            f"{', '.join(newer)} were installed by a newer oom-ingest; nothing was changed, install that version here",
            status.FINDING,
        )
    if refused:
        status.stop(
            f"{', '.join(refused)} took no fields: documents that have them cannot be stored there", status.FINDING
        )
    return status.FINE


def _named(fields: Sequence[str]) -> str:
    """Some fields by name, and how many they are."""
    more = ", ..." if len(fields) > _NAMED else ""
    return f"{len(fields)} {'field' if len(fields) == 1 else 'fields'}: {', '.join(fields[:_NAMED])}{more}"


def _kibana(chosen: Settings, connectors: Sequence[str], *, rules: bool, dry_run: bool) -> int:
    from ingest.adapters.kibana import Kibana  # noqa: PLC0415
    from ingest.setup import kibana as setup_kibana  # noqa: PLC0415  only for this command

    prefix, space = chosen.elasticsearch.index_prefix, chosen.kibana.space
    kibana = Kibana(chosen.kibana)
    try:
        setup_kibana.check(kibana)
        tell = setup_kibana.connectors(kibana, connectors)
        if dry_run:
            click.echo(f"{kibana.url}: ready for boards{' and alert rules' if rules else ''} in space {space}")
            return status.FINE
        told = _said(setup_kibana.install_objects(kibana, prefix))
        if rules:
            told += _said(setup_kibana.install_rules(kibana, prefix, space, chosen.kibana.critical_processes, tell))
    finally:
        kibana.close()
    wrong = sum(each.state.is_wrong for each in told)
    if wrong:
        status.stop(f"{wrong} of {len(told)} things were not installed in Kibana", status.FINDING)
    return status.FINE


def _said(told: list[Told]) -> list[Told]:
    for each in told:
        click.echo(f"{each.kind} {each.id} ({each.title}): {each.state}{f', {each.reason}' if each.reason else ''}")
    return told


def _export(chosen: Settings, folder: Path) -> None:
    from ingest.kibana import bundle, export  # noqa: PLC0415
    from ingest.setup import kibana as setup_kibana  # noqa: PLC0415  only for this command

    prefix, kibana = chosen.elasticsearch.index_prefix, chosen.kibana
    found = export.files(setup_kibana.objects(prefix), bundle.FILE, prefix, kibana.space, kibana.critical_processes)
    try:
        for name, text in found.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        status.stop(f"{folder} cannot be written: {error.strerror}", status.FINDING)
    click.echo(f"{len(found)} files in {folder}; README.txt says what to do with them")
