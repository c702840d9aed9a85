"""systemd-oomd, which kills whole cgroups, and what systemd says of its units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAUSE: Mapping[str, Meaning] = {
    "limit": Meaning("pressure limit", "Above this share, for longer than the time after it, it kills.", "percent"),
    "span": Meaning("for", "How long the pressure had been above its limit."),
    "memory_used": Meaning("memory used", "Memory in use on the machine.", "bytes"),
    "memory_total": Meaning("memory", "All memory of the machine.", "bytes"),
    "swap_used": Meaning("swap used", "Swap in use on the machine.", "bytes"),
    "swap_total": Meaning("swap", "All swap of the machine.", "bytes"),
}
_CAUSES = (
    shape(r"% for > (?P<span>[0-9a-z ]{1,32}) with reclaim activity\s{0,8}$"),
    shape(r"memory used \((?P<memory_used>\d{1,25})\) / total \((?P<memory_total>\d{1,25})\)"),
    shape(r"swap used \((?P<swap_used>\d{1,25})\) / total \((?P<swap_total>\d{1,25})\)"),
)
_PLANNED = "It is marked, not yet killed."

WORDINGS: Mapping[str, About] = {
    "systemd_oomd.killed": About(
        text="systemd-oomd killed every process of the first cgroup. The second is the ancestor whose pressure was too "
        "high.",
        names=_CAUSE,
        shapes=_CAUSES,
    ),
    "systemd_oomd.marked": About(text=f"systemd-oomd chose a cgroup to kill. {_PLANNED}", names=_CAUSE, shapes=_CAUSES),
    "systemd_oomd.rule": About(
        text=f"A rule of systemd-oomd applies to a cgroup. {_PLANNED}",
        names={
            "rule": Meaning("rule", "Name of the rule, by its configuration."),
            "span": Meaning("for", "How long its conditions had been met."),
            "action": Meaning("action", "What the rule does."),
        },
        shapes=(shape(r" (?:for|\(lasting) (?P<span>[^,()]{1,64})\)?, taking action \S{1,64}\s{0,8}$"),),
    ),
    "systemd_oomd.dry_run": About(text="systemd-oomd runs for trial: nothing was killed."),
    "systemd_oomd.candidates": About(
        text="systemd-oomd's candidates or one of their numbers, as it compared them.",
        names={
            "candidates": Meaning("candidates", "How many cgroups were compared."),
            "usage": Meaning("usage", "Memory of this candidate."),
        },
        shapes=(
            shape(
                r"Considered (?P<candidates>\d{1,9}) cgroups for killing",
                "systemd-oomd lists the cgroups that it could kill.",
            ),
            shape(r"^\s{0,64}Path: ", "A candidate: its cgroup."),
            shape(r"Memory Pressure Limit: ", "Of this candidate: the pressure above which it may be killed."),
            shape(
                r"Pressure: Avg10: ", "Of this candidate: its memory pressure over 10, 60 and 300 seconds, in percent."
            ),
            shape(r"Current Memory Usage: (?P<usage>\S{1,32})", "Of this candidate: its memory."),
            shape(r"Memory (?:Min|Low): ", "Of this candidate: memory that is protected from reclaim."),
            shape(r"Last Pgscan: ", "Of this candidate: pages scanned for reclaim until the look before."),
            shape(
                r"Pgscan: ",
                "Of this candidate: pages scanned for reclaim. The one that grew most is the first to be killed.",
            ),
            shape(r"Swap Usage: ", "Of this candidate: what it has in swap."),
            shape(r"Memory pressure for ", "The pressure of this cgroup is above its limit."),
            shape(r"oomd attempting to kill ", "systemd-oomd signals one process of the cgroup."),
        ),
    ),
    "systemd_oomd.unit_killed": About(
        text="systemd-oomd killed processes of this unit: what was marked is dead.",
        names={"unit": Meaning("unit", "The unit of which processes were killed.")},
    ),
    "systemd_oomd.unit": About(
        text="systemd's own word on a unit.",
        names={
            "restarts": Meaning(
                "restarts", "How often the unit was restarted by itself. Rising: it is killed again and again."
            )
        },
        shapes=(
            shape(
                r"process exited, code=", "The unit's process ended by SIGKILL: an OOM kill, or anybody else's kill -9."
            ),
            shape(r"Failed with result ", "The unit failed because a signal ended its process."),
            shape(r"Consumed ", "What the unit used in its life; memory peak is the most that it ever held."),
            shape(r"restart counter is at (?P<restarts>\d{1,9})", "systemd starts the unit again."),
        ),
    ),
}
