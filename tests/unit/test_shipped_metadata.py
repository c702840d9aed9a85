from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.assemble import Bounds
from ingest.envelope import Envelope, Read, Unreadable
from ingest.envelope.metadata import allowed
from ingest.model import Origin, Raw
from ingest.offline import documents

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
POD = "a41b2cd5-5451-4bbc-b740-c908d58d652e"
CONTAINER = "5f" * 32
SLICE = f"/kubepods.slice/kubepods-pod{POD.replace('-', '_')}.slice"
PATH = f"{SLICE}/cri-containerd-{CONTAINER}.scope"
SIZES = "total-vm:1024kB, anon-rss:512kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:0"
BOUND = "nodemask=(null),cpuset=/,mems_allowed=0"
MACHINE = (
    "java invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0",
    f"oom-kill:constraint=CONSTRAINT_NONE,{BOUND},global_oom,task_memcg=/,task=java,pid=81,uid=0",
    f"Out of memory: Killed process 81 (java) {SIZES}",
)
MEMCG = (
    MACHINE[0],
    f"oom-kill:constraint=CONSTRAINT_MEMCG,{BOUND},oom_memcg={SLICE},task_memcg={PATH},task=java,pid=81,uid=0",
    f"Memory cgroup out of memory: Killed process 81 (java) {SIZES}",
)
CLOUD = {"provider": "aws", "region": "eu-central-1", "instance": {"id": "i-0abc"}, "account": {"id": 123456789012}}
AGENT = {"type": "filebeat", "version": "9.5.3", "id": "f00", "name": "node-7"}
FLUENT: dict[str, Any] = {
    "host": "node-7", "pod_name": "web-0", "pod_id": POD, "namespace_name": "shop", "container_name": "jvm",
    "container_image": "registry/jvm:17", "docker_id": CONTAINER, "labels": {"app.kubernetes.io/name": "web"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "kept", "dropped"),
    [
        ({"message": "x", "input": {"type": "journald"}, "ecs.version": "8.0.0"}, None, 0),
        ({"cloud": CLOUD}, {"cloud": {**CLOUD, "account": {"id": "123456789012"}}}, 0),
        ({"cloud.region": "r", "cloud.instance.id": "i"}, {"cloud": {"region": "r", "instance": {"id": "i"}}}, 0),
        ({"cloud": {"instance.id": "i"}}, {"cloud": {"instance": {"id": "i"}}}, 0),
        ({"agent": {**AGENT, "ephemeral_id": "e"}}, {"agent": AGENT}, 1),
        ({"host": {"name": "h", "hostname": "h", "ip": ["10.0.0.7", "::1"]}}, {"host": {"ip": ["10.0.0.7", "::1"]}}, 0),
        ({"host": {"mac": ["0a"], "os": {"name": "Debian", "version": 12.5, "kernel": "6.1"}}},
         {"host": {"os": {"name": "Debian", "version": "12.5"}}}, 2),
        ({"host": "h", "container": "c", "labels": "l", "agent": ["a"]}, None, 0),
        ({"kubernetes": {"pod": {"name": "p", "uid": "u", "ip": "10.1.1.1"}, "node": {"name": "n", "uid": "m"}}},
         {"kubernetes": {"pod": {"name": "p", "uid": "u"}, "node": {"name": "n"}}}, 2),
        ({"kubernetes": FLUENT},
         {"kubernetes": {"node": {"name": "node-7"}, "pod": {"name": "web-0", "uid": POD}, "namespace": "shop",
                         "container": {"name": "jvm"}, "labels": {"app.kubernetes.io/name": "web"}},
          "container": {"id": CONTAINER, "image": {"name": "registry/jvm:17"}}}, 0),
        ({"kubernetes": {"annotations": {"a": "b", "c.d/e": "f"}, "container_hash": "s", "master_url": "u"}}, None, 4),
        ({"labels": {"team": "sre", "a.b/c": "d", "tier": 1, "canary": True}},
         {"labels": {"team": "sre", "a.b/c": "d", "tier": "1", "canary": "true"}}, 0),
        ({"labels": {"a\0b": "c\0d"}}, {"labels": {"a\ufffdb": "c\0d"}}, 0),
        ({"labels.team": "sre", "labels": {"a": {"b/c": "d"}}}, {"labels": {"team": "sre", "a.b/c": "d"}}, 0),
        ({"kubernetes.labels.app": "web", "kubernetes": {"labels": {"x.y": "z"}}},
         {"kubernetes": {"labels": {"app": "web", "x.y": "z"}}}, 0),
        ({"labels": {"a": ["b"], "c": None}, "kubernetes": {"labels": ["a"]}}, None, 3),
        ({"cloud": {"region": True, "machine": {"type": None}, "project": {"id": ["a", 1]}}}, None, 3),
        ({"container": {"id": {"full": "x"}, "name": "c"}}, {"container": {"name": "c"}}, 1),
        ({"orchestrator": {"cluster": {"name": "prod"}, "type": "kubernetes"}},
         {"orchestrator": {"cluster": {"name": "prod"}}}, 1),
    ],
)  # fmt: skip
def test_the_allow_list_lets_through_renames_and_counts_the_rest(
    document: dict[str, Any], kept: dict[str, Any] | None, dropped: int
) -> None:
    assert allowed(document) == (kept, dropped)


