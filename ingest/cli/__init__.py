"""The command ``oom-ingest``. Each sub-command is a module that is imported when it is called, and not before."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from ingest import __version__
from ingest.cli import status
from ingest.collector import look_seldom

_COMMANDS = {
    "explain": "Say what a log of an OOM kill means: who asked, who died, who used the memory, what to do.",
    "parse": "Print the documents of a log file, without any server.",
    "run": "Read syslog from Kafka and index OOM reports into Elasticsearch.",
    "trends": "Report a fleet's OOM kills of a period against the period before it.",
    "route": "Copy OOM candidates of a topic that is not keyed by host into one that is.",
    "formats": "List the families of records that are read, their wordings, versions and examples.",
    "config": "Print the settings in force and where each came from, secrets masked.",
    "check": "Connect to everything and say what is wrong and how to mend it.",
    "deadletters": "Show what could not be read or stored, and try it again.",
    "setup": "Install index templates into Elasticsearch, boards and alert rules into Kibana.",
    "prune": "Delete the indices of months that are older than what is to be kept.",
    "dashboards": "Draw Kibana's boards as pages, without a Kibana.",
    "demo": "Start real servers, run the sample logs through the pipeline, show the result.",
}


class _Lazy(click.Group):
    """Knows the names and one-line helps of all commands, and imports only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy)
@click.version_option(__version__, prog_name="oom-ingest")
def cli() -> None:
    """OOM-killer records from syslog to Elasticsearch: who asked, who died, who used the memory."""


def main() -> None:
    """Run the command; a reader that goes away early (``| head``) is no error."""
    look_seldom()
    try:
        cli()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(status.FINE)
