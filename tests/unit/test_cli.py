"""The command as a person meets it: a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import __version__
from tests import expected

COMMAND = [sys.executable, "-m", "ingest"]
CORPUS = Path(__file__).parent.parent / "corpus"


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], input=stdin, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("command", ["parse", "run", "setup", "demo"])
def test_every_command_has_a_help(command: str) -> None:
    assert command.encode() in run("--help").stdout
    assert b"Usage:" in run(command, "--help").stdout


def test_version() -> None:
    assert __version__.encode() in run("--version").stdout


def test_parse_reads_a_file_and_prints_what_would_be_indexed() -> None:
    done = run("parse", str(CORPUS / "linux" / "machine_6_8.log"))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told == expected.read(CORPUS / "linux" / "machine_6_8.ndjson")


def test_parse_reads_standard_input_and_takes_a_host_for_dmesg() -> None:
    log = (CORPUS / "linux" / "real_go_oom_test_memcg_v2.log").read_bytes()
    done = run("parse", "--host", "Node-1", stdin=log)
    hosts = {json.loads(line)["_source"]["host"]["name"] for line in done.stdout.splitlines()}
    assert hosts == {"node-1"}


def test_formats_lists_families_and_their_wordings_with_examples() -> None:
    everything = run("formats").stdout.decode()
    assert "linux: Linux kernel" in everything
    assert "  earlyoom.low [opens] 0.4 to 1.9" in everything
    rows = [json.loads(line) for line in run("formats", "freebsd", "--json").stdout.splitlines()]
    assert {row["id"] for row in rows} == {"freebsd.kill", "freebsd.uvm", "freebsd.swap"}


def test_parse_can_be_told_when_an_old_log_was_recorded() -> None:
    log = CORPUS / "openvz" / "el135.log"
    done = run("parse", "--recorded-at", "2010-04-22", str(log))
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected.read(log.with_suffix(".ndjson"))


def test_several_files_are_told_one_after_the_other_however_many_are_read_at_once() -> None:
    logs = [CORPUS / "linux" / "machine_6_8.log", CORPUS / "openvz" / "el135.log", CORPUS / "linux" / "pod_memcg.log"]
    arguments = ["--recorded-at", "2010-04-22", *map(str, logs)]
    alone = b"".join(run("parse", "--recorded-at", "2010-04-22", str(log)).stdout for log in logs)
    assert run("parse", *arguments).stdout == run("parse", "--jobs", "3", *arguments).stdout == alone


def test_of_several_files_one_that_cannot_be_read_is_named() -> None:
    done = run("parse", "--jobs", "2", str(CORPUS / "linux" / "machine_6_8.log"), "nowhere.log")
    assert done.returncode == 2
    assert done.stderr == b"oom-ingest: nowhere.log cannot be read: No such file or directory\n"
    assert done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["parse", "nowhere.log"], "nowhere.log cannot be read"),
        (["parse", "--timezone", "Mars/North", "-"], "Mars/North"),
        (["parse", "--config", "nowhere.toml", "-"], "nowhere.toml"),
        (["dashboards", "preview", "--out", "/proc/nothing"], "/proc/nothing: No such file"),
        (["dashboards", "preview", "--out", ".", "--from", "2026-11-02", "--to", "2026-11-01"], "ends before"),
    ],
)
def test_what_a_person_got_wrong_is_one_sentence(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


LOG = str(CORPUS / "linux" / "machine_6_8.log")
WRITERS = [["formats"], ["formats", "linux", "--json"], ["config"], ["parse", LOG], ["parse", "--jobs", "2", LOG, LOG],
           ["explain", LOG], ["explain", "--json", LOG], ["trends", "--input", "/dev/null"]]  # fmt: skip


@pytest.mark.parametrize("arguments", WRITERS, ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(arguments: list[str]) -> None:
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(60)) == (b"", 0)


@pytest.mark.parametrize("arguments", WRITERS, ids=" ".join)
def test_output_without_room_is_one_sentence(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    said = b"oom-ingest: the output cannot be written: No space left on device\n"
    assert (done.stderr, done.returncode) == (said, 2)


@pytest.mark.parametrize(
    ("closing", "arguments", "said"),
    [
        ("<&-", ["parse"], b"standard input cannot be read"),
        ("<&-", ["explain"], b"standard input cannot be read"),
        (">&-", ["parse", LOG], b"the output cannot be written"),
        (">&-", ["explain", LOG], b"the output cannot be written"),
    ],
)
def test_a_standard_stream_that_is_closed_is_one_sentence(closing: str, arguments: list[str], said: bytes) -> None:
    shell = ["sh", "-c", f'exec "$@" {closing}', "sh", *COMMAND, *arguments]
    done = subprocess.run(shell, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"oom-ingest: " + said + b": Bad file descriptor\n"


def test_a_finding_keeps_its_status_where_nobody_reads() -> None:
    arguments = ["explain", "/dev/null"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 1


@pytest.fixture
def can_be_interrupted() -> Iterator[None]:
    """A shell lets what it runs in the background ignore the interrupt, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("can_be_interrupted")
def test_an_interrupt_is_status_130_without_a_trace(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    arguments = [*COMMAND, "parse", str(tmp_path / "log")]
    with (
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        (tmp_path / "log").open("wb"),  # which waits until it is read
    ):
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)
    assert (*said, process.returncode) == (b"", b"\n", 130)


def test_a_wrong_option_is_told_as_ever() -> None:
    done = run("parse", "--jobs", "none")
    assert done.returncode == 2
    assert done.stderr.startswith(b"Usage: ")
    assert b"Invalid value for '--jobs'" in done.stderr


def test_parse_imports_no_client() -> None:
    clients = ("kafka", "elasticsearch", "structlog", "rich")
    code = f"import sys, ingest.cli.parse; print(*[name for name in {clients} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_command_runs_where_standard_error_is_closed() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *COMMAND, "parse", LOG], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, bool(done.stdout)) == (0, True)


def test_the_log_of_the_service_goes_nowhere_where_standard_error_is_closed() -> None:
    code = "from ingest import cli, telemetry; cli.cli = lambda **_: telemetry.start_logging(); cli.main()"
    done = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0
