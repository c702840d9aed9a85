"""Exit statuses, and the ways a command ends with one sentence instead of a stack trace."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from ingest.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

FINE = 0
FINDING = 1
USAGE = 2
UNAVAILABLE = 3
INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C ended."""


def stop(sentence: str, status: int) -> NoReturn:
    """End the program with a sentence on standard error."""
    click.echo(f"oom-ingest: {sentence}", err=True)
    raise SystemExit(status)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a person can mend into its sentence. A bug keeps its trace."""
    from ingest.ports import Halted, Refused, Unavailable  # noqa: PLC0415  keeps `--help` light

    try:
        yield
    except ConfigError as error:
        stop(str(error), USAGE)
    except Unavailable as error:
        stop(str(error), UNAVAILABLE)
    except (Refused, Halted) as error:
        stop(str(error), FINDING)
