"""Android's lowmemorykiller in the kernel, until 4.11."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADJ = {
    "adj": Meaning(
        "adj", "How little the app is needed: oom_adj (up to 15), in newer kernels oom_score_adj (up to 1000)."
    )
}

WORDINGS: Mapping[str, About] = {
    "lowmemorykiller.send": About(
        text="The kernel of an Android device killed an app: free memory and page cache were both below a limit.",
        names={**_ADJ, "pages": Meaning("size", "What the app held in RAM.", "pages")},
    ),
    "lowmemorykiller.killing": About(
        text="The kernel of an Android device killed an app: free memory and page cache were both below a limit. Why "
        "follows.",
        names=_ADJ,
    ),
    "lowmemorykiller.detail": About(
        text="Why Android's kernel killed, or looked for somebody to kill.",
        names={
            "to_free": Meaning("to free", "What the app held in RAM.", "kB"),
            "cache": Meaning("page cache", "Page cache at that moment.", "kB"),
            "cache_limit": Meaning("limit", "Below it, apps of this setting or above are killed.", "kB"),
            "above": Meaning("above reserve", "Free memory above what the kernel keeps back; may be negative.", "kB"),
        },
        shapes=(
            shape(
                r"to free (?P<to_free>-?\d{1,25})kB on behalf of ",
                "How much the kill frees, and the trigger: the task that asked for memory.",
            ),
            shape(
                r"cache (?P<cache>-?\d{1,25})kB is below limit (?P<cache_limit>-?\d{1,25})kB",
                "The page cache was below the limit for apps of this setting.",
            ),
            shape(
                r"Free memory is (?P<above>-?\d{1,25})kB above reserved",
                "Free memory above what the kernel keeps back.",
            ),
            shape(
                r"lowmem_scan \d",
                "The kernel looks for an app to kill: free pages, page cache and the lowest setting taken.",
            ),
            shape(r"^.{0,32}select ", "A candidate: nobody is killed by this line."),
        ),
    ),
}
