"""earlyoom: kills in user space, before the kernel has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_BADNESS = Meaning(
    "badness", "The kernel's oom_score of the process at that moment; may exceed 1000. The highest is chosen."
)
_OF = "Of {}, in percent."

WORDINGS: Mapping[str, About] = {
    "earlyoom.low": About(
        text="earlyoom begins: memory and swap are both at or below its limits. The percentages are the limits, not "
        "what is left.",
        names={
            "mem_limit": Meaning("memory limit", "Available memory at or below this.", "percent"),
            "swap_limit": Meaning("swap limit", "Free swap at or below this.", "percent"),
            "available": Meaning("available", "Memory that programs could still get.", "MiB"),
            "minimum": Meaning("limit", "Below this earlyoom kills.", "MiB"),
            "mem_minimum": Meaning("memory limit", "Available memory at or below this.", "MiB"),
            "swap_minimum": Meaning("swap limit", "Free swap at or below this.", "MiB"),
        },
        shapes=(
            shape(rf"mem:? {{0,4}}(?P<mem_limit>{_NUMBER}) ?%, swap:? {{0,4}}(?P<swap_limit>{_NUMBER}) ?%"),
            shape(r"avail: {1,8}(?P<available>\d{1,12}) MiB < min: {1,8}(?P<minimum>\d{1,12}) MiB"),
            shape(r"mem min: {1,8}(?P<mem_minimum>\d{1,12}) MiB, swap min: {1,8}(?P<swap_minimum>\d{1,12}) MiB"),
        ),
    ),
    "earlyoom.sending": About(
        text="earlyoom sends a signal to the process with the highest score. SIGTERM first, SIGKILL if memory is lower "
        "still.",
        names={
            "score": _BADNESS,
            "command_line": Meaning("command line", "How the process was started; whoever started it chose the words."),
        },
    ),
    "earlyoom.killing": About(text="earlyoom up to 1.2 kills this process.", names={"score": _BADNESS}),
    "earlyoom.exited": About(text="The process is gone: the signal worked."),
    "earlyoom.not_exited": About(text="The process is still there: the signal has not worked so far."),
    "earlyoom.escalating": About(text="The process did not end when asked, so it is sent SIGKILL."),
    "earlyoom.failed": About(
        text="The signal could not be sent, or the process did not end in time.",
        names={"error": Meaning("error", "Why, as the system says.")},
        shapes=(shape(r"kill failed: (?P<error>\S.{0,199})"),),
    ),
    "earlyoom.dry_run": About(text="No signal was sent: earlyoom runs for trial."),
    "earlyoom.status": About(
        text="earlyoom's own report of memory, or of its settings.",
        names={
            "available": Meaning("available", "Memory that programs could still get.", "MiB"),
            "of": Meaning("of", "All memory that programs could have.", "MiB"),
            "share": Meaning("available share", _OF.format("that"), "percent"),
            "swap_free": Meaning("free swap", "Swap that is not in use.", "MiB"),
            "swap_of": Meaning("swap", "All swap. 0: there is none.", "MiB"),
            "swap_share": Meaning("free swap share", _OF.format("all swap"), "percent"),
        },
        shapes=(
            shape(
                rf"mem avail: {{1,8}}(?P<available>\d{{1,12}}) of {{1,8}}(?P<of>\d{{1,12}}) MiB \( "
                rf"{{0,4}}(?P<share>{_NUMBER}) ?%\), "
                rf"swap free: {{1,8}}(?P<swap_free>\d{{1,12}}) of {{1,8}}(?P<swap_of>\d{{1,12}}) MiB "
                rf"\( {{0,4}}(?P<swap_share>{_NUMBER}) ?%\)",
                "Memory and swap as earlyoom sees them.",
            ),
            shape(r"mem total: ", "All memory and swap, as earlyoom found them at its start."),
            shape(
                r"sending SIG\w{1,8} when mem avail", "earlyoom's limits: it acts when memory and swap are both below."
            ),
            shape(r"process_mrelease", "earlyoom asked the kernel to take the victim's memory back at once."),
            shape(r"killing whole process group", "earlyoom signals the victim's whole process group."),
            shape(
                r"triggered kernel OOM killer", "earlyoom asked the kernel to kill: the kernel's own report follows."
            ),
        ),
    ),
}
