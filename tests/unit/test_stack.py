"""What is said when a server cannot be had or does not start. Small real processes stand in for the servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.stack import StackError, artifacts
from ingest.stack.process import Child, free_port

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_no_network_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOM_INGEST_CACHE", str(tmp_path))
    with pytest.raises(StackError, match="cannot be downloaded"):
        artifacts.jars(artifacts.KQL, repository=f"http://127.0.0.1:{free_port()}")
    assert not list(tmp_path.glob("*.jar"))
    assert not (tmp_path / "x-pack-kql-9.5.3").exists(), "nothing half done is left under the final name"


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("OOM_INGEST_CACHE", str(file / "cache"))
    with pytest.raises(StackError, match="OOM_INGEST_CACHE"):
        artifacts.jars(artifacts.KQL)


def test_a_server_that_dies_shows_its_last_lines(tmp_path: Path) -> None:
    child = Child("Server", tmp_path)
    child.start([sys.executable, "-c", "print('first'); print('java.net.BindException: no'); raise SystemExit(1)"])
    with pytest.raises(StackError, match="its port is taken") as caught:
        child.wait_until(lambda: False, 10)
    assert "java.net.BindException" in str(caught.value)
    child.stop()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    child = Child("Server", tmp_path)
    child.start(SLEEPER)
    with pytest.raises(StackError, match="not usable within"):
        child.wait_until(lambda: False, 0.3)
    child.stop()
    assert child.pid is None


def test_a_left_over_of_an_earlier_run_is_ended(tmp_path: Path) -> None:
    earlier = Child("Server", tmp_path)
    earlier.start(SLEEPER)
    left_over = earlier.pid
    assert left_over is not None
    later = Child("Server", tmp_path)
    later.start(SLEEPER)
    assert earlier.pid is None
    later.stop()
    earlier.kill()


def test_a_reused_process_number_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(SLEEPER)
    (tmp_path / "server.pid").write_text(f"{other.pid} 1")
    child = Child("Server", tmp_path)
    child.start(SLEEPER)
    assert other.poll() is None
    child.stop()
    other.kill()
    other.wait()


def test_servers_die_with_the_process_that_started_them(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from ingest.stack.process import Child; "
        f"c = Child('Server', pathlib.Path({str(tmp_path)!r})); "
        f"c.start([sys.executable, '-c', 'import time; time.sleep(60)']); print(c.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
