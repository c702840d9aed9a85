"""Talos Linux' own killer (runtime.OOMController): it kills a cgroup before the kernel has to.

    [talos] Sending SIGKILL to cgroup {"component": "controller-runtime", "cgroup": "/sys/fs/cgroup/kubepods/pod1"}
    [talos] victim processes: {"component": "controller-runtime", "processes": [4711, 4712]}

The second line is of the severity ``info`` and may be filtered away. Its list is empty where the cgroup had no process
left: then nobody was killed.
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import CgroupKilled, DaemonProgress, Ended, reporter
from ingest.formats._elements import ignored, pattern, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Role


def _kill() -> pp.ParserElement:
    head = r"(?:\[talos\] )?Sending SIGKILL to cgroup \{.*?\"cgroup\": \"(?:/sys/fs/cgroup)?"
    return pp.Suppress(pp.Regex(head)) + pattern(r"/[^\"]*", "path") + ignored()


def _victims() -> pp.ParserElement:
    head = r"(?:\[talos\] )?victim processes: \{.*?\"processes\": \["
    return pp.Suppress(pp.Regex(head)) + pattern(r"[\d, ]*", "pids") + word("]") + ignored()


def _emptied(found: Fields) -> Ended:
    """Whether there was anybody to kill."""
    some = bool(found["pids"].strip())
    return Ended(gone=some, dry=not some)


def _read(found: Fields) -> CgroupKilled:
    return CgroupKilled(path=found["path"])


FORMAT = Format(
    name="talos",
    title="Talos Linux",
    versions="1.12 to 1.13",
    tags=frozenset({"talos", "kernel"}),
    progress=partial(DaemonProgress),
    report=reporter("talos", "talos", "memory pressure", headless=True, ran_out=Code.PRESSURE),
    head_ends_report=True,
    wordings=(
        Wording(
            id="talos.kill",
            role=Role.EVIDENCE,
            anchors=("Sending SIGKILL to cgroup ",),
            grammar=_kill,
            part=_read,
            source="reapCg (runtime/oom.go)",
            versions="1.12 to 1.13",
            example='[talos] Sending SIGKILL to cgroup {"component": "controller-runtime", "controller": '
            '"runtime.OOMController", "cgroup": "/sys/fs/cgroup/kubepods/burstable/pod1"}',
        ),
        Wording(
            id="talos.victims",
            role=Role.BODY,
            anchors=("victim processes: ",),
            grammar=_victims,
            part=_emptied,
            source="reapCg (runtime/oom.go)",
            versions="1.12 to 1.13",
            example='[talos] victim processes: {"component": "controller-runtime", "controller": '
            '"runtime.OOMController", "processes": [4711, 4712]}',
        ),
    ),
)
