"""nohang: kills in user space, before the kernel has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDINGS: Mapping[str, About] = {
    "nohang.action": About(text="nohang begins: memory and swap are below its limits, or memory pressure is above."),
    "nohang.victim": About(
        text="nohang's victim: the process with the most points.",
        names={"score": Meaning("badness", "The kernel's oom_score, changed by nohang's own rules.")},
    ),
    "nohang.sending": About(text="nohang signals the victim."),
    "nohang.died": About(text="The victim is gone."),
    "nohang.spared": About(text="nohang did nothing: memory was no longer short, or the victim is too small."),
    "nohang.held": About(text="What the victim held, in MiB."),
    "nohang.status": About(
        text="nohang's report of what it did.",
        names={
            "response": Meaning("response", "From the decision to the signal.", "milliseconds"),
            "available": Meaning("available", "Memory that programs could still get after the kill.", "MiB"),
            "swap_free": Meaning("free swap", "Swap that was not in use after the kill.", "MiB"),
        },
        shapes=(
            shape(r"total response time: (?P<response>\d{1,9}) ?ms", "How long nohang took."),
            shape(
                r"MemAvailable: (?P<available>\d{1,12}(?:\.\d{1,9})?) MiB, "
                r"SwapFree: (?P<swap_free>\d{1,12}(?:\.\d{1,9})?) MiB",
                "Memory and swap after the kill.",
            ),
            shape(r" the command: ", "nohang runs a command instead of sending a signal."),
            shape(r"The victim doesn't respond", "The victim had not ended yet; nohang looks again."),
            shape(r"Memory status after", "Memory after the kill follows."),
            shape(r"Tasks state \(memory values in mebibytes\)", "nohang's own table of processes: MiB, not pages."),
            shape(r"kmsg: ", "A line of the kernel that nohang repeats: the kernel's kill, not one of nohang's."),
        ),
    ),
}
