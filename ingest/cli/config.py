"""``oom-ingest config``: the settings in force, each with where it came from, secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.cli import options
from ingest.config.reference import shown
from ingest.config.secret import MASK
from ingest.config.settings import Key, keys, tables

if TYPE_CHECKING:
    from ingest.config import Effective


@click.command(name="config")
@click.option("--changed", is_flag=True, help="Only what is not a default.")
@options.connections
def command(chosen: Effective, changed: bool) -> None:
    """Print the settings in force as TOML, with where each came from.

    Secrets are masked, so that the output can be shown to others.
    """
    wanted = [key for key in keys() if not (changed and chosen.origin(key) == "default")]
    for table in ("", *tables()):
        lines = [_line(key, chosen) for key in wanted if key.table == table]
        if lines:
            click.echo("\n".join(([f"\n[{table}]"] if table else []) + lines))


def _line(key: Key, chosen: Effective) -> str:
    value = chosen.value(key)
    if value is None:
        text = f"# {key.name} ="
    elif key.is_secret:
        text = f"# {key.name} = {MASK}"
    else:
        text = f"{key.name} = {shown(value)}"
    return f"{text:<40} # {chosen.origin(key)}"
