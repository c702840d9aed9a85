"""One report in every form in which people have it: each gives the same answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from ingest.cli import cli

LOG = Path(__file__).parent.parent / "corpus" / "linux" / "case_global_huge_pages.log"
LINES = [line.split("kernel: ", 1)[1] for line in LOG.read_text().splitlines()]
"""As ``dmesg`` prints them, with the uptime."""
MESSAGES = [line.split("] ", 1)[1] for line in LINES]


class Told(NamedTuple):
    """What is said of a report, wherever and whenever it was."""

    sentences: list[str]
    culprit: str
    completeness: str
    lines: int


def explained(data: bytes) -> tuple[Told, str, str]:
    """What is said of the only report in a log, its host and its time to the second."""
    done = CliRunner().invoke(cli, ["explain", "--json", "--recorded-at", "2024-09-01"], input=data)
    assert done.exit_code == 0, done.output
    (view,) = map(json.loads, done.output.splitlines())
    (report,) = view["reports"]
    sentences = [each.replace(view["host"], "HOST") for each in view["sentences"]]
    told = Told(sentences, report["culprit"], report["completeness"], len(report["lines"]))
    return told, view["host"], view["start"][:19]


WANTED = explained(LOG.read_bytes())[0]


def coloured(line: str) -> str:
    """``print_record`` of util-linux's dmesg: the time, and what stands before a message's first colon."""
    stamp, message = line.split("] ", 1)
    name, colon, rest = message.partition(": ")
    begin = f"\x1b[33m{name}:\x1b[0m " if colon else name
    return f"\x1b[32m{stamp}] \x1b[0m{begin}{rest}"


def test_colours_of_dmesg() -> None:
    told, _, _ = explained("\n".join(map(coloured, LINES)).encode())
    assert told == WANTED


def test_one_line_in_colours_is_a_record() -> None:
    assert explained(coloured(LINES[0]).encode())[0].lines == 1
