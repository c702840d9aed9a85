"""Logs as people paste them: what stands around a line is taken off, and the answer is that of the log itself."""

from __future__ import annotations

import html
import json
import re
from binascii import b2a_qp
from pathlib import Path
from textwrap import TextWrapper

import pytest
from click.testing import CliRunner

from ingest.adapters.pasted import undoing
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
    "between backticks": "`{line}`",
    "between quotes": '"{line}",',
    "as lines of a page": "{escaped}<br>",
    "as paragraphs of a page": "<p>{escaped}</p>",
    "with no-break spaces": "{unbroken}",
    "escaped for Markdown": "{escaped_md}",
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
    pasted = [
        form.format(
            at=at,
            line=line,
            escaped=html.escape(line),
            escaped_md=re.sub(r"([_*])", r"\\\1", line),
            unbroken=line.replace(" ", "\N{NO-BREAK SPACE}"),
        )
        for at, line in enumerate(LINES, 1)
    ]
    assert answers(pasted) == answers(LINES)


@pytest.mark.parametrize("head", ["", "Subject: it dies\nContent-Transfer-Encoding: quoted-printable\n\n"])
def test_quoted_printable_of_a_mail_changes_no_answer(head: str) -> None:
    mail = b2a_qp("\n".join(LINES).encode()).decode()
    assert "=3D" in mail
    assert answers([head + mail]) == answers(LINES)


@pytest.mark.parametrize("quote", ["", "> "])
@pytest.mark.parametrize(
    "left_out", ["", "[A-Z].* kernel: ", r"(?<=kernel: )\[[\d. ]+\] ?"], ids=["nothing", "host", "uptime"]
)
@pytest.mark.parametrize("width", [72, 76, 80])
def test_a_report_that_a_mail_wrapped_changes_no_answer(width: int, left_out: str, quote: str) -> None:
    wrap = TextWrapper(width, break_long_words=False, break_on_hyphens=False).wrap
    lines = [re.sub(left_out, "", line, count=1) for line in LINES if " kernel: " in line]
    assert answers([f"{quote}{piece}" for line in lines for piece in wrap(line)]) == answers(lines)


def test_a_kill_of_openvz_that_a_mail_wrapped_is_whole() -> None:
    kill = (
        "[4551398.870288] Out of memory in UB 25187: OOM{}killed process 21091 (update_database) score 0 vm:4228424kB"
    )
    assert answers([kill.format("\n")]) == answers([kill.format(" ")])


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_log_whose_newest_line_is_first_changes_no_answer(end: str) -> None:
    """Lines of one second that tell no uptime have no other order."""
    lines = [re.sub(r"(?<=kernel: )\[[\d. ]+\] ?", "", line) for line in LINES if " kernel: " in line]
    assert answers([*lines[::-1], end]) == answers(lines)


def test_a_process_that_is_killed_twice_turns_no_log_round() -> None:
    twice = ["Out of memory: Kill process 7 (x) score 9 or sacrifice child", "Killed process 7 (x) total-vm:1kB"] * 2
    assert undoing("\n".join(twice).encode()) is None


def test_a_few_quotes_and_entities_make_no_paste() -> None:
    """What programs log may hold any of it: nothing is undone in a log whose other lines have none."""
    others = ['Sep 16 23:34:56 www app[7]: GET /?a=3D&amp;b="1"', '"a"', "Sep 16 23:34:56 www app[7]: `x` = 1"]
    assert undoing("\n".join([*others, *LINES]).encode()[:4096]) is None


def test_a_code_fence_may_stand_before_the_first_line() -> None:
    (line,) = [line for line in LINES if "Kill process" in line]
    assert answers([f"```{line}"]) == answers([line])
