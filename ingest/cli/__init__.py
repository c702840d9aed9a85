"""The command ``oom-ingest``. Each sub-command is a module that is imported when it is called, and not before."""

from __future__ import annotations

import os
import sys
from errno import EBADF, EDQUOT, EFBIG, EIO, ENOSPC
from importlib import import_module

import click

from ingest import __version__
from ingest.cli import status
from ingest.cli.collector import look_seldom

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

_NO_ROOM = (EBADF, EDQUOT, EFBIG, EIO, ENOSPC)
"""Why output cannot be written."""


class _Lazy(click.Group):
    """Knows the names and one-line helps of all commands, and imports only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. Click itself would end with status 1 where nobody reads any more."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise SystemExit(status.FINE) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy)
@click.version_option(__version__, prog_name="oom-ingest")
def cli() -> None:
    """OOM-killer records from syslog to Elasticsearch: who asked, who died, who used the memory."""


def main() -> None:
    """Run the command; a reader that goes away early (``| head``) is no error, output that has no room is one."""
    look_seldom()
    _fill_closed_streams()
    ended: int | str | None = status.FINE
    try:
        ended = _run()
        click.echo(nl=False)  # what is left to write is written here, where a failure is told
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        if error.filename is None and error.errno not in _NO_ROOM:
            raise
        _drop_output()
        click.echo(f"oom-ingest: {error.filename or 'the output cannot be written'}: {error.strerror}", err=True)
        ended = status.USAGE
    sys.exit(ended)


def _run() -> int | str | None:
    """Run the command to its exit status."""
    try:
        shown: int | None = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return status.INTERRUPTED
    except SystemExit as stopped:
        return stopped.code
    return shown


def _fill_closed_streams() -> None:
    """Put something where a standard stream was closed: else a connection gets its number, and Python has no object.

    What is said on standard error goes nowhere then; reading the input and writing the output fail, and are told.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY if name != "stdout" else os.O_RDONLY), number)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _drop_output() -> None:
    """What standard output still holds goes nowhere: nothing fails on it again at the end of the process."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
