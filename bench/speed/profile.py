"""``make profile``: where the time goes, as flame graphs; py-spy looks from outside, so nothing is slowed down."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.speed.lines import fleet, write
from bench.speed.servers import Servers
from bench.speed.topics import load

_LINES, _LINES_OF_REPORTS = 2_000_000, 100_000
_RATE = 200
_SMALL = 200_000
"""Bytes of a picture that is kept with the results."""
_KEPT = Path(__file__).parent.parent


def main() -> int:
    """Two pictures: a fleet's topic with few reports, and a file of reports alone."""
    folder = Path("build")
    folder.mkdir(exist_ok=True)
    with Servers() as servers:
        load(servers.kafka.bootstrap, "profiled", fleet(_LINES, 0.005), 4)
        _picture(folder / "flame-kafka.svg", "ours", servers.kafka.bootstrap, "profiled", str(_LINES))
    path = folder / "profiled.log"
    write(path, fleet(_LINES_OF_REPORTS, 1.0))
    _picture(folder / "flame-reports.svg", "parse", str(path))
    path.unlink()
    return 0


def _picture(path: Path, *reader: str) -> None:
    recorder = [str(Path(sys.executable).parent / "py-spy"), "record", "--output", str(path)]
    options = ["--rate", str(_RATE), "--function", "--format", "flamegraph"]
    command = [*recorder, *options, "--", sys.executable, "-m", "bench.speed.readers", *reader]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    size = path.stat().st_size
    print(f"{path}: {size:,} bytes", flush=True)
    if size < _SMALL:
        shutil.copy(path, _KEPT / path.name)


if __name__ == "__main__":
    sys.exit(main())
