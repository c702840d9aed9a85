"""Logs as people paste them: what stands around a line is taken off, and the answer is that of the log itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import cli

LINES = (Path(__file__).parent.parent / "corpus" / "linux" / "real_ubuntu_3_19_mysqld.log").read_text().splitlines()
PASTES = {
    "numbered": "{at}. {line}",
    "numbered by nl": "{at:6}  {line}",
    "numbered in a margin": "{at} | {line}",
    "numbered by grep": "{at}:{line}",
    "listed": "- {line}",
    "added in a diff": "+{line}",
    "quoted": "> > {line}",
    "indented": "    {line}",
    "padded by a terminal": "{line:200}",
    "with Windows' line ends": "{line}\r",
}


def answers(lines: list[str]) -> object:
    done = CliRunner().invoke(cli, ["explain", "--json"], input="\n".join(lines).encode())
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    for report in told["reports"]:
        del report["lines"], report["findings"]
    return told


@pytest.mark.parametrize("form", PASTES.values(), ids=PASTES)
def test_what_stands_around_a_line_changes_no_answer(form: str) -> None:
    pasted = answers([form.format(at=at, line=line) for at, line in enumerate(LINES, 1)])
    assert pasted == answers(LINES)


def test_a_code_fence_may_stand_before_the_first_line() -> None:
    (line,) = [line for line in LINES if "Kill process" in line]
    assert answers([f"```{line}"]) == answers([line])
