"""node-problem-detector (config/kernel-monitor.json) and kubernetes-oom-event-generator: they repeat the kernel's kill.

OOMKilling: Memory cgroup out of memory: Killed process 63214 (uwsgi) total-vm:3149468kB, anon-rss:164992kB, ...
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import CgroupKilled, DaemonProgress, Signalled, reporter
from ingest.formats._elements import comm, ignored, integer, kibibytes, pattern, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Role


def _killing() -> pp.ParserElement:
    return (
        pp.Suppress(pp.Regex(r".*?OOMKilling.*?(?=Killed process \d+ \()"))
        + word("Killed process")
        + integer("pid")
        + word("(")
        + comm(r"\),? (?:UID \d+, )?total-vm:")
        + pp.Suppress(pp.Regex(r"\),? (?:UID \d+, )?(?=total-vm:)"))
        + kibibytes("total-vm", "total_vm")
        + pp.Optional(word(",") + kibibytes("anon-rss", "anon_rss"))
        + pp.Optional(word(",") + kibibytes("file-rss", "file_rss"))
        + pp.Optional(word(",") + kibibytes("shmem-rss", "shmem_rss"))
        + ignored()
    )


def _previous() -> pp.ParserElement:
    return (
        pp.Suppress(pp.Regex(r".*?The previous instance of the container '"))
        + pattern(r"[^']{1,253}", "path")
        + pp.Suppress(pp.Regex(r"' \(.*\) was OOMKilled"))
        + ignored()
    )


def _read(found: Fields) -> Signalled:
    return Signalled.read(found | {"certain": True})


FORMAT = Format(
    name="node_problem_detector",
    title="node-problem-detector, kubernetes-oom-event-generator",
    versions="0.6 to 1.34",
    tags=frozenset({"node-problem-detector", "kubernetes-oom-event-generator"}),
    progress=partial(DaemonProgress, lone=True),
    report=reporter(
        "node-problem-detector",
        "node-problem-detector",
        "told by the node's monitor",
        headless=True,
        ran_out=None,
        scope=None,
    ),
    head_ends_report=True,
    repeats=True,
    wordings=(
        Wording(
            id="node_problem_detector.oom_killing",
            role=Role.VICTIM,
            anchors=("OOMKilling",),
            grammar=_killing,
            part=_read,
            source="config/kernel-monitor.json, rule OOMKilling",
            versions="0.6 to 1.34",
            example="Warning OOMKilling node/n1 Memory cgroup out of memory: Killed process 63214 (uwsgi) "
            "total-vm:3149468kB, anon-rss:164992kB, file-rss:52176kB, shmem-rss:92kB",
        ),
        Wording(
            id="node_problem_detector.previous_container",
            role=Role.EVIDENCE,
            anchors=("The previous instance of the container ",),
            grammar=_previous,
            part=lambda found: CgroupKilled(path=found["path"]),
            source="eventForContainer (kubernetes-oom-event-generator)",
            versions="1.0 to 1.3",
            example="PreviousContainerWasOOMKilled The previous instance of the container 'web' "
            "(docker://0f0ace) was OOMKilled",
        ),
    ),
)
