"""``make profile``: where the time goes, as flame graphs; py-spy looks from outside, so nothing is slowed down."""

from __future__ import annotations

import re
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
        _picture(
            folder / "flame-kafka.svg",
            "From Kafka, 0.5 % of reports",
            "ours",
            servers.kafka.bootstrap,
            "profiled",
            str(_LINES),
        )
    path = folder / "profiled.log"
    write(path, fleet(_LINES_OF_REPORTS, 1.0))
    _picture(folder / "flame-reports.svg", "A file of reports", "parse", str(path))
    path.unlink()
    return 0


def _picture(path: Path, title: str, *reader: str) -> None:
    """What a reader does once it has imported what it needs."""
    command = [sys.executable, "-m", "bench.speed.readers", "--wait", *reader]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101  asked for
        assert process.stdout is not None  # noqa: S101  likewise
        process.stdout.readline()
        recorder = [str(Path(sys.executable).parent / "py-spy"), "record", "--output", str(path)]
        options = ["--rate", str(_RATE), "--function", "--format", "flamegraph", "--pid", str(process.pid)]
        with subprocess.Popen([*recorder, *options], stderr=subprocess.DEVNULL, stdout=subprocess.PIPE) as spy:
            assert spy.stdout is not None  # noqa: S101  likewise
            while b"Sampling" not in (said := spy.stdout.readline()):
                if not said:
                    raise RuntimeError("py-spy did not begin; it needs root, or CAP_SYS_PTRACE")
            process.stdin.close()
            process.stdout.read()
            spy.stdout.read()
    picture = re.sub(r'(<text id="title"[^>]*>)[^<]*', rf"\g<1>{title}", path.read_text(encoding="utf-8"))
    path.write_text(picture, encoding="utf-8")
    size = path.stat().st_size
    print(f"{path}: {size:,} bytes", flush=True)
    if size < _SMALL:
        shutil.copy(path, _KEPT / path.name)


if __name__ == "__main__":
    sys.exit(main())
