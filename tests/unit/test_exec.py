"""``deploy/exec/oom-documents``: what its runs print one after the other ends as the whole log in one go."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ingest

ROOT = Path(__file__).parent.parent.parent
BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)
EVERY = timedelta(minutes=5)
LINES = (ROOT / "tests" / "corpus" / "linux" / "pod_memcg.log").read_text().splitlines()


def journal() -> list[tuple[datetime, str]]:
    """A pod that is killed every four minutes for forty, and once more four hours later; each report lasts a second."""
    found = []
    for number in (*range(11), 60):
        for place, line in enumerate(LINES):
            at = BEGIN + timedelta(minutes=4 * number, microseconds=place * 1_000_000 // len(LINES))
            said = line.partition(" kernel: [")[2].partition("] ")[2].replace("238343", str(240_000 + number))
            found.append((at, f"{at.isoformat(timespec='microseconds')} node-7 kernel: {said}"))
    return found


def run(folder: Path, lines: list[tuple[datetime, str]], now: datetime) -> str:
    """What the script prints at a moment; ``journalctl`` and ``date`` stand for the machine's."""
    read = [text for at, text in lines if now - timedelta(hours=2) <= at <= now]
    (folder / "journal").write_text("".join(f"{text}\n" for text in read))
    programs = {
        "journalctl": f"exec cat {folder / 'journal'}",
        "date": f'exec {shutil.which("date")} --utc --date="{now:%F %T} UTC ${{2#--date=}}" "$3"',
        "oom-ingest": f'exec {sys.executable} -m ingest "$@"',
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    script = str(ROOT / "deploy" / "exec" / "oom-documents")
    return subprocess.run([script], env=environment, capture_output=True, text=True, check=True).stdout


def test_runs_that_end_or_begin_inside_a_report_leave_all_documents_whole(tmp_path: Path) -> None:
    lines = journal()
    stored = {}
    inside = BEGIN + timedelta(minutes=8, microseconds=300_000)  # A report; runs 24 and 28 read on from inside one.
    for number in (0, 1, 8, 24, 28, 47):
        for line in run(tmp_path, lines, inside + number * EVERY).splitlines():
            document = json.loads(line)
            stored[document["_index"], document["_id"]] = document["_source"]
    whole = {(each.index, each.id): each.source for each in ingest.parse([text for _, text in lines])}
    assert stored == whole
