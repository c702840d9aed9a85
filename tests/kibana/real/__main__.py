"""``python -m tests.kibana.real VERSION``: one version of Kibana from start to end; status 1 says what was wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3
from elasticsearch import Elasticsearch

from ingest import assets
from ingest.kibana import bundle, saved
from ingest.kibana.ids import rule_id
from ingest.kibana.rules import RULES
from ingest.kibana.saved import ObjectType
from ingest.stack.ports import free_port
from tests.kibana import seed
from tests.kibana.real import exported, pages

COMPOSE = Path(__file__).parent / "compose.yml"
PICTURES = Path("build") / "kibana"
RULES_RUN_WITHIN = 180


@contextmanager
def stack(version: str) -> Iterator[tuple[str, str]]:
    """A Kibana and its Elasticsearch; removed afterwards with all they hold."""
    ports = {"KIBANA_PORT": str(free_port()), "ELASTICSEARCH_PORT": str(free_port())}
    environment = {**os.environ, **ports, "STACK_VERSION": version}
    compose = ["docker", "compose", "--file", str(COMPOSE)]
    try:
        subprocess.run([*compose, "up", "--detach", "--wait"], env=environment, check=True)
        yield f"http://127.0.0.1:{ports['KIBANA_PORT']}", f"http://127.0.0.1:{ports['ELASTICSEARCH_PORT']}"
    finally:
        subprocess.run([*compose, "down", "--volumes", "--timeout", "5"], env=environment, check=False)


def install(kibana: str, elasticsearch: str) -> Iterator[str]:
    """``oom-ingest setup``, twice: the second time everything is there."""
    command = [sys.executable, "-m", "ingest", "setup", "--elasticsearch", elasticsearch, "--kibana", kibana]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"setup ended with {done.returncode}: {done.stdout}{done.stderr}"
            return
    print(done.stdout)
    kept = [line for line in done.stdout.splitlines() if line.startswith("rule ") and not line.endswith(": unchanged")]
    yield from (f"a second run did not find what the first had written: {line}" for line in kept)


def rules(kibana: str) -> Iterator[str]:
    """Every rule has run, without an error."""
    deadline = time.monotonic() + RULES_RUN_WITHIN
    waiting = {rule.name: f"{kibana}/api/alerting/rule/{rule_id(rule.name)}" for rule in RULES}
    while waiting and time.monotonic() < deadline:
        for name, address in list(waiting.items()):
            found = json.loads(urllib3.request("GET", address).data)
            state = found.get("execution_status", {})
            if state.get("status") in ("ok", "active", "warning", "error"):
                del waiting[name]
            if state.get("status") in ("warning", "error"):
                yield f"rule {name}: {state}"
        time.sleep(2)
    yield from (f"rule {name}: has not run in {RULES_RUN_WITHIN} s" for name in waiting)


def check(version: str) -> Iterator[str]:
    """What is wrong under one version, one sentence each."""
    shipped = saved.read((assets.dashboards() / bundle.FILE).read_text())
    boards = [each.id for each in shipped if each.type is ObjectType.DASHBOARD]
    with stack(version) as (kibana, elasticsearch):
        yield from install(kibana, elasticsearch)
        yield from exported.differences(shipped, exported.export(kibana, shipped))
        for scene in ("empty", "fleet"):
            if scene == "fleet":
                with Elasticsearch(elasticsearch) as client:
                    seed.store(client, seed.fleet_documents("oom"), "oom")
            found = pages.wrong(kibana, boards, seed.WEEK, PICTURES / version / scene)
            yield from (f"{scene}: {each}" for each in found)
        yield from rules(kibana)


def main() -> None:
    """Check the version that is named."""
    (version,) = sys.argv[1:]
    wrong = []
    for each in check(version):
        print(f"Kibana {version}: {each}", file=sys.stderr)
        wrong.append(each)
    if wrong:
        sys.exit(f"Kibana {version}: {len(wrong)} things are wrong; pictures are in {PICTURES / version}")
    print(f"Kibana {version}: everything is as shipped; pictures are in {PICTURES / version}, look at them")


if __name__ == "__main__":
    main()
