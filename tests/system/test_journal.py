"""A real journal, read with the very matches of our files for shippers of the journal, through the broker to documents.

Filebeat, Fluent Bit and Vector can be had from no registry that the tests reach. What can be run of their
configurations is run: which entries of a journal they choose, which field is the key, and the options that they hand
to librdkafka (kcat is librdkafka's own client). What they make of an entry is told here as their documentation has
it.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from elasticsearch import Elasticsearch

from ingest.adapters import kafka_admin
from tests.conftest import Endpoints
from tests.integration.service import COMMAND, Site
from tests.system.debian import JOURNAL_REMOTE, ROOT
from tests.system.test_shippers import PARTITIONS, partition_of, records

pytestmark = pytest.mark.system
SHIPPERS = ROOT / "deploy" / "shippers"
POD = (ROOT / "tests" / "corpus" / "linux" / "pod_memcg.log").read_text().splitlines()
SECOND = 1_795_342_501
BOOT, MACHINE = "4f1d6a0c5d8e4f0f9a0b3c2d1e0f9a8b", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
EARLYOOM = [
    "low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%",
    'sending SIGTERM to process 77073 uid 1000 "java": badness 812, VmRSS 2835 MiB',
    "process exited after 0.3 seconds",
]


def entries() -> Iterator[dict[str, str]]:
    """A kernel's report with noise between its lines, then a killer of user space."""
    for number, line in enumerate(POD):
        kernel = re.fullmatch(r".* kernel: \[(\d+)\.(\d+)\] (.*)", line)
        assert kernel
        uptime = f"{kernel[1]}{kernel[2]}"
        yield {"_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "PRIORITY": "4", "SYSLOG_FACILITY": "0",
               "_SOURCE_MONOTONIC_TIMESTAMP": uptime, "MESSAGE": kernel[3]}  # fmt: skip
        yield {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "sshd", "PRIORITY": "6", "SYSLOG_FACILITY": "4",
               "MESSAGE": f"Accepted publickey for root from 10.0.0.{number} port 5022 ssh2"}  # fmt: skip
    for message in EARLYOOM:
        yield {"_TRANSPORT": "stdout", "SYSLOG_IDENTIFIER": "earlyoom", "PRIORITY": "6", "SYSLOG_FACILITY": "3",
               "_PID": "812", "MESSAGE": message}  # fmt: skip


def write_journal(file: Path, second: int) -> None:
    """A journal of another host that begins then, written by systemd from its own format of exchange."""
    exported = ""
    for number, entry in enumerate(entries()):
        times = {
            "__REALTIME_TIMESTAMP": str(second * 1_000_000 + number),
            "__MONOTONIC_TIMESTAMP": str(539_381_100_000 + number),
        }
        of_host = {"_BOOT_ID": BOOT, "_MACHINE_ID": MACHINE, "_HOSTNAME": "node-7"}
        exported += "".join(f"{name}={value}\n" for name, value in (times | of_host | entry).items()) + "\n"
    subprocess.run([JOURNAL_REMOTE, f"--output={file}", "-"], input=exported.encode(), check=True)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("journal") / "node-7.journal"
    write_journal(file, SECOND)
    return file


def fluent_bit(entry: dict[str, Any]) -> dict[str, Any]:
    """Its systemd input keeps the journal's fields but those of addresses, and adds a date."""
    kept = {name: value for name, value in entry.items() if not name.startswith("__")}
    return {"date": int(entry["__REALTIME_TIMESTAMP"]) / 1e6, **kept}


def vector(entry: dict[str, Any]) -> dict[str, Any]:
    """Its journald source names message, host and time as its other sources do."""
    kept = {name: value for name, value in entry.items() if name not in ("MESSAGE", "_HOSTNAME")}
    named = {"message": entry["MESSAGE"], "host": entry["_HOSTNAME"], "source_type": "journald"}
    return {**kept, **named, "timestamp": _iso(entry)}


def filebeat(entry: dict[str, Any]) -> dict[str, Any]:
    """Its journald input translates the fields; ``host.name`` is the host's."""
    facility, priority = int(entry["SYSLOG_FACILITY"]), int(entry["PRIORITY"])
    return {
        "@timestamp": _iso(entry),
        "message": entry["MESSAGE"],
        "host": {"hostname": entry["_HOSTNAME"], "name": entry["_HOSTNAME"]},
        "systemd": {"transport": entry["_TRANSPORT"]},
        "syslog": {"identifier": entry["SYSLOG_IDENTIFIER"], "facility": facility, "priority": priority},
        "journald": {"host": {"boot_id": entry["_BOOT_ID"]}},
        "log": {"syslog": {"appname": entry["SYSLOG_IDENTIFIER"], "facility": {"code": facility}}},
    }


