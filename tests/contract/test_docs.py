"""The site is built strictly, and what its pages tell people to type exists and prints what they show."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from ingest import __version__
from ingest.cli import cli, reference

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?:\w+)?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands() -> Iterator[tuple[str, str]]:
    """Every call of our command in a block of a page, with its page; continued lines are joined."""
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                for call in re.findall(r"(?:^|\| |[\[\"]|bin/)\$? ?(oom-ingest [a-z][^|\"#>]*)", line):
                    yield page.name, re.sub(r"\s{2,}.*", "", call.strip())


def shown() -> list[Any]:
    """Pipelines with their output: `$ oom-ingest ... | ...`, each on one line and without files of one's own."""
    found = []
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text()):
            command, _, output = block.partition("\n")
            if command.startswith("$ oom-ingest") and "|" in command[:-1] and "--config" not in command:
                found.append(pytest.param(command[2:], output, id=f"{page.name}: {command[2:50]}"))
    return found


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    outside = re.compile(r"(?:src|href)=\"(?:https?:)?//(?!squidfunk\.github\.io)[^\"]+\.(?:js|css|woff2?|png|svg)\"")
    assert not [page.name for page in tmp_path.rglob("*.html") if outside.search(page.read_text())]


def test_the_page_of_commands_is_up_to_date() -> None:
    assert reference.PAGE.read_text() == reference.text(), "run `make generate`"


def test_every_command_has_a_section() -> None:
    sections = re.findall(r"^## oom-ingest (\w+)$", reference.PAGE.read_text(), re.MULTILINE)
    assert sections == sorted(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize(("page", "call"), sorted(set(commands())), ids=lambda each: each)
def test_a_command_that_a_page_tells_exists_with_its_options(page: str, call: str) -> None:
    del page
    _, *words = shlex.split(call.replace("$", ""))
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, words[0]
        command = inner
        words = words[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "--version"}
    assert [word for word in words if word.startswith("--") and word.partition("=")[0] not in known] == []


@pytest.mark.parametrize(("command", "output"), shown())
def test_a_pipeline_prints_what_the_page_shows(command: str, output: str) -> None:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.replace(f'"{__version__}"', '"0.1.0"') == output


def test_what_the_recipes_run_gives_documents() -> None:
    """`oom-ingest parse -` as docs/how-to/exec.md has it, with a file in the journal's place."""
    log = ROOT / "tests" / "corpus" / "linux" / "pod_memcg.log"
    with log.open("rb") as journal:
        done = subprocess.run([BIN / "oom-ingest", "parse", "-"], stdin=journal, capture_output=True, check=True)
    assert [line[:11] for line in done.stdout.splitlines()] == [b'{"_index":"'] * 4
