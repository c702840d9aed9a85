r"""containerd and dockerd say that a container had an OOM kill; the kernel's own lines say which process.

    level=info msg="TaskOOM event container_id:\"0f0a...\" "
    level=info msg="TaskOOM event &TaskOOM{ContainerID:0f0a...,XXX_unrecognized:[],}"

The event stands there as its own library prints it: google.golang.org/protobuf as in the first line, gogo/protobuf,
which containerd used up to 1.6, as in the second. On cgroup v2 it means that the counter ``oom_kill`` rose: a child may
have died and the container lives on. The counter also counts kills for want of the machine's memory, so that no line
tells whether a limit was reached.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._daemon import CgroupKilled, DaemonProgress, reporter
from ingest.formats._elements import ignored, pattern
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Role, Scope, ScopeKind

if TYPE_CHECKING:
    from ingest.model import Block, PageSize, Report

_ID = r"[0-9a-f]{12,64}\b"


def _task() -> pp.ParserElement:
    return (
        pp.Suppress(pp.Regex(r'.*TaskOOM event (?:&TaskOOM\{ContainerID:|container_id:\s*\\*"?)'))
        + pattern(_ID, "path")
        + ignored()
    )


def _docker() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r".*\bcontainer oom ")) + pattern(_ID, "path") + ignored()


def _read(found: Fields) -> CgroupKilled:
    return CgroupKilled(path=found["path"])


_report = reporter("containerd", "containerd", "a container had an OOM kill", headless=True, ran_out=Code.UNKNOWN)


def _of_container(block: Block, page_size: PageSize) -> Report:
    """The container stands where other killers name a cgroup; who died in it no line says."""
    found = _report(block, page_size)
    container = found.cgroup.killed_path if found.cgroup else None
    docker = "container oom " in block.entries[0].line.text
    return replace(
        found,
        provider="dockerd" if docker else "containerd",
        scope=Scope(ScopeKind.CONTAINER, container),
        cgroup=None,
    )


FORMAT = Format(
    name="containerd",
    title="containerd and dockerd",
    versions="containerd 1.2 to 2.1, Docker 1.11 to 28",
    tags=frozenset({"containerd", "microk8s.daemon-containerd", "dockerd"}),
    progress=partial(DaemonProgress, lone=True),
    report=_of_container,
    head_ends_report=True,
    repeats=True,
    wordings=(
        Wording(
            id="containerd.task_oom",
            role=Role.EVIDENCE,
            anchors=("TaskOOM event ",),
            grammar=_task,
            part=_read,
            source="handleEvent (internal/cri/server/events.go)",
            versions="1.2 to 2.1",
            example='time="2026-11-22T10:15:01Z" level=info msg="TaskOOM event container_id:\\"0f0ace772971\\" "',
        ),
        Wording(
            id="containerd.docker_oom",
            role=Role.EVIDENCE,
            anchors=("container oom ",),
            grammar=_docker,
            part=_read,
            source="LogContainerEvent (daemon/events.go)",
            versions="Docker 1.11 to 28",
            example="2026-11-22T10:15:01.000000000Z container oom 0f0ace772971 (image=web, name=web1)",
        ),
    ),
)
