"""The README's output is what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import cli

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = [
    pytest.param(block[1], block[2], id=f"{page.name}:{block[1]}")
    for page in PAGES
    for block in re.finditer(r"```\n\$ oom-ingest ((?:explain|formats) [^|\n]*)\n(.*?)```", page.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("command", "told"), SHOWN)
def test_a_command_prints_what_the_page_shows(command: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    printed = [line.rstrip() for line in CliRunner().invoke(cli, shlex.split(command)).output.splitlines()]
    at = 0
    for line in told.splitlines():
        if line.startswith("[..."):
            continue
        assert line in printed[at:], line
        at = printed.index(line, at) + 1


def test_the_readme_shows_an_explanation() -> None:
    assert any(str(shown.values[0]).startswith("explain") for shown in SHOWN)
