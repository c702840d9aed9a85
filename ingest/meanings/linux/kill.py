"""Who was selected, who died, and what came back of it: select, summary, kill and reaper lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEFT = "left after reaping: 0 is the normal answer."
_PERMILLE = Meaning(
    "badness",
    "Kernels since 2.6.36: share of the allowed memory in thousandths, setting counted in. Before: raw points.",
)

WORDINGS: Mapping[str, About] = {
    "linux.summary": About(
        text="The kernel's summary: what bounded the memory, whose limit was hit and which process was chosen (5.0 and "
        "later). The best line of a report.",
        names={
            "constraint": Meaning(
                "constraint",
                "What ran out. NONE: the machine. MEMCG: a cgroup's limit. CPUSET, MEMORY_POLICY: the allowed NUMA "
                "nodes.",
            ),
            "machine": Meaning("global_oom", "The whole machine was out of memory, no cgroup's limit."),
            "cpuset": Meaning("cpuset", "Name of the trigger's cpuset: under containers often the container's id."),
            "limit": Meaning("cgroup at its limit (oom_memcg)", "The cgroup whose limit was hit."),
            "path": Meaning(
                "victim's cgroup (task_memcg)", "The cgroup of the chosen process: at the limit or below it."
            ),
            "name": Meaning(
                "chosen process", "Name of the process that was chosen to die: at most 15 bytes, free text."
            ),
            "pid": Meaning(
                "chosen process's id",
                "The kill line may name another thread of it, where its leader is already exiting.",
            ),
        },
    ),
    "linux.selected": About(
        text="The process with the most points. Up to 5.0 a child of it may die in its place: the kill line that "
        "follows names who did.",
        names={
            "pid": Meaning("selected process's id", "Not always the victim: see the kill line after it."),
            "name": Meaning("selected process", "Its name, at most 15 bytes, free text."),
            "score": _PERMILLE,
        },
    ),
    "linux.kill": About(
        text="The kill: this process was sent SIGKILL. The sizes are what it held at that moment. total-vm is no "
        "measure of guilt."
    ),
    "linux.kill_bare": About(text="The kill, as kernels up to 2.6.32 print it: who, and no sizes."),
    "linux.kill_openvz": About(
        text="The kill, as OpenVZ kernels print it. The node's log and the container's have it both, with different "
        "process ids.",
        names={
            "whole_rss": Meaning("resident memory", "All that the victim held in RAM.", "bytes"),
            "score": _PERMILLE,
        },
    ),
    "linux.kill_rage": About(
        text="OpenVZ kills several tasks at once, the youngest first, after kills one by one did not help.",
        names={"score": _PERMILLE},
    ),
    "linux.also_killed": About(
        text="This process dies as well.",
        shapes=(
            shape(
                r"sharing same memory",
                "This process dies as well: it shares the victim's memory, which would not come back otherwise.",
            ),
            shape(r"Rage kill process", "Virtuozzo 9 kills this process as well, after kills one by one did not help."),
        ),
    ),
    "linux.not_killed": About(
        text="Nobody was killed by this line.",
        names={
            "pid": Meaning("spared process's id", "The process that was chosen and not killed."),
            "name": Meaning("spared process", "Its name, at most 15 bytes, free text."),
        },
        shapes=(
            shape(
                r"is already exiting\. Skip", "The chosen process was exiting already, so it was left to end by itself."
            ),
            shape(
                r"Would have killed process",
                "No kill: the administrator switched it off, the kernel only says whom it would take.",
            ),
        ),
    ),
    "linux.reaped": About(
        text="The reaper took the victim's memory back before the process itself was gone. The sizes are what was "
        "left, not what was freed.",
        names={
            "anon_rss": Meaning("anonymous memory left", f"Anonymous memory {_LEFT}", "bytes"),
            "file_rss": Meaning("file pages left", f"Mapped file pages {_LEFT}", "bytes"),
            "shmem_rss": Meaning("shared memory left", "Shared memory left: the reaper does not take it.", "bytes"),
        },
    ),
    "linux.unable_to_reap": About(
        text="The reaper could not get at the victim's memory, which waits in the kernel: nothing may have come back "
        "yet, and another kill may follow."
    ),
}
