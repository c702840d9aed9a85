"""oomd, the first one, of Facebook: kills whole cgroups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDINGS: Mapping[str, About] = {
    "oomd.kill": About(
        text="oomd killed a cgroup, by a rule that fired. The numbers before the path are its memory pressure.",
        names={
            "avg60": Meaning("pressure of 60 s", "The same over the last minute.", "percent"),
            "avg300": Meaning("pressure of 300 s", "The same over the last five minutes.", "percent"),
            "usage": Meaning("usage", "Memory of the cgroup when it was killed.", "bytes"),
            "dry": Meaning("dry run", "Nothing was killed: the rule only says what it would do."),
            "ruleset": Meaning("rule set", "Which of oomd's rules it was, by its configuration."),
            "detectors": Meaning("detectors", "What made the rule fire, by its configuration."),
            "plugin": Meaning("action", "How the victim was chosen: by growth, by swap, by pressure."),
        },
        shapes=(
            shape(
                r"ruleset:\[(?P<ruleset>[^\]]{0,128})\] detectorgroup:\[(?P<detectors>[^\]]{0,128})\] "
                r"killer:(?:\(dry\))?(?P<plugin>[^\s(]\S{0,127})(?: v2)?\s{0,8}$"
            ),
        ),
    ),
    "oomd.restarted": About(text="oomd restarted a service instead of killing it."),
}
