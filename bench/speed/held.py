"""Memory of the service while a thousand reports are open."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.speed.end_to_end import environment, forget, installed
from bench.speed.lines import unfinished
from bench.speed.measure import resident, stopped
from bench.speed.servers import Servers
from bench.speed.topics import load
from ingest.stack.ports import free_port
from tests.integration.pages import get, metrics

_REPORTS, _LINES = 1_000, 100
_PARTITIONS = 4
_GOES_ON = timedelta(seconds=60)
"""Late enough for every line to have had its turn and every report to be written, too early for one to be closed."""
_LONGEST = 300.0
_ENVIRONMENT = Path("build/bench/environment")


def memory(servers: Servers) -> Iterator[str]:
    """A paragraph: what `oom-ingest run` has resident once all of them are read, and at most until then."""
    name = "held"
    load(servers.kafka.bootstrap, name, unfinished(_REPORTS, _LINES), _PARTITIONS, goes_on=_GOES_ON)
    port = free_port()
    command = [_deployed(), "-m", "ingest", "run", "--listen", f"127.0.0.1:{port}"]
    with installed(servers.elasticsearch.url, name) as elastic:
        process = subprocess.Popen(command, env=environment(servers, name, name), stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + _LONGEST
            while (seen := _metrics(port)) is None or seen["lag_records"]:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"the service did not read its topic to the end: {seen}")
                time.sleep(0.2)
            now, most = resident(process.pid)
        finally:
            stopped([process])
        forget(elastic, name)
    held = seen["open_reports"]
    print(f"memory with {held:.0f} open reports: {now:.0f} MB, {most:.0f} MB at most", flush=True)
    yield from (f"## Memory of the service with {_REPORTS:,} open reports of {_LINES} lines", "")
    yield "With the packages that `requirements.lock` names, as it is deployed:"
    yield f"`oom-ingest run` has {now:.0f} MB resident, and had {most:.0f} MB at most while it read and wrote them."
    if held < _REPORTS:
        yield f"Of these reports {_REPORTS - held:.0f} were closed by then: the memory for all open ones was used up."
    yield ""


def _deployed() -> str:
    """Python with what `requirements.lock` names and nothing else, as the service is deployed.

    Clients of Elasticsearch and of HTTP import further packages where they find them, and those of the tests are large.
    """
    shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", _ENVIRONMENT], check=True)
    python = str(_ENVIRONMENT / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", "requirements.lock"], check=True)
    return python


def _metrics(port: int) -> dict[str, float] | None:
    """What it tells of itself; ``None`` until it has ended a turn with all partitions."""
    found = metrics(get(port, "/metrics")[1])
    return found if found.get("partitions") == _PARTITIONS else None
