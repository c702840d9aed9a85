"""``make soak``: a long stream of a made fleet through the pipeline, and its memory on the way."""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.speed.lines import fleet
from ingest.adapters import files
from ingest.assemble import Bounds
from ingest.counts import Count
from ingest.envelope import Envelope
from ingest.model import TimeSource
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline

_SHARE = 0.005
_STEP = 5_000_000


def main() -> int:
    """Write the lines in a process of its own, read them here, and print a row for every five million."""
    arguments = argparse.ArgumentParser(prog="python -m bench.speed.soak")
    arguments.add_argument("--lines", type=int, default=50_000_000)
    count = arguments.parse_args().lines
    reading, writing = os.pipe()
    if not os.fork():
        os.close(reading)
        with os.fdopen(writing, "w", buffering=1 << 20) as out:
            out.writelines(line.text + "\n" for line in fleet(count, _SHARE))
        os._exit(0)
    os.close(writing)
    os.dup2(reading, 0)
    _read()
    return 0


def _read() -> None:
    hint = datetime(2026, 11, 21, tzinfo=UTC)
    pipeline = Pipeline(Envelope(hint_source=TimeSource.FILE), Bounds(), timedelta(minutes=5), NoHeads())
    documents, due, began = 0, _STEP, time.perf_counter()
    print("| lines | documents | open reports | resident MB | lines/s |")
    print("| --- | --- | --- | --- | --- |")
    for block in files.blocks(None, hint):
        output = Output()
        pipeline.read([block], block.recorded_at, output)
        documents += len(pipeline.join(output))
        lines = pipeline.counts[Count.RECORDS]
        if lines >= due:
            due += _STEP
            _row(lines, documents, pipeline.open_reports, time.perf_counter() - began)
    documents += len(pipeline.join(pipeline.finish()))
    _row(pipeline.counts[Count.RECORDS], documents, pipeline.open_reports, time.perf_counter() - began)


def _row(lines: int, documents: int, reports: int, seconds: float) -> None:
    print(f"| {lines:,} | {documents:,} | {reports:,} | {_resident():.0f} | {lines / seconds:,.0f} |", flush=True)


def _resident() -> float:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