def test_what_is_carried_is_bounded() -> None:
    kept, dropped = allowed({
        "labels": {f"{number:03}" + "n" * 2_000: "v" * 2_000 for number in range(150)},
        "host": {"ip": ["a" * 2_000] * 150, "id": "i" * 2_000},
    })  # fmt: skip
    assert kept is not None
    assert kept["labels"] == {f"{number:03}" + "n" * 1_021: "v" * 1_024 for number in range(100)}
    assert kept["host"] == {"ip": ["a" * 1_024] * 100, "id": "i" * 1_024}
    assert dropped == 50


@pytest.mark.parametrize("root", ["kubernetes", "labels", "host", "MESSAGE"])
def test_nesting_without_end_stops_nothing(root: str) -> None:
    for depth in range(10, 1_200, 10):
        opened, closed = ("[", "]") if root == "MESSAGE" else ('{"a":', "}")
        value = f'{{"message": "x", "{root}": {opened * depth}1{closed * depth}}}'.encode()
        found = Envelope().read(Raw(Origin("t", 0, 1), value, AT))
        if root == "MESSAGE":
            assert isinstance(found, Unreadable)
        elif isinstance(found, Read) and depth > 20:
            assert (found.whole.metadata, found.dropped) == (None, 1)


def stored(record: Mapping[str, Any], lines: Sequence[str], message: str = "message") -> dict[str, dict[str, Any]]:
    """The last document of each kind over lines that a shipper wrapped each in the same record."""
    raws = [
        Raw(Origin("t", 0, at), json.dumps({**record, message: line}).encode(), AT) for at, line in enumerate(lines)
    ]
    found = documents(raws, Envelope(), Bounds(), timedelta(minutes=5))
    return {document.index.split("-")[1]: dict(document.source) for document in found}


def test_a_kill_carries_what_filebeat_said_of_its_host() -> None:
    record = {
        "@timestamp": "2026-11-22T10:15:02.123Z",
        "host": {"name": "node-7", "hostname": "Node-7", "id": "m7", "ip": ["10.0.0.7"], "os": {"name": "Debian"}},
        "process": {"name": "kernel"},
        "agent": AGENT,
        "cloud": CLOUD,
        "labels": {"env.tier": "prod"},
        "kubernetes": {"node": {"name": "node-7"}},
    }
    found = stored(record, MACHINE)
    host = {"name": "node-7", "hostname": "Node-7", "id": "m7", "ip": ["10.0.0.7"], "os": {"name": "Debian"}}
    for kind in ("kill", "report", "episode"):
        document = found[kind]
        assert (document["host"], document["agent"], document["labels"]) == (host, AGENT, {"env.tier": "prod"})
        assert document["cloud"] == {**CLOUD, "account": {"id": "123456789012"}}
    assert found["kill"]["kubernetes"] == found["report"]["kubernetes"] == {"node": {"name": "node-7"}}
    assert found["kill"]["process"]["name"] == "java"


