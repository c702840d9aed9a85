"""What a kernel report says beside its victims: none, panic, OpenVZ's rounds, lost lines, failures that kill nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_BESIDE = (
    shape(
        r"has mm pinned by \d",
        "The victim's memory is held by another process that may not die (init): the kill may free nothing.",
    ),
    shape(r"tried to kill init!", "The killer chose init and let it live."),
    shape(r"tried to kill an mm-less task", "The killer chose a task without memory of its own and let it live."),
    shape(
        r"Unable to start OOM reaper",
        "The reaper could not be started at boot: memory comes back only as victims exit.",
    ),
    shape(
        r"VM: killing process",
        "Old kernels: a page fault found no memory and ended the program. Only its name is told.",
    ),
    shape(
        r"VM_FAULT_OOM leaked", "A page fault met the lack of memory and will be tried again. Nobody is killed by this."
    ),
    shape(r"OOMkill: task \d{1,10} \(", "Debug line: points of one candidate."),
    shape(r"OOM kill timeout", "Virtuozzo waited for the victim's memory in vain: another kill may follow."),
    shape(r"by virtinfo\.", "A module of the kernel forbade to kill this process."),
    shape(r"no mm for process", "The process that OpenVZ chose has no memory of its own any more."),
    shape(r"OOM in progress\.", "The machine was being put to sleep while the killer ran."),
    shape(
        r"Purging GPU memory",
        "The graphics driver gave memory back before a kill: freed first, then what is pinned. If it helped, nobody "
        "dies.",
    ),
    shape(r"GPU page lists\.", "What the graphics driver could still give back."),
)

_NEIGHBOURS = (
    shape(r"page allocation failure[.:] ?order:(?P<order>-?\d{1,9}), mode:(?P<mask>0x[0-9a-f]{1,16})"),
    shape(
        r"page allocation stalls for (?P<stalled>\d{1,12})ms, order:(?P<order>-?\d{1,9})",
        "A request for memory is stuck. A sign of pressure: nobody is killed by it.",
    ),
    shape(r"__alloc_pages: (?P<order>\d{1,9})-order allocation failed"),
    shape(
        r"vm(?:alloc|ap)\b",
        "The kernel found no room, or no memory, for a large area of its own. Nobody is killed by it.",
    ),
    shape(r"SL[AU]B: Unable", "A kernel cache could not grow. A sign of pressure: nobody is killed by it."),
    shape(
        r"cache: .{1,64}, object size: ",
        "The kernel cache that could not grow: sizes are bytes, orders powers of two of pages.",
    ),
    shape(r"node \d{1,4}: slabs: ", "What that kernel cache has on one memory node: slabs, objects, free objects."),
)

WORDINGS: Mapping[str, About] = {
    "linux.panic": About(
        text="The kernel stops the machine instead of killing a process.",
        shapes=(
            shape(
                r"System is deadlocked on memory",
                "The kernel stops the machine: memory ran out and there was nobody to kill.",
            ),
            shape(
                r"no killable processes", "The kernel stops the machine: memory ran out and there was nobody to kill."
            ),
            shape(r"panic_on_oom", "The kernel stops the machine: vm.panic_on_oom is set, so it does not kill."),
        ),
    ),
    "linux.no_victim": About(
        text="Memory ran out and no process could be killed: none was left, or all are protected (oom_score_adj -1000)."
    ),
    "linux.ub_round": About(
        text="OpenVZ's killer begins or ends a run for a container, or says which container it chose.",
        names={
            "generation": Meaning("generation", "Number of the killer's run in this container, or on the node."),
            "why": Meaning(
                "how it ended", "task died: memory came back. timeout: it did not in time. no victims: nobody was left."
            ),
            "overdraft": Meaning("overdraft", "How far the container is above what it was guaranteed.", "pages"),
        },
        shapes=(
            shape(
                r"OOM selected worst BC -?\d{1,12} \(overdraft (?P<overdraft>\d{1,20})\)",
                "The node is out of memory, and OpenVZ chose the container that is furthest above its guarantee.",
            ),
            shape(r"oom generation \d{1,20} starts", "OpenVZ's killer begins a run for a container, or for the node."),
        ),
    ),
    "linux.rage": About(
        text="OpenVZ killed many tasks at once, because kills one by one did not help. Only the count is told here.",
        names={
            "killed": Meaning("killed", "How many tasks were killed."),
            "level": Meaning("rage", "How far the killer has gone: each step doubles the victims."),
        },
    ),
    "linux.beside": About(
        text="A remark of the kernel about the killer's own work; it names no victim.", shapes=_BESIDE
    ),
    "linux.suppressed": About(
        text="Lines are missing here: the kernel held them back because there were too many.",
        names={"count": Meaning("lost", "How many lines, or calls that print several, were held back.")},
    ),
    "linux.neighbour": About(
        text="A request for memory failed. It prints the same memory dump as a kill, but nobody is killed by it.",
        names={"stalled": Meaning("waited", "How long the request has been waiting.", "milliseconds")},
        shapes=_NEIGHBOURS,
    ),
}
