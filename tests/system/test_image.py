"""The image without Docker: its Dockerfile is carried out, and compose's own commands run from what it makes."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from elasticsearch import Elasticsearch

from ingest.adapters import kafka_admin
from ingest.demo import fleet
from ingest.stack.ports import free_port
from tests.conftest import Endpoints
from tests.context import context
from tests.integration.service import Site
from tests.system import dockerfile
from tests.system.debian import ROOT
from tests.system.dockerfile import Image

pytestmark = pytest.mark.system
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PORT = "9464"
KINDS = {"kill", "report", "episode", "task"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    base = dockerfile.debian(folder / "debian")
    text = (ROOT / "Dockerfile").read_text()
    yield dockerfile.build(text, context(), base, folder, {"VERSION": "9.8.7"})
    shutil.rmtree(folder)  # three small systems


def told(command: list[str], **more: Any) -> str:
    return str(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, **more).stdout)


def test_it_holds_the_one_wheel_and_nothing_to_install_more_with(image: Image) -> None:
    assert told(image.run("--version")) == "oom-ingest, version 9.8.7\n"
    (wheel,) = (image.root.parent / "wheel" / "dist").iterdir()
    assert wheel.name == "oom_ingest-9.8.7-py3-none-any.whl"
    assert not list((image.root / "opt" / "oom-ingest" / "bin").glob("pip*"))
    log = (ROOT / "tests" / "corpus" / "openvz" / "el135.log").read_text()
    assert "apache2" in told(image.run("explain", "-"), input=log)


def test_it_runs_as_nobody_and_writes_nowhere_but_to_tmp(image: Image) -> None:
    status = told(image.run("/proc/self/status", entrypoint=["cat"])).splitlines()
    rows = {name: value.split() for name, _, value in (line.partition(":") for line in status)}
    assert rows["Uid"] == rows["Gid"] == ["10001"] * 4
    assert rows["Groups"] == []
    assert {name: int(rows[name][0], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
        "CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0,
    }  # fmt: skip
    assert rows["NoNewPrivs"] == ["1"]
    writes = "touch /tmp/x && for at in / /opt/oom-ingest /var/tmp /home /root; do touch $at/x && echo $at; done; true"
    assert told(image.run("-c", writes, entrypoint=["sh"])) == ""


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_services_of_compose_work_from_it(
    image: Image, stack: Endpoints, name: str, elastic: Elasticsearch
) -> None:
    """Each with compose's own command and environment, but for the addresses and names of this test."""
    port = str(free_port())
    here = {
        "kafka:19092": stack.kafka,
        "http://elasticsearch:9200": stack.elasticsearch,
        f"0.0.0.0:{PORT}": f"127.0.0.1:{port}",
    }
    site = Site(stack, name, elastic)
    ours = site.environment()
    waits = {key: ours[key] for key in ours if key.startswith("OOM_INGEST_REPORT__")}
    names = {f"OOM_INGEST_{key}": name for key in ("ELASTICSEARCH__INDEX_PREFIX", "KAFKA__GROUP", "KAFKA__TOPICS")}

    def command(service: str) -> list[str]:
        described = SERVICES[service]
        assert described["read_only"]
        given = {key: here.get(value, value) for key, value in described["environment"].items()} | waits | names
        return image.run(*described.get("command", ()), entrypoint=described.get("entrypoint"), **given)

    kafka_admin.create_topic(stack.kafka, name, 4)
    assert f"{name}-kill: create" in told(command("setup"))
    lines = len(list(fleet.records()))
    assert told(command("shipper")) == f"Sent {lines} lines to the topic {name!r}.\n"
    health = [word.replace(PORT, port) for word in SERVICES["run"]["healthcheck"]["test"][1:]]
    worker = subprocess.Popen(command("run"), stderr=subprocess.DEVNULL)
    try:
        until(
            lambda: subprocess.run(image.run(entrypoint=health), capture_output=True, check=False).returncode == 0,
            worker,
        )
        until(lambda: {index.split("-")[1] for index, _ in site.documents()} >= KINDS, worker)
    finally:
        status = image.stop(worker)
    assert status == 0