def test_a_kill_carries_its_pod_under_the_names_of_ecs() -> None:
    kill = stored({"stream": "stderr", "kubernetes": FLUENT}, MEMCG, "log")["kill"]
    assert kill["host"]["name"] == "node-7"
    assert kill["kubernetes"] == {
        "node": {"name": "node-7"},
        "pod": {"name": "web-0", "uid": POD},
        "namespace": "shop",
        "container": {"name": "jvm"},
        "labels": {"app.kubernetes.io/name": "web"},
    }
    assert kill["container"] == {"id": CONTAINER, "runtime": "containerd", "image": {"name": "registry/jvm:17"}}


def test_a_kill_does_not_carry_the_pod_of_its_shipper() -> None:
    others = {**FLUENT, "pod_id": "0" * 36, "docker_id": "0" * 64, "pod_name": "fluent-bit-x7k2p"}
    kill = stored({"kubernetes": others, "labels": {"a": "b"}}, MEMCG)["kill"]
    assert kill["kubernetes"] == {"node": {"name": "node-7"}, "pod": {"uid": POD}}
    assert kill["container"] == {"id": CONTAINER, "runtime": "containerd"}
    assert kill["labels"] == {"a": "b"}


def test_an_episode_carries_no_pod_of_a_shipper_for_its_reports_may_be_of_several() -> None:
    assert "kubernetes" not in stored({"stream": "stderr", "kubernetes": FLUENT}, MACHINE, "log")["episode"]


COLLECTOR = {"id": "c1", "ip": ["10.0.0.1"], "architecture": "x86_64"}


@pytest.mark.parametrize(
    ("record", "prefix", "host"),
    [
        ({"host": {"name": "collector", **COLLECTOR}}, "Nov 22 10:15:02 db7 kernel: ", "db7"),
        ({"host": {"name": "collector", **COLLECTOR}, "log": {"syslog": {"hostname": "DB7"}}}, "", "db7"),
        ({"host": {"name": "collector", **COLLECTOR}, "logsource": "db7", "program": "kernel"}, "", "db7"),
        ({"host": {"name": "collector", **COLLECTOR}, "_HOSTNAME": "db7", "_TRANSPORT": "kernel"}, "", "db7"),
        ({"host": {"name": "db7.example", **COLLECTOR}}, "Nov 22 10:15:02 db70 kernel: ", "db70"),
        ({"host.name": "collector", "host.id": "c1"}, "<4>1 2026-11-22T10:15:02Z db7 kernel - - - ", "db7"),
    ],
)
def test_a_line_that_another_host_logged_does_not_carry_its_shippers(
    record: dict[str, Any], prefix: str, host: str
) -> None:
    extra = {"cloud": CLOUD, "agent": AGENT, "labels": {"a": "b"}, "kubernetes": {"node": {"name": "collector"}}}
    found = stored({**record, **extra}, [f"{prefix}{line}" for line in MACHINE])
    for kind in ("kill", "report", "episode"):
        document = found[kind]
        assert document["host"] == {"name": host, "hostname": "DB7" if "log" in record else host}
        assert "cloud" not in document
        assert "kubernetes" not in document
        assert (document["agent"], document["labels"]) == (AGENT, {"a": "b"})


@pytest.mark.parametrize(
    ("shippers", "lines"), [("node-7.example", "node-7"), ("node-7", "NODE-7"), ("NODE-7", "node-7.example")]
)
def test_a_host_is_the_same_in_any_case_and_with_its_domain_or_without(shippers: str, lines: str) -> None:
    record = {"host": {"name": shippers, "id": "m7"}, "cloud": {"region": "r"}}
    kill = stored(record, [f"Nov 22 10:15:02 {lines} kernel: {line}" for line in MACHINE])["kill"]
    assert kill["host"] == {"name": lines.lower(), "hostname": lines, "id": "m7"}
    assert kill["cloud"] == {"region": "r"}
