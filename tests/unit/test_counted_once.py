"""One kill, told by several sources, is one kill."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.adapters.memory import MemoryHeads, MemorySink
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Origin, Raw
from ingest.offline import documents
from ingest.output import Output
from ingest.pipeline import Pipeline

AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
SIZES = "total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
KERNEL = f"2026-11-22T10:15:01Z h kernel: [100.000001] Out of memory: Killed process 77 (java) {SIZES}"
CONTAINER = "0f0ace7729716150acf57fcb9750f8199e8762c054912b944a3c436245cb9a43"
SUMMARY = (
    "2026-11-22T10:15:01Z h kernel: [100.000000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,"
    f"mems_allowed=0,oom_memcg=/kubepods/p,task_memcg=/kubepods/p/{CONTAINER},task=java,pid=77,uid=0"
)
KUBELET = "2026-11-22T10:15:02Z h kubelet[1400]: System OOM encountered, victim process: java, pid: 77"
DETECTOR = (
    "2026-11-22T10:15:03Z h node-problem-detector[77]: OOMKilling: Killed process 77 (java) total-vm:8kB, "
    "anon-rss:4kB, file-rss:0kB"
)
CONTAINERD = f'2026-11-22T10:15:02Z h containerd[990]: level=info msg="TaskOOM event container_id:\\"{CONTAINER}\\" "'
REAPER = "2026-11-22T10:16:02Z h kernel: [161.000000] oom_reaper: reaped process 77 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"  # noqa: E501
UNIT = "2026-11-22T10:15:01Z h systemd[1]: a.service: A process of this unit has been killed by the OOM killer."
ABOVE = UNIT.replace("a.service", "system.slice")
FAILED = "2026-11-22T10:15:04Z h systemd[1]: a.service: Failed with result 'oom-kill'."
OOMD = "2026-11-22T10:15:01Z h systemd-oomd[9]: Killed /system.slice/a.service due to memory used (9) / total (9) and swap used (9) / total (9) being more than 90.00%"  # noqa: E501
OOMD_UNIT = "2026-11-22T10:15:02Z h systemd[1]: a.service: systemd-oomd killed some process(es) in this unit."
LOCAL = KERNEL.replace("2026-11-22T10:15:01Z", "Nov 22 11:15:01")
WITHOUT_UPTIME = LOCAL.replace("[100.000001] ", "")
IN_JSON = json.dumps(
    {"host": "h", "@timestamp": "2026-11-22T10:15:01Z", "message": WITHOUT_UPTIME.split(" kernel: ")[1]}
)


def read(*lines: str) -> dict[str, list[dict[str, Any]]]:
    raws = [Raw(Origin("t", 0, at), line.encode(), AT) for at, line in enumerate(lines)]
    found: dict[str, list[dict[str, Any]]] = {"kill": [], "report": []}
    for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5)):
        found.setdefault(document.index.split("-")[1], []).append(dict(document.source))
    return found


@pytest.mark.parametrize(
    "lines",
    [
        (KERNEL, KUBELET),
        (KUBELET, KERNEL),
        (KERNEL, DETECTOR),
        (DETECTOR, KUBELET, KERNEL),
        (SUMMARY, KERNEL, CONTAINERD),
        (CONTAINERD, SUMMARY, KERNEL),
        (KERNEL, REAPER),
        (KERNEL, LOCAL),
        (IN_JSON, WITHOUT_UPTIME),
        (WITHOUT_UPTIME, IN_JSON),
        (KERNEL, KERNEL),
        (KERNEL, ABOVE, UNIT, FAILED),
        (ABOVE, UNIT, KERNEL),
        (SUMMARY, KERNEL, CONTAINERD, UNIT.replace("a.service", f"cri-containerd-{CONTAINER}.scope")),
        (KUBELET, UNIT, KERNEL),
    ],
    ids=lambda lines: " ".join(line.split()[2].partition("[")[0].rstrip(":") for line in lines),
)
def test_a_kill_counts_once_whoever_tells_of_it(lines: tuple[str, ...]) -> None:
    found = read(*lines)
    assert [kill["process"]["pid"] for kill in found["kill"]] == [77]
    assert len(found["report"]) == 1
    assert found["kill"][0]["event"]["provider"] == "kernel"


@pytest.mark.parametrize("line", [KUBELET, DETECTOR])
def test_a_reporters_word_counts_where_the_killers_line_did_not_come(line: str) -> None:
    (kill,) = read(line)["kill"]
    assert (kill["process"]["pid"], kill["process"]["name"]) == (77, "java")


def test_a_reaper_line_a_minute_later_finds_its_kill() -> None:
    (kill,) = read(KERNEL, REAPER)["kill"]
    assert kill["oom"]["reaper"]["outcome"] == "reaped"
    assert kill["oom"]["reaper"]["delay"]["us"] == 60_999_999


def test_a_stuck_victim_that_is_killed_again_is_another_kill() -> None:
    head = "2026-11-22T10:15:41Z h kernel: [140.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"  # noqa: E501
    again = KERNEL.replace("10:15:01Z", "10:15:41Z").replace("[100.000001]", "[140.000001]")
    found = read(KERNEL, head, again)
    assert len(found["kill"]) == 2
    assert len(found["report"]) == 2


def test_a_process_of_the_same_number_an_hour_later_is_another_kill_where_both_tell_their_zone() -> None:
    assert len(read(KERNEL, DETECTOR.replace("T10:15", "T11:15"))["kill"]) == 2


def test_the_same_kill_on_another_host_is_another_kill() -> None:
    assert len(read(KERNEL, KERNEL.replace(" h kernel", " g kernel"))["kill"]) == 2


# ---------------------------------------------------------------- systemd's word, which names no process


@pytest.mark.parametrize(
    "lines",
    [
        (UNIT,),
        (FAILED,),
        (ABOVE, UNIT, UNIT.replace("a.service", "user@1000.service"), FAILED),
        (ABOVE, UNIT, FAILED.replace("10:15:04", "10:16:40")),
        (
            UNIT.replace("systemd[1]: a.service", "systemd[1400]: app-x.scope"),
            UNIT.replace("a.service", "user@1.service"),
        ),
    ],
)
def test_systemds_word_is_one_kill_that_names_no_process(lines: tuple[str, ...]) -> None:
    found = read(*lines)
    (report,) = found["report"]
    assert found["kill"] == []
    assert (report["event"]["provider"], report["oom"]["report"]["outcome"]) == ("systemd", "killed")
    assert report["systemd"]["unit"] in ("a.service", "app-x.scope")


@pytest.mark.parametrize("lines", [(OOMD, OOMD_UNIT, FAILED), (FAILED, OOMD), (OOMD, UNIT)])
def test_what_systemd_says_of_a_kill_of_systemd_oomd_is_the_same_kill(lines: tuple[str, ...]) -> None:
    (report,) = read(*lines)["report"]
    assert report["event"]["provider"] == "systemd-oomd"


def test_systemds_word_of_a_container_is_the_one_of_containerd() -> None:
    (report,) = read(CONTAINERD, UNIT.replace("a.service", f"cri-containerd-{CONTAINER}.scope"))["report"]
    assert report["event"]["provider"] == "containerd"


def test_a_unit_that_is_killed_again_was_killed_twice() -> None:
    later = [line.replace("10:15", "10:16") for line in (ABOVE, UNIT, FAILED)]
    assert len(read(ABOVE, UNIT, FAILED, *later)["report"]) == 2
    at_once = [line.replace(":01Z", ":05Z") for line in (ABOVE, UNIT)]
    assert len(read(ABOVE, UNIT, FAILED, *at_once)["report"]) == 2


def test_each_kill_of_a_restart_loop_is_found_by_its_unit() -> None:
    hours = range(10, 16)
    words = (KERNEL, ABOVE, UNIT, FAILED)
    kills = [line.replace("T10:", f"T{at}:").replace("[100.", f"[{at * 3600}.") for at in hours for line in words]
    found = read(*kills)
    assert (len(found["kill"]), len(found["report"])) == (len(hours), len(hours))


@pytest.mark.parametrize(
    "text",
    [
        "a.service: Main process exited, code=killed, status=9/KILL",
        "a.service: Failed with result 'signal'.",
        "a.service: Failed with result 'exit-code'.",
        "a.service: Killing process 77 (java) with signal SIGKILL.",
        "a.service: systemd-oomd killed some process(es) in this unit.",
    ],
)
def test_other_words_of_systemd_are_no_oom_kill(text: str) -> None:
    assert read(f"2026-11-22T10:15:01Z h systemd[1]: {text}") == {"kill": [], "report": []}


def test_a_dry_run_of_a_daemon_takes_no_word_from_systemd() -> None:
    dry = "2026-11-22T10:15:01Z h systemd-oomd[9]: oomd dry-run: Would have tried to kill /a and all its descendants"
    assert len(read(dry, UNIT)["report"]) == 2


def test_systemds_word_is_known_to_a_worker_that_comes_after_the_kill_was_written() -> None:
    sink = MemorySink()
    for at, line in enumerate((KERNEL, UNIT)):
        pipeline, output = Pipeline(Envelope(), Bounds(), timedelta(minutes=5), MemoryHeads(sink)), Output()
        pipeline.read([Raw(Origin("t", 0, at), line.encode(), AT)], AT, output)
        sink.write(pipeline.join(output))
        sink.write(pipeline.join(pipeline.finish()))
    reports: list[dict[str, Any]] = [
        dict(each.source) for (index, _), each in sink.documents.items() if "-report-" in index
    ]
    assert [report["event"]["provider"] for report in reports] == ["kernel"]
