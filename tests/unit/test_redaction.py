"""Redacted documents tell nothing of what was taken out, and everything else as before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ingest.adapters import files
from ingest.assemble import Bounds
from ingest.config import ConfigError, load
from ingest.envelope import Envelope
from ingest.offline import documents
from ingest.redaction import Redacted, Redaction

CORPUS = Path(__file__).parent.parent / "corpus"
LOGS = sorted(path for path in CORPUS.glob("*/*.log") if path.parent.name != "near_miss")
ALL = Redaction(frozenset(Redacted), b"key")


def read(log: Path, redaction: Redaction | None) -> list[dict[str, Any]]:
    blocks = files.blocks(log, datetime(2026, 11, 26, tzinfo=UTC))
    made = documents(blocks, Envelope(), Bounds(), timedelta(minutes=5), redaction=redaction)
    return [dict(document.source) for document in made]


def leaves(tree: Any, path: str = "") -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    if isinstance(tree, dict):
        pieces = [(f"{path}.{key}".strip("."), value) for key, value in tree.items()]
    elif isinstance(tree, list):
        pieces = [(path, value) for value in tree]
    else:
        return {path: [tree]}
    for name, value in pieces:
        for inner, values in leaves(value, name).items():
            found.setdefault(inner, []).extend(values)
    return found


SECRET = ("process.name", "process.command_line", "process.user.id", "oom.trigger.name", "oom.trigger.user.id",
          "oom.cgroup.limit.path", "oom.cgroup.task.path", "oom.cgroup.killed.path", "oom.tasks.top.name",
          "oom.request.cpuset", "oom.scope_name", "oom.openvz.ve")  # fmt: skip


def users(documents: list[dict[str, Any]]) -> set[str]:
    found = (leaves(document) for document in documents)
    return {uid for of in found for field in of if field.endswith("user.id") for uid in of[field]}


@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}/{log.stem}")
def test_nothing_of_it_is_left_and_nothing_else_is_lost(log: Path) -> None:
    open_ones, redacted = read(log, None), read(log, ALL)
    kinds = [document["event"]["dataset"] for document in open_ones if document["event"]["kind"] != "pipeline_error"]
    assert [each["event"]["dataset"] for each in redacted if each["event"]["kind"] != "pipeline_error"] == kinds
    told = json.dumps(redacted, ensure_ascii=False)
    for document in open_ones:
        of = leaves(document)
        for field in SECRET:
            for value in of.get(field, ()):
                # Short names are words of the sentences around them.
                if isinstance(value, str) and len(value) > 6 and not value.isdigit() and value.strip("/"):
                    assert value not in told, field
        if document["event"]["kind"] != "pipeline_error":
            for line in document["event"].get("original", "").splitlines():
                assert line not in told or len(line) < 20
    assert not users(open_ones) & users(redacted)


def test_numbers_and_times_stay() -> None:
    log = CORPUS / "openvz" / "el135.log"
    open_ones, redacted = read(log, None), read(log, ALL)
    for before, after in zip(open_ones, redacted, strict=True):
        one, other = leaves(before), leaves(after)
        for field in ("@timestamp", "host.name", "process.pid", "oom.openvz.free.pages", "oom.episode.kill_count"):
            assert one.get(field) == other.get(field)


def test_a_token_is_the_same_for_the_same_value_and_key_only() -> None:
    log = CORPUS / "openvz" / "el135.log"
    names = [leaves(each).get("process.name") for each in read(log, Redaction(frozenset({Redacted.NAMES}), b"key"))]
    again = [leaves(each).get("process.name") for each in read(log, Redaction(frozenset({Redacted.NAMES}), b"key"))]
    other = [leaves(each).get("process.name") for each in read(log, Redaction(frozenset({Redacted.NAMES}), b"other"))]
    assert names == again
    assert not {str(name) for name in names if name} & {str(name) for name in other if name}


def test_a_path_stays_below_its_parents() -> None:
    log = CORPUS / "linux" / "case_memcg_parent_neighbour.log"
    kill = next(each for each in read(log, ALL) if each["event"]["dataset"] == "oom.kill")
    limit, task = kill["oom"]["cgroup"]["limit"]["path"], kill["oom"]["cgroup"]["task"]["path"]
    assert task.startswith(limit + "/")


@pytest.mark.parametrize(
    "path",
    [
        "/kubepods/burstable/pod{uid}/{hex}",  # a pod, which is told by the name of its victim
        "/nomad.slice/{uid}.web.scope",
        "/system.slice/web-{at}.service",
    ],
)
@pytest.mark.parametrize("redaction", [None, ALL, Redaction(frozenset({Redacted.PATHS}), b"key")])
def test_the_same_workload_has_one_signature_redacted_or_not(
    path: str, redaction: Redaction | None, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    killed = "Memory cgroup out of memory: Killed process {} (web) total-vm:1kB, anon-rss:1kB, file-rss:0kB"
    told = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={0},task_memcg={0}"
    lines = []
    for at in (100, 200, 300):
        group = path.format(uid=UUID(int=at), hex=f"{at:064x}", at=at)
        stamp = f"Nov 20 08:00:{at // 10} h{at} kernel:"
        lines += [f"{stamp} {told.format(group)},task=web,pid={at},uid=0", f"{stamp} {killed.format(at)}"]
    log.write_text("\n".join(lines))
    found = [leaves(each) for each in read(log, redaction)]
    assert len({str(each["oom.signature"]) for each in found if "oom.signature" in each}) == 1
    names = {str(each["oom.signature_name"]) for each in found if "oom.signature_name" in each}
    assert len(names) == 1
    assert redaction is None or "slice" not in names.pop()


def test_containers_of_a_runtime_have_one_signature_where_their_ids_are_tokens(tmp_path: Path) -> None:
    log = tmp_path / "log"
    event = 'Nov 20 08:00:01 h{} containerd[9]: level=info msg="TaskOOM event container_id:\\"{}\\""'
    log.write_text("\n".join(event.format(at, f"a{at:063x}") for at in range(3)))
    found = [leaves(each) for each in read(log, ALL)]
    assert len({str(each["oom.signature"]) for each in found if "oom.signature" in each}) == 1


def killed(path: str, pid: int) -> str:
    return (
        f"2026-11-22T10:15:{pid:02}Z h kernel: [{pid}.000000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
        f"cpuset=c,mems_allowed=0,oom_memcg={path},task_memcg={path},task=java,pid={pid},uid=0\n"
    )


def told_of(tmp_path: Path, paths: list[str], redaction: Redaction | None) -> list[dict[str, Any]]:
    log = tmp_path / "log"
    log.write_text("".join(killed(path, pid) for pid, path in enumerate(paths, start=1)))
    return [each for each in read(log, redaction) if each["event"]["dataset"] == "oom.kill"]


def test_units_whose_tokens_have_no_letter_are_neither_one_failure_nor_containers(tmp_path: Path) -> None:
    """What a hash gives is sometimes all digits, as these are under this key."""
    units = ["service-laa.service", "service-tba.service", "service-eea.service"]
    kills = told_of(tmp_path, [f"/{unit}" for unit in units], ALL)
    assert len({kill["oom"]["signature"] for kill in kills}) == len(units)
    assert not any("container" in kill for kill in kills)


def test_dead_letters_quote_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Nov 20 08:00:01 h kernel: [1.000001] secret-name invoked oom-killer: gfp_mask=what is this\n")
    assert "secret-name" in json.dumps(read(log, None))
    assert "secret-name" not in json.dumps(read(log, ALL))


def test_redaction_without_a_key_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"redaction.what needs redaction.key"):
        load(None, {"OOM_INGEST_REDACTION__WHAT": "names,text"})
