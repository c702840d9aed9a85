"""Debian's rsyslog and syslog-ng with our configurations: from a socket through the real broker into documents."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaConsumer
from kafka.partitioner.default import murmur2

from ingest.adapters import kafka_admin
from ingest.stack.ports import answers, free_port
from tests.conftest import Endpoints
from tests.integration.service import Site
from tests.system.debian import ROOT, SYSLOG_NG, SYSLOG_NG_LIBRARIES, syslog_ng_modules

pytestmark = pytest.mark.system
SHIPPERS = ROOT / "deploy" / "shippers"
LINUX = ROOT / "tests" / "corpus" / "linux"
POD = [b"<4>" + line for line in (LINUX / "pod_memcg.log").read_bytes().splitlines()]
MACHINE = (LINUX / "machine_6_8.log").read_bytes().splitlines()
KERNEL_OF_MACHINE = sum(b" kernel: " in line for line in MACHINE)
NODE_7, DB_01 = b"node-7", b"db-01.example.net"
EARLYOOM = [
    b"low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%",
    b'sending SIGTERM to process 77073 uid 1000 "java": badness 812, VmRSS 2835 MiB',
    b"process exited after 0.3 seconds",
]
NOISE = b"<38>Nov 22 10:15:02 node-7 sshd[812]: Accepted publickey for root from 10.0.0.1 port 5022 ssh2"


def rsyslog(folder: Path, port: int, shipped: str) -> tuple[list[str], dict[str, str]]:
    (folder / "oom-ingest.conf").write_text(shipped)
    (folder / "main.conf").write_text(f"""
        global(workDirectory="{folder}")
        module(load="imuxsock" SysSock.Use="off")
        input(type="imuxsock" Socket="{folder}/log" RateLimit.Interval="0")
        module(load="imptcp")
        input(type="imptcp" address="127.0.0.1" port="{port}")
        include(file="{folder}/oom-ingest.conf")
    """)
    return ["rsyslogd", "-n", "-f", str(folder / "main.conf"), "-i", str(folder / "pid")], dict(os.environ)


def syslog_ng(folder: Path, port: int, shipped: str) -> tuple[list[str], dict[str, str]]:
    (folder / "oom-ingest.conf").write_text(shipped.replace("disk-buffer(", f'disk-buffer(dir("{folder}") '))
    main = [
        "@version: 3.38",
        "options { keep-hostname(yes); chain-hostnames(no); use-dns(no); dns-cache(no); };",
        f'source s_src {{ unix-dgram("{folder}/log"); network(ip("127.0.0.1") port({port}) transport("tcp")); }};',
        f'@include "{folder}/oom-ingest.conf"',
    ]
    (folder / "main.conf").write_text("\n".join(main) + "\n")
    state = [f"--{name}={folder}/{name}" for name in ("persist-file", "pidfile", "control")]
    modules = f"--module-path={syslog_ng_modules()}"
    command = [str(SYSLOG_NG), "--foreground", "--no-caps", modules, "--cfgfile", str(folder / "main.conf"), *state]
    return command, {**os.environ, "LD_LIBRARY_PATH": str(SYSLOG_NG_LIBRARIES)}


PARTITIONS = 4
STARTS = {"rsyslog": rsyslog, "syslog-ng": syslog_ng}


@contextmanager
def shipping(name: str, folder: Path, stack: Endpoints, topic: str) -> Iterator[int]:
    """The shipper with our configuration, and the test's broker and topic; gives its port for other hosts' logs."""
    port = free_port()
    configuration = (SHIPPERS / f"{name}.conf").read_text()
    assert configuration.count("localhost:9092") == configuration.count('"syslog"') == 1
    configuration = configuration.replace("localhost:9092", stack.kafka).replace('"syslog"', f'"{topic}"')
    command, environment = STARTS[name](folder, port, configuration)
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            while not (answers(port) and (folder / "log").exists()):
                assert process.poll() is None, (folder / "said").read_text()
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=60)


def send(folder: Path, port: int) -> None:
    """Two hosts' kernels line by line through the port, a killer of this host through the socket, noise between."""
    mixed = [line for pair in zip(POD, MACHINE, strict=False) for line in pair] + MACHINE[len(POD) :]
    with socket.create_connection(("127.0.0.1", port)) as stream:
        for line in mixed:
            stream.sendall(line + b"\n" + NOISE + b"\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
        local.connect(str(folder / "log"))
        for line in EARLYOOM:
            local.send(time.strftime("<30>%b %e %H:%M:%S earlyoom[812]: ").encode() + line)


def records(kafka: str, topic: str, count: int) -> list[tuple[int, bytes, bytes]]:
    consumer = KafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    found: list[tuple[int, bytes, bytes]] = []
    deadline = time.monotonic() + 120
    try:
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} records of {count}"
            for group in consumer.poll(timeout_ms=500).values():
                found += [(record.partition, record.key, record.value) for record in group]
    finally:
        consumer.close()
    return found


def partition_of(key: bytes) -> int:
    """As programs in Java choose it."""
    return int(murmur2(key) & 0x7FFFFFFF) % PARTITIONS


@pytest.mark.parametrize("shipper", STARTS)
def test_a_shipper_of_debian_brings_kernels_and_killers_to_documents(
    shipper: str, stack: Endpoints, name: str, elastic: Elasticsearch, tmp_path: Path
) -> None:
    kafka_admin.create_topic(stack.kafka, name, PARTITIONS)
    site = Site(stack, name, elastic)
    site.setup()
    with shipping(shipper, tmp_path, stack, name) as port:
        send(tmp_path, port)
        arrived = records(stack.kafka, name, len(POD) + KERNEL_OF_MACHINE + len(EARLYOOM))
    this_host = socket.gethostname().encode()
    by_host = Counter(key for _, key, _ in arrived)
    assert by_host == {NODE_7: len(POD), DB_01: KERNEL_OF_MACHINE, this_host: len(EARLYOOM)}
    assert {(partition, key) for partition, key, _ in arrived} == {(partition_of(key), key) for key in by_host}
    assert not [value for _, _, value in arrived if b"sshd" in value]
    with site.service():
        found = site.wait_for(4 + len((LINUX / "machine_6_8.ndjson").read_text().splitlines()) + 3)
    kills = {
        (source["host"]["name"], source["process"]["pid"], source["process"]["name"], source["oom"]["family"])
        for (index, _), source in found.items()
        if "-kill-" in index
    }
    assert kills == {
        ("node-7", 238343, "go-oom-test", "linux"),
        ("db-01.example.net", 1873, "mysqld", "linux"),
        (this_host.decode().lower(), 77073, "java", "earlyoom"),
    }
    reports = [source for (index, _), source in found.items() if "-report-" in index]
    assert {source["oom"]["report"]["completeness"] for source in reports} == {"complete"}
    assert {source["oom"]["time"]["source"] for source in reports} == {"iso"}
    assert not [source for source in reports if source["oom"]["time"].get("year_inferred")]
