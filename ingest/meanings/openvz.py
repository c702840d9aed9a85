"""OpenVZ and Virtuozzo 3/4: what is proven (the exit line) and what is inferred (``kill_signal``, closed source)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, inferred, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECOND = "Unknown. Perhaps another kind of memory, such as kernel memory or swap."

_ROUND: Mapping[str, Meaning] = {
    "ve": Meaning("container", "Number of the container (VE, CT) whose processes are selected; its shape is proven."),
    "group": inferred(
        "application group", "Part of the container, likely a group of programs: 0 other, 1 daemons, 2 httpd, 3 mysql."
    ),
    "queued": inferred("queued", "Tasks that were signalled and are not gone yet."),
    "seq": inferred(
        "round", "Number of the selection round while the container is over its limit. A missing number: a lost line."
    ),
    "excess": inferred(
        "excess (exc)", "How far the container is over its limit. Pages are plausible; the unit is unproven."
    ),
    "excess_second": inferred("excess, second part", _SECOND),
}

WORDINGS: Mapping[str, About] = {
    "openvz.selecting": About(
        text="kill_signal, likely of Virtuozzo's closed SLM module: the container is over its limit and a round of "
        "selecting victims begins. It is about one container, not about the node.",
        names={
            **_ROUND,
            "goal": inferred("goal", "How much this round is to free, at least the excess; the unit is unproven."),
            "goal_second": inferred("goal, second part", _SECOND),
        },
        shapes=(
            shape(r"exc -?\d{1,25} (?P<excess_second>-?\d{1,25}) goal -?\d{1,25} (?P<goal_second>-?\d{1,25})\.\.\."),
        ),
    ),
    "openvz.task": About(
        text="kill_signal: one candidate is signalled. The line gives addresses in the kernel, no name and no pid: "
        "which process it is cannot be told from it.",
        names={
            "ve": _ROUND["ve"],
            "group": _ROUND["group"],
            "task": inferred(
                "task", "Address of the candidate's task in the kernel; the same address is the same task."
            ),
            "thg": inferred(
                "thread group (thg)", "Address of the candidate's thread group in the kernel: its whole process."
            ),
            "step": inferred(
                "step (sig)", "Step of escalation, 1 then 2. Not a POSIX signal number: likely SIGTERM, then SIGKILL."
            ),
        },
        shapes=(shape(r"task (?P<task>[0-9a-f]{1,16}), thg (?P<thg>[0-9a-f]{1,16}), sig "),),
    ),
    "openvz.selected": About(
        text="kill_signal: how a selection round came out. Who died is told by the exit lines that follow, if any.",
        names={
            **_ROUND,
            "selected": inferred("selected", "Tasks selected in this round."),
            "signalled": inferred("signalled", "Tasks signalled in this round."),
            "reduction": inferred(
                "reduction (red)",
                "What is expected to come back, not what did. The same in three rounds with three tasks, so no task's "
                "size. Unit unproven.",
            ),
            "reduction_second": inferred("reduction, second part", _SECOND),
        },
        shapes=(
            shape(r"exc -?\d{1,25} (?P<excess_second>-?\d{1,25}) red -?\d{1,25} (?P<reduction_second>-?\d{1,25})"),
        ),
    ),
    "openvz.exited": About(
        text="ub_oom_task_dead (kernel/ub/ub_oom.c): the address space of a killed process is gone. It is printed by "
        "the node, whoever decided the kill.",
        names={
            "name": Meaning(
                "process name",
                "Whoever dropped the address space last: nearly always the killed process, rarely one that looked at "
                "it.",
            ),
            "pid": Meaning("process id", "Its process id on the node; inside the container it has another one."),
            "ve": Meaning(
                "container (ve)", "Number of the container (VE) that the process was in; 0 is the node itself."
            ),
            "free": Meaning(
                "free",
                "Free pages of the whole node after the exit (nr_free_pages). Not bytes, and not of the container. One "
                "page is mostly 4 KiB.",
                "pages",
            ),
            "generation": Meaning(
                "gen",
                "Killed address spaces since the node's boot, this one counted, of any container (early 042stab: its "
                "own). A step above 1: lost lines. A fall: a reboot.",
            ),
        },
    ),
}
