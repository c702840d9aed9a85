"""One report in every form in which people have it: each gives the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from ingest.cli import cli

LOG = Path(__file__).parent.parent / "corpus" / "linux" / "case_global_huge_pages.log"
LINES = [line.split("kernel: ", 1)[1] for line in LOG.read_text().splitlines()]
"""As ``dmesg`` prints them, with the uptime."""
SYSLOG = "Aug 21 10:44:31 db-03 kernel: "


class Told(NamedTuple):
    """What is said of a report, wherever and whenever it was."""

    sentences: list[str]
    culprit: str
    completeness: str
    lines: int


def explained(data: bytes) -> tuple[Told, str, str]:
    """What is said of the only report in a log, its host and its time to the second, empty where no date is told."""
    done = CliRunner().invoke(cli, ["explain", "--json", "--recorded-at", "2024-09-01"], input=data)
    assert done.exit_code == 0, done.output
    (view,) = map(json.loads, done.output.splitlines())
    (report,) = view["reports"]
    sentences = [each.replace(view["host"], "HOST") for each in view["sentences"]]
    told = Told(sentences, report["culprit"], report["completeness"], len(report["lines"]))
    return told, view["host"], (view["start"] or "")[:19]


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


def message(line: str) -> str:
    return line.split("] ", 1)[1]


def searched(separators: str, name: str = "", number: int = 0) -> Callable[[str], str]:
    """``grep``'s prefix: found lines have a colon behind it, those about them a hyphen."""

    def prefixed(line: str) -> str:
        sign = separators[0] if "invoked" in line else separators[-1]
        return "".join(f"{each}{sign}" for each in (name, number) if each) + SYSLOG + message(line)

    return prefixed


