"""Talos Linux' own killer (runtime.OOMController): it kills a cgroup before the kernel has to.

[talos] Sending SIGKILL to cgroup {"component": "controller-runtime", "cgroup": "/sys/fs/cgroup/kubepods/pod1"}
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import CgroupKilled, DaemonProgress, reporter
from ingest.formats._elements import ignored, pattern
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Role


def _kill() -> pp.ParserElement:
    head = r"(?:\[talos\] )?Sending SIGKILL to cgroup \{.*?\"cgroup\": \"(?:/sys/fs/cgroup)?"
    return pp.Suppress(pp.Regex(head)) + pattern(r"/[^\"]*", "path") + ignored()


def _read(found: Fields) -> CgroupKilled:
    return CgroupKilled(path=found["path"])


FORMAT = Format(
    name="talos",
    title="Talos Linux",
    versions="1.12",
    tags=frozenset({"talos", "kernel"}),
    progress=partial(DaemonProgress, lone=True),
    report=reporter("talos", "talos", "memory pressure", headless=True, ran_out=Code.PRESSURE),
    head_ends_report=True,
    wordings=(
        Wording(
            id="talos.kill",
            role=Role.EVIDENCE,
            anchors=("Sending SIGKILL to cgroup ",),
            grammar=_kill,
            part=_read,
            source="runtime.OOMController",
            versions="1.12",
            example='[talos] Sending SIGKILL to cgroup {"component": "controller-runtime", "controller": '
            '"runtime.OOMController", "cgroup": "/sys/fs/cgroup/kubepods/burstable/pod1"}',
        ),
    ),
)
