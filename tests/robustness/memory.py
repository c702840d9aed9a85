"""How much memory 100,000 hosts need that have an open report each: measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import ClosedBy, Origin, Raw
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition

HOSTS = 100_000
LIMIT_MB = 400
_AT_ONCE = 500
_PARTITION = Partition("syslog", 0)
_AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
_HEAD = "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"


@dataclass(frozen=True)
class Held:
    """Resident memory at most, and what became of the reports."""

    megabytes: int
    open: int
    capped: int

    @property
    def holds(self) -> bool:
        """Whether the memory stayed under the limit, and the bounds were reached at all."""
        return self.megabytes < LIMIT_MB and self.capped > 0

    @property
    def sentence(self) -> str:
        """The numbers of this run."""
        return (
            f"{HOSTS:,} hosts with an open report each: {self.megabytes} MB resident at most; "
            f"{self.open:,} reports open, {self.capped:,} closed with reason cap"
        )

    @property
    def promise(self) -> str:
        """What every run holds, whatever the machine."""
        return (
            f"{HOSTS:,} hosts with an open report each stay under {LIMIT_MB} MB resident with the bounds as they are "
            "set; the oldest are closed with reason `cap`."
        )


def start() -> subprocess.Popen[str]:
    """Run it in a new process, so that nothing else counts."""
    return subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True)


def finish(running: subprocess.Popen[str]) -> Held:
    """What it came to."""
    told, _ = running.communicate()
    return Held(*map(int, told.split()))


def _run() -> Held:
    pipeline = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())
    closed: Counter[ClosedBy] = Counter()
    for first in range(0, HOSTS, _AT_ONCE):
        records = [Raw(Origin("syslog", 0, host), _head(host), _AT) for host in range(first, first + _AT_ONCE)]
        output = pipeline.step(Batch({_PARTITION: records}, frozenset()), _AT)
        closed.update(block.closed_by for block in output.blocks)
        pipeline.join(output)
    return Held(_most_resident() // 1024, pipeline.open_reports, closed[ClosedBy.CAP])


def _head(host: int) -> bytes:
    return f"<4>Nov 20 08:00:00 node-{host} kernel: [{host}.100000] {_HEAD}".encode()


def _most_resident() -> int:
    """Kilobytes, as the kernel counts them."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    held = _run()
    print(held.megabytes, held.open, held.capped)
