"""The opening of a kernel report: who asked for memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRIGGER = Meaning(
    "trigger", "Name of the task that asked for memory when there was none. Chance: neither the victim nor the culprit."
)
_TRIGGER_ADJ = Meaning("oom_score_adj", "Setting of the task that asked, -1000 to 1000; it says nothing of the victim.")
_GENERATION = Meaning("generation", "Number of the killer's run in this container, or on the node.")

WORDINGS: Mapping[str, About] = {
    "linux.header": About(
        text="The kernel's OOM killer begins a report. The name is the trigger: the task whose request for memory "
        "could not be met.",
        names={"name": _TRIGGER, "score_adj": _TRIGGER_ADJ},
    ),
    "linux.header_page_fault": About(
        text="An early OpenVZ kernel begins a report: a task touched a page and there was no memory for it.",
        names={"name": _TRIGGER},
    ),
    "linux.header_ub": About(
        text="An OpenVZ kernel begins a report: a task asked for memory and its container, or the node, had none left.",
        names={
            "name": _TRIGGER,
            "asker": Meaning("trigger's process id", "Process id, on the node, of the task that asked for memory."),
            "where": Meaning("where", "loc: the container is over its limit. glob: the whole node is out of memory."),
            "generation": _GENERATION,
        },
    ),
    "linux.manual": About(text="Somebody asked for a kill by hand, with SysRq and f. No memory need have run out."),
    "linux.manual_ignored": About(
        text="Somebody asked for a kill by SysRq, and nothing was killed: no task was eligible, or the killer is "
        "disabled."
    ),
    "linux.cpuset": About(
        text="The trigger's name again, its cpuset and the memory nodes that it may use (kernels 2.6.29 to 4.20)."
    ),
    "linux.cpu": About(
        text="Where the request came from: processor, the trigger's thread, taint letters and the kernel's release.",
        names={
            "cpu": Meaning("processor", "Number of the CPU on which the trigger ran."),
            "uid": Meaning("trigger's user", "Effective user id of the trigger."),
            "thread": Meaning("trigger's thread id", "Thread id of the trigger, not of the victim."),
            "name": _TRIGGER,
            "veid": Meaning("container", "Number of the OpenVZ container that the trigger ran in."),
            "taint": Meaning(
                "taint", "Letters for what the kernel's makers do not vouch for: P proprietary, O foreign module."
            ),
            "release": Meaning("kernel", "Release of the running kernel: it says how to read everything else."),
        },
        shapes=(shape(r"CPU: (?P<cpu>\d{1,6}) "),),
    ),
    "linux.hardware": About(
        text="The machine as its firmware names it.",
        names={"text": Meaning("machine", "Maker, model and firmware.")},
    ),
    "linux.stack": About(
        text="Call stack, registers or words of the stack of the task that asked: how the kernel came to want memory. "
        "It tells the kind of request, not who used the memory.",
        names={
            "charge": Meaning(
                "failed charge", "Memory was charged to a cgroup at its limit: that was hit, not the machine's memory."
            )
        },
        shapes=(
            shape(
                r"Call [Tt]race:",
                "The trigger's call stack follows, the latest call first: how the kernel came to want memory.",
            ),
            shape(r"Tainted: \[", "What the taint letters stand for."),
            shape(r"Workqueue: ", "The trigger is a kernel worker; this is the work that it was doing."),
            shape(r"task: [0-9a-f]", "Addresses in the kernel of the task that asked."),
            shape(
                r"COMPACTION is disabled!!!",
                "This kernel cannot move pages together, so a request for several pages in a row fails early.",
            ),
            shape(
                r"(?:R[A-Z0-9]{1,2}|EFLAGS|ORIG_RAX|Code): ",
                "Registers or code of the program when it entered the kernel.",
            ),
        ),
    ),
}