STAMPED = "2024-08-21T10:44:31"
FORMS: dict[str, tuple[Callable[[str], str], str, str | None]] = {
    "dmesg -d": (lambda line: line.replace("] ", " <    0.000013>] ", 1), "unknown", None),
    "dmesg -dt": (lambda line: f"[<    0.000013>] {message(line)}", "unknown", None),
    "dmesg -dT": (lambda line: f"[Wed Aug 21 10:44:31 2024 <    0.000013>] {message(line)}", "unknown", STAMPED),
    "short-delta": (lambda line: line.replace("] ", " <    0.000013 >] db-03 kernel: ", 1), "db-03", None),
    "short-delta, another boot": (
        lambda line: line.replace("] ", " <  345.000013*>] db-03 kernel: ", 1), "db-03", None
    ),
    "short-delta, first": (lambda line: line.replace("] ", f"{'':16}] db-03 kernel: ", 1), "db-03", None),
    "a time alone": (lambda line: f"2024-08-21T10:44:31Z {message(line)}", "unknown", STAMPED),
    "a time alone, by a blank": (lambda line: f"2024-08-21 10:44:31 {message(line)}", "unknown", STAMPED),
    "a time and uptime": (lambda line: f"2024-08-21 10:44:31 {line}", "unknown", STAMPED),
    "a time, a host and uptime": (lambda line: f"2024-08-21T10:44:31Z db-03 {line}", "db-03", STAMPED),
    "a time, a host and no process": (lambda line: f"2024-08-21T10:44:31Z db-03 kernel[-]: {line}", "db-03", STAMPED),
    "RFC 5424 in rsyslog's files": (lambda line: f"2024-08-21T10:44:31Z db-03 kernel - - - {line}", "db-03", STAMPED),
    "logread": (lambda line: f"Wed Aug 21 10:44:31 2024 kern.warn kernel: {line}", "unknown", STAMPED),
    "logcli": (lambda line: f'{STAMPED}Z {{app="a b", host="db-03"}} {message(line)}', "db-03", STAMPED),
    "grep -n": (searched(":", number=123), "db-03", STAMPED),
    "grep -nA99": (searched(":-", number=123), "db-03", STAMPED),
    "grep over files": (searched(":", "/var/log/messages-20240821"), "db-03", STAMPED),
    "grep -A99 over files": (searched(":-", "messages-20240821"), "db-03", STAMPED),
    "grep -nA99 over files": (searched(":-", "/var/log/messages-20240821", 123), "db-03", STAMPED),
    "grep over files of dmesg": (lambda line: f"dmesg.0:{line}", "unknown", None),
    "cat -n": (lambda line: f"   123\t{SYSLOG}{message(line)}", "db-03", STAMPED),
    "docker logs -t": (lambda line: f"2024-08-21T10:50:00.000000001Z {SYSLOG}{message(line)}", "db-03", STAMPED),
    "aws logs tail": (lambda line: f"2024-08-21T10:50:00.1+00:00 i-0abc {SYSLOG}{message(line)}", "db-03", STAMPED),
    "kubectl logs --prefix": (lambda line: f"[pod/a-x2/kmsg] {SYSLOG}{message(line)}", "db-03", STAMPED),
    "kubectl logs --prefix --timestamps": (lambda line: f"[pod/a-x2/kmsg] {STAMPED}.1Z {line}", "unknown", STAMPED),
    "docker compose logs": (lambda line: f"kmsg-1  | {SYSLOG}{message(line)}", "db-03", STAMPED),
    "CSV": (lambda line: f'"{SYSLOG}{message(line)}","2024-08-21T10:50:00.000+0000",db-03', "db-03", STAMPED),
    "CSV, last": (lambda line: f'1724237071000,"a, b",,"{SYSLOG}{message(line)}"', "db-03", STAMPED),
    "a quotation in a quotation": (lambda line: f"> > {SYSLOG}{message(line)}", "db-03", STAMPED),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_what_programs_put_before_lines(form: str) -> None:
    write, host, start = FORMS[form]
    told, of, at = explained("\n".join(map(write, LINES)).encode())
    assert (told, of) == (WANTED, host)
    assert start in (at, None)


def entry(line: str) -> dict[str, str]:
    """What the journal has of a line of the kernel."""
    uptime = line[1:].split("]", maxsplit=1)[0].strip().replace(".", "")
    return {
        "__CURSOR": "s=0639;i=1;b=7f0c",
        "__REALTIME_TIMESTAMP": "1724237071000000",
        "__MONOTONIC_TIMESTAMP": uptime,
        "_BOOT_ID": "7f0c",
        "_TRANSPORT": "kernel",
        "_HOSTNAME": "db-03",
        "SYSLOG_IDENTIFIER": "kernel",
        "MESSAGE": message(line),
        "_SOURCE_MONOTONIC_TIMESTAMP": uptime,
    }


def exported(line: str) -> bytes:
    """``man systemd.journal-fields``: what is no line of text has its length before it."""
    fields = b"".join(f"{name}={value}\n".encode() for name, value in entry(line).items())
    binary = b"a\nMESSAGE=b\n\n\xff"
    return fields + b"_CMDLINE\n" + len(binary).to_bytes(8, "little") + binary + b"\n_PID=1\n_PID=2\n\n"


def verbose(line: str) -> str:
    fields = {name: value for name, value in entry(line).items() if not name.startswith("__")}
    return "\n".join(
        (
            "Wed 2024-08-21 10:44:31.000000 UTC [s=0639;i=1;b=7f0c;m=1;t=2;x=3]",
            *(f"    {name}={value}" for name, value in fields.items()),
            "    _CMDLINE=a",
            "             b=c",
        )
    )


def lines_of(write: Callable[[str], str], end: str = "\n") -> bytes:
    return "".join(write(line) + end for line in LINES).encode()


def pretty(line: str) -> str:
    numbers = {"_CMDLINE": [97, 10, 255]}
    return json.dumps({**entry(line), **numbers}, indent="\t", separators=(",", " : "))


def exported_from_clouds(line: str) -> dict[str, object]:
    labels = {"type": "gce_instance", "labels": {"instance_id": "77"}}
    return {"insertId": "a1", "jsonPayload": entry(line), "resource": labels, "timestamp": "2024-08-21T10:44:31Z"}


STORED: dict[str, bytes] = {
    "export": b"".join(map(exported, LINES)),
    "verbose": lines_of(verbose),
    "verbose, older": b"-- Logs begin at Wed 2024-08-21 09:00:00 UTC, end at Wed 2024-08-21 12:00:00 UTC. --\n"
    + lines_of(verbose),
    "json": lines_of(lambda line: json.dumps(entry(line))),
    "json-pretty": lines_of(pretty),
    "json-pretty, CRLF": lines_of(pretty).replace(b"\n", b"\r\n"),
    "a list of gcloud": json.dumps([exported_from_clouds(line) for line in LINES], indent=2).encode(),
    "a list of aws": json.dumps(
        {"events": [{"logStreamName": "i-0a", "message": f"{SYSLOG}{message(line)}"} for line in LINES]}, indent=4
    ).encode(),
    "a list of kubectl": json.dumps(
        {"apiVersion": "v1", "items": [entry(line) for line in LINES], "kind": "List", "metadata": {}}, indent=4
    )
    .replace("\n", "\r\n")
    .encode(),
    "json-seq": lines_of(lambda line: f"\x1e{json.dumps(entry(line))}"),
    "json-sse": lines_of(lambda line: f"data: {json.dumps(entry(line))}", "\n\n"),
    "UTF-16 of PowerShell": lines_of(lambda line: f"{SYSLOG}{message(line)}", "\r\n").decode().encode("utf-16"),
    "UTF-16, big-endian": b"\xfe\xff" + lines_of(lambda line: f"{SYSLOG}{message(line)}").decode().encode("utf-16-be"),
}


@pytest.mark.parametrize("stored", STORED)
def test_what_is_stored_in_other_ways(stored: str) -> None:
    assert explained(STORED[stored]) == (WANTED, "db-03", STAMPED)


@pytest.mark.parametrize("form", ["export", "verbose", "json-pretty"])
def test_a_cut_entry_costs_itself_alone(form: str) -> None:
    data = STORED[form]
    told, host, _ = explained(data[: data.rindex(b"MESSAGE") + 12])
    assert (host, told.culprit) == ("db-03", WANTED.culprit)


def test_a_length_that_is_not_there_is_no_room_taken() -> None:
    _, host, _ = explained(exported(LINES[0]) + b"__CURSOR=a\nMESSAGE\n" + b"\xff" * 8 + b"x")
    assert host == "db-03"


def test_one_line_in_colours_is_a_record() -> None:
    assert explained(coloured(LINES[0]).encode())[0].lines == 1