def _iso(entry: dict[str, Any]) -> str:
    seconds, micros = divmod(int(entry["__REALTIME_TIMESTAMP"]), 1_000_000)
    return f"2026-11-22T10:15:{seconds - SECOND + 1:02d}.{micros:06d}Z"


Shipper = tuple[Callable[[dict[str, Any]], dict[str, Any]], list[str], str, dict[str, str]]


def of_fluent_bit(file: dict[str, Any]) -> Shipper:
    (source,), (sink,) = file["pipeline"]["inputs"], file["pipeline"]["outputs"]
    options = {name.removeprefix("rdkafka."): str(value) for name, value in sink.items() if name.startswith("rdkafka.")}
    return fluent_bit, source["systemd_filter"], sink["message_key_field"], options


def of_vector(file: dict[str, Any]) -> Shipper:
    (source,), (sink,) = file["sources"].values(), file["sinks"].values()
    matches = [f"{name}={value}" for name, values in source["include_matches"].items() for value in values]
    return vector, matches, sink["key_field"], sink["librdkafka_options"] | {"compression.codec": sink["compression"]}


def of_filebeat(file: dict[str, Any]) -> Shipper:
    (source,), sink = file["filebeat.inputs"], file["output.kafka"]
    matches = [f"--identifier={name}" for name in source["syslog_identifiers"]]
    field = re.fullmatch(r"%\{\[(.+)\]\}", sink["key"])
    assert field
    return filebeat, matches, field[1], {"compression.codec": sink["compression"]}


READ = {"fluent-bit.yaml": of_fluent_bit, "vector.yaml": of_vector, "filebeat.yml": of_filebeat}


def value_of(record: dict[str, Any], path: str) -> str:
    """A field by its path with dots, as Filebeat names it."""
    found: Any = record
    for name in [path] if path in record else path.split("."):
        found = found[name]
    return str(found)


def produce(broker: str, topic: str, keyed: list[tuple[str, str]], options: dict[str, str]) -> None:
    """With kcat, which refuses an option that librdkafka does not know."""
    given = [word for name, value in options.items() for word in ("-X", f"{name}={value}")]
    lines = "".join(f"{key}\t{value}\n" for key, value in keyed)
    command = ["kcat", "-P", "-b", broker, "-t", topic, "-K", "\t", *given]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", READ)
def test_what_a_shipper_of_the_journal_chooses_becomes_documents(
    file: str, journal: Path, stack: Endpoints, name: str, elastic: Elasticsearch
) -> None:
    shape, matches, key, options = READ[file](yaml.safe_load((SHIPPERS / file).read_text()))
    told = subprocess.run(
        ["journalctl", f"--file={journal}", "--output=json", "--all", *matches], capture_output=True, check=True
    ).stdout
    chosen = [json.loads(line) for line in told.splitlines()]
    assert Counter(each["SYSLOG_IDENTIFIER"] for each in chosen) == {"kernel": len(POD), "earlyoom": len(EARLYOOM)}
    shipped = [shape(each) for each in chosen]
    keyed = [(value_of(each, key), json.dumps(each)) for each in shipped]
    kafka_admin.create_topic(stack.kafka, name, PARTITIONS)
    produce(stack.kafka, name, keyed, options)
    arrived = {(partition, sent) for partition, sent, _ in records(stack.kafka, name, len(shipped))}
    assert {sent for _, sent in arrived} == {b"node-7"}
    assert "partitioner" not in options or arrived == {(partition_of(b"node-7"), b"node-7")}
    site = Site(stack, name, elastic)
    site.setup()
    with site.service():
        found = site.wait_for(4 + 3)
    kills = {
        (source["host"]["name"], source["process"]["pid"], source["process"]["name"], source["oom"]["family"])
        for (index, _), source in found.items()
        if "-kill-" in index
    }
    assert kills == {("node-7", 238343, "go-oom-test", "linux"), ("node-7", 77073, "java", "earlyoom")}
    reports = [source for (index, _), source in found.items() if "-report-" in index]
    assert {source["oom"]["report"]["completeness"] for source in reports} == {"complete"}


@pytest.mark.parametrize("form", ["short", "short-iso", "short-iso-precise", "short-monotonic", "json"])
def test_a_journal_in_its_own_words_is_read(form: str, journal: Path) -> None:
    told = subprocess.run(
        ["journalctl", f"--file={journal}", "-k", f"--output={form}"], capture_output=True, check=True
    )
    done = subprocess.run([*COMMAND, "parse", "-"], input=told.stdout, capture_output=True, check=True)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    killed = [each["_source"]["process"]["pid"] for each in documents if "-kill-" in each["_index"]]
    assert killed == [238343]
