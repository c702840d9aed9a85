"""What must hold for any stream: batches, hosts mixed, replays, loss, garbage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.adapters.memory import MemorySink
from ingest.assemble import Bounds
from ingest.demo.kernel_lines import Kill, Process, report
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.ports import Batch, Partition

CORPUS = Path(__file__).parent.parent / "corpus"
EL135 = (CORPUS / "openvz" / "el135.log").read_bytes().splitlines()
POD = (CORPUS / "linux" / "pod_memcg.log").read_bytes().splitlines()
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
PARTITION = Partition("syslog", 0)

WHOLE_PATH = (
    "/kubepods/poda41b2cd5-5451-4bbc-b740-c908d58d652e/0f0ace7729716150acf57fcb9750f8199e8762c054912b944a3c436245cb9a43"
)

names = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=15)


def pipeline() -> Pipeline:
    return Pipeline(Envelope(), Bounds(), timedelta(minutes=5), NoHeads())


def raws(lines: list[bytes], first: int = 0) -> list[Raw]:
    return [Raw(Origin("syslog", 0, first + at), line, AT) for at, line in enumerate(lines)]


def stored(lines: list[bytes], cuts: list[int] | None = None, sink: MemorySink | None = None) -> dict[Any, Any]:
    """What the sink holds once the lines were read in batches cut at ``cuts``."""
    sink = sink or MemorySink()
    pipe = pipeline()
    edges = [0, *sorted({cut % (len(lines) + 1) for cut in cuts or []}), len(lines)]
    records = raws(lines)
    for begin, end in pairwise(edges):
        output = pipe.step(Batch({PARTITION: records[begin:end]}, frozenset()), AT)
        sink.write(pipe.join(output))
    sink.write(pipe.join(pipe.finish()))
    return without_provenance(sink)


def without_provenance(sink: MemorySink) -> dict[Any, Any]:
    return {
        at: {key: value for key, value in document.source.items() if key != "kafka"}
        for at, document in sink.documents.items()
    }


def reports(documents: dict[Any, Any]) -> dict[Any, Any]:
    """Reports, kills and tasks, without the link to their episode."""
    found = {}
    for at, document in documents.items():
        if "-episode-" not in at[0]:
            found[at] = {**document, "oom": {**document["oom"], "episode": None}}
    return found


@given(st.lists(st.integers(0, 1000), max_size=8))
def test_batches_cut_anywhere_change_nothing(cuts: list[int]) -> None:
    lines = [*EL135, *POD]
    assert stored(lines, cuts) == stored(lines)


BROKEN = [
    b"Nov 22 10:15:01 node-7 kernel: oom_reaper: reaped process x",
    b"Nov 22 10:15:01 node-9 kernel: Out of memory: Killed process of no number",
    b'{"message": "Out of memory: Killed process 5 (x) total-vm:1kB"',
    b"and the rest of a line that a mail wrapped",
    b"Nov 22 10:15:01 node-7 kernel: eth0: link up",
]


@given(st.lists(st.sampled_from([*BROKEN, *POD]), max_size=30), st.lists(st.integers(0, 1000), max_size=8))
def test_a_dead_letter_is_of_its_own_record_however_batches_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    sink = MemorySink()
    stored(lines, cuts, sink)
    dead = [document.source for document in sink.documents.values() if "-deadletter-" in document.index]
    told: dict[int, str] = {source["kafka"]["offset"]: source["event"]["original"] for source in dead}  # type: ignore[index]
    assert {at: lines[at].decode() for at in told} == told
    assert set(told) == {at for at, line in enumerate(lines) if line in BROKEN[:3]}


@given(st.lists(st.booleans(), min_size=len(EL135) + len(POD), max_size=len(EL135) + len(POD)))
def test_hosts_mixed_in_any_way_change_nothing(turns: list[bool]) -> None:
    one, other = list(EL135), list(POD)
    mixed = [(one if (turn and one) or not other else other).pop(0) for turn in turns]
    assert stored(mixed) == stored([*EL135, *POD])


@given(st.integers(1, len(EL135) + len(POD)))
def test_a_crash_and_a_restart_at_the_committed_offset_give_every_report_and_kill_once(crash: int) -> None:
    lines = [line for pair in zip_longest(EL135, POD) for line in pair if line]
    sink = MemorySink()
    first = pipeline()
    sink.write(first.join(first.step(Batch({PARTITION: raws(lines)[:crash]}, frozenset()), AT)))
    restart = first.committable()[PARTITION]
    second = pipeline()
    sink.write(second.join(second.step(Batch({PARTITION: raws(lines)[restart:]}, frozenset()), AT)))
    sink.write(second.join(second.finish()))
    # Without Elasticsearch a restart cannot find the episodes of the run before; tests/integration has that half.
    assert reports(without_provenance(sink)) == reports(stored(lines))


@given(st.integers(1, len(POD)), st.integers(1, 60))
def test_the_end_of_a_report_that_comes_once_more_later_changes_nothing(count: int, minutes: int) -> None:
    """A shipper that was restarted sends its last lines again; those that tell the cgroup may not be among them."""
    once, twice = MemorySink(), MemorySink()
    for sink, again in ((once, []), (twice, POD[-count:])):
        pipe = pipeline()
        later = AT + timedelta(minutes=minutes)
        sink.write(pipe.join(pipe.step(Batch({PARTITION: raws(POD)}, frozenset()), AT)))
        behind = [Raw(Origin("syslog", 0, len(POD) + at), line, later) for at, line in enumerate([b"", *again])]
        sink.write(pipe.join(pipe.step(Batch({PARTITION: behind}, frozenset()), later)))
        sink.write(pipe.join(pipe.finish()))
    assert without_provenance(twice) == without_provenance(once)


@given(st.sets(st.integers(0, len(POD) - 1), max_size=len(POD)))
def test_lost_lines_cost_only_what_they_said(lost: set[int]) -> None:
    found = stored([line for at, line in enumerate(POD) if at not in lost])
    kills = [document for at, document in found.items() if "-kill-" in at[0]]
    victim_lines = {6, 7, 8} - lost
    assert len(kills) == bool(victim_lines)
    for kill in kills:
        assert (kill["process"]["pid"], kill["process"]["name"]) == (238343, "go-oom-test")
        assert kill["oom"].get("constraint") in (None, "memcg")
        assert kill["oom"].get("cgroup", {}).get("task", {}).get("path", WHOLE_PATH) == WHOLE_PATH
    for at, document in found.items():
        if "-report-" in at[0] and document["oom"]["report"]["completeness"] == "complete":
            assert not {0, 7} & lost


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_raise(lines: list[bytes]) -> None:
    stored(lines)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*EL135, *POD]), max_size=12), st.data())
def test_no_damage_to_a_line_raises(lines: list[bytes], data: st.DataObject) -> None:
    damaged = []
    for line in lines:
        at = data.draw(st.integers(0, len(line)))
        damaged.append(line[:at] + data.draw(st.binary(max_size=6)) + line[data.draw(st.integers(at, len(line))) :])
    stored(damaged)


@settings(max_examples=200)
@given(names, names, names, st.integers(1, 4_194_304), st.integers(0, 10_000_000), st.booleans())
def test_a_report_written_by_the_kernels_formats_is_read_back(
    trigger: str, victim: str, other: str, pid: int, anon: int, memcg: bool
) -> None:
    dead = Process(pid=pid, name=victim, uid=1000, total_vm=anon + 900, anon=anon, score_adj=-998)
    beside = Process(pid=pid + 1, name=other, total_vm=10, anon=5)
    path = "/system.slice/a b,c=d.service"
    kill = Kill(
        trigger=trigger,
        victim=dead,
        others=(beside,),
        task_path=path,
        limit_path=path if memcg else None,
        limit_kb=65_536,
    )
    lines = [f"2026-11-22T10:15:01Z h kernel: {line}".encode() for line in report(kill, 100.0)]
    found = list(stored(lines).items())
    (killed,) = [document for at, document in found if "-kill-" in at[0]]
    assert killed["process"] == {"pid": pid, "name": victim, "user": {"id": "1000"}}
    assert killed["oom"]["trigger"]["name"] == trigger
    assert killed["oom"]["victim"]["memory"]["anon_rss"]["bytes"] == anon * 4096
    assert killed["oom"]["victim"]["score_adj"] == -998
    assert killed["oom"]["cgroup"]["task"]["path"] == path
    assert killed["oom"]["constraint"] == ("memcg" if memcg else "none")
    tasks = {d["process"]["name"] for at, d in found if "-task-" in at[0]}
    assert tasks == {victim, other}


def test_the_memory_of_an_empty_step_is_empty() -> None:
    pipe = pipeline()
    assert pipe.join(Output()) == ()
    assert pipe.committable() == {}
