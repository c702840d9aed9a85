"""``docs/commands.md``: every command with its options, from the commands themselves. ``make generate`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ingest.cli import cli

PAGE = Path(__file__).parent.parent.parent / "docs" / "commands.md"
_HEAD = [
    "# Commands",
    "",
    "Generated from the commands by `make generate`. `oom-ingest COMMAND --help` prints the same.",
    "",
    "Exit status of all: 0 fine, 1 a finding that the command names, 2 a wrong option or setting, 3 a server that",
    "cannot be reached, 130 where Ctrl-C cut it short. What a person can mend is one sentence on standard error.",
]


def text() -> str:
    """The page."""
    context = click.Context(cli, info_name="oom-ingest")
    lines = list(_HEAD)
    for name in sorted(cli.list_commands(context)):
        command = cli.get_command(context, name)
        assert command is not None  # noqa: S101  it was listed
        lines += _section(command, click.Context(command, info_name=name, parent=context), 2)
    return "\n".join(lines) + "\n"


def _section(command: click.Command, context: click.Context, depth: int) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = ["", f"{'#' * depth} {context.command_path}", "", *_paragraphs(command.help or ""), "", f"`{usage}`"]
    rows = [row for parameter in command.params if (row := parameter.get_help_record(context))]
    if rows:
        lines += ["", "| option | meaning |", "| --- | --- |"]
        lines += [f"| `{_cell(option)}` | {_cell(meaning)} |" for option, meaning in rows]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                lines += _section(inner, click.Context(inner, info_name=name, parent=context), depth + 1)
    return lines


def _paragraphs(help_text: str) -> list[str]:
    return [line.strip() for line in help_text.replace("\b\n", "").strip().splitlines()]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    sys.stderr.write(f"wrote docs/{PAGE.name}\n")
