"""``oom-ingest formats``: what is read, straight from the registry."""

from __future__ import annotations

import sys

import click
import orjson

from ingest import formats
from ingest.cli import status


@click.command(name="formats")
@click.argument("family", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each wording.")
def command(family: str | None, as_json: bool) -> None:
    """List the families of records, or the wordings of FAMILY: versions, source and an example line of each."""
    known = formats.formats()
    if family is not None and family not in known:
        status.stop(f"there is no family {family!r}; known are {', '.join(known)}", status.USAGE)
    chosen = [known[family]] if family else list(known.values())
    for each in chosen:
        if as_json:
            _print_json(each)
        else:
            _print(each)


def _print(family: formats.Format) -> None:
    click.echo(f"{family.name}: {family.title} ({family.versions}), {len(family.wordings)} wordings")
    for wording in family.wordings:
        click.echo(f"  {wording.id} [{wording.role}] {wording.versions}; {wording.source}")
        click.echo(f"      {wording.example.strip()}")


def _print_json(family: formats.Format) -> None:
    for wording in family.wordings:
        line = {
            "family": family.name,
            "id": wording.id,
            "role": wording.role,
            "versions": wording.versions,
            "source": wording.source,
            "example": wording.example,
        }
        sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
