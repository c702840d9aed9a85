"""Lines that were wrapped on their way, and lines without prefix in a file with prefixes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import documents

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_text().splitlines()


def read(lines: list[str]) -> dict[str, Any]:
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    found = {}
    for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5)):
        source: Any = document.source
        found[document.id] = {**source, "event": {**source["event"], "original": None}}
        if "report" in source["oom"]:
            source["oom"]["report"].pop("line_count", None)
    return found


@pytest.mark.parametrize("width", [100, 120, 150, 200])
def test_victim_lines_that_were_wrapped_say_what_they_said(width: int) -> None:
    wrapped = []
    for line in POD:
        names_victim = "oom-kill:" in line or "Killed process" in line or "reaped process" in line
        pieces = [line[at : at + width] for at in range(0, len(line), width)] if names_victim else [line]
        wrapped += pieces
    assert len(wrapped) > len(POD)
    assert read(wrapped) == read(POD)


def test_a_line_without_prefix_is_of_the_host_before_it() -> None:
    lines = list(POD)
    at = next(at for at, line in enumerate(lines) if "memory: usage" in line)
    lines[at] = lines[at].partition("] ")[2]
    (report,) = [each for each in read(lines).values() if each["event"]["dataset"] == "oom.report"]
    assert report["host"]["name"] == "node-7"
    assert report["oom"]["cgroup"]["memory"]["limit"]["bytes"] == 204_800 * 1024


def test_a_line_that_ends_early_and_has_no_rest_is_read_as_far_as_it_goes() -> None:
    cut = POD[-2][:150]
    assert "Killed process" in cut
    (kill,) = [each for each in read([cut]).values() if each["event"]["dataset"] == "oom.kill"]
    assert kill["process"]["pid"] == 238343


def test_an_object_that_names_its_host_is_of_no_other() -> None:
    told = '{"message":"Out of memory: Killed process 81 (java)","host":{"name":"db-1"}}'
    (kill,) = [each for each in read([*POD[:1], told]).values() if each["event"]["dataset"] == "oom.kill"]
    assert kill["host"]["name"] == "db-1"


@pytest.mark.parametrize("quote", ["", "> ", "> > ", ">> "])
def test_a_mail_wraps_at_blanks_and_quotes_every_piece(quote: str) -> None:
    kill = "[804.322751] Out of memory: Killed process 3261 (oom01)|total-vm:18905540kB, anon-rss:13397556kB, "
    kill += "file-rss:0kB, shmem-rss:0kB,|UID:0 pgtables:26308kB oom_score_adj:0"
    before = "[804.310397] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
    after = "[804.400000] usb 1-1: new device"
    found = read([quote + line for line in (before, *kill.split("|"), after)])
    (told,) = [each["oom"]["victim"] for each in found.values() if each["event"]["dataset"] == "oom.kill"]
    assert told["memory"]["anon_rss"]["bytes"] == 13_397_556 * 1024
    assert told["memory"]["page_tables"]["bytes"] == 26_308 * 1024
