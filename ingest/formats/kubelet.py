"""kubelet's word of a kill on the node (pkg/kubelet/oom/oom_watcher_linux.go). It only repeats what the kernel did.

    System OOM encountered, victim process: nri-kubernetes, pid: 3438502

It comes inside events, klog lines and other tools' messages, so it is looked for anywhere in the line.
"""

from __future__ import annotations

from functools import partial

import pyparsing as pp

from ingest.formats._daemon import DaemonProgress, Signalled, noted, reporter
from ingest.formats._elements import ignored, integer, pattern, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Role

_ANCHOR = "System OOM encountered, victim process: "


def _system() -> pp.ParserElement:
    return (
        pp.Suppress(pp.Regex(rf".*?(?={_ANCHOR})"))
        + word(_ANCHOR)
        + pattern(r".{1,60}(?=, pid: \d)", "name").leave_whitespace()
        + word(", pid:")
        + integer("pid")
        + ignored()
    )


def _got() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r".*Got sys oom event.*"))


def _read(found: Fields) -> Signalled:
    return Signalled.read(found | {"certain": True})


FORMAT = Format(
    name="kubelet",
    title="kubelet",
    versions="Kubernetes 1.15 to 1.34",
    tags=frozenset({"kubelet", "k3s", "microk8s.daemon-kubelet", "microk8s.daemon-kubelite"}),
    progress=partial(DaemonProgress),
    report=reporter("kubelet", "kubelet", "global out of memory", headless=True, ran_out=None),
    head_ends_report=True,
    repeats=True,
    wordings=(
        Wording(
            id="kubelet.system_oom",
            role=Role.VICTIM,
            anchors=(_ANCHOR,),
            grammar=_system,
            part=_read,
            source="realWatcher.Start (oom_watcher_linux.go)",
            versions="Kubernetes 1.15 to 1.34",
            example="System OOM encountered, victim process: nri-kubernetes, pid: 3438502",
        ),
        Wording(
            id="kubelet.got",
            role=Role.BODY,
            anchors=("Got sys oom event",),
            grammar=_got,
            part=noted,
            source="realWatcher.Start (oom_watcher_linux.go)",
            versions="Kubernetes 1.15 to 1.34",
            example='I1122 10:15:01.000000 1234 oom_watcher_linux.go:76] "Got sys oom event"',
        ),
    ),
)
