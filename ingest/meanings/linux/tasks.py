"""The process table. Its columns come from the heading of the same report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.meanings._types import About, Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Mapping[str, Meaning] = {
    "uid": Meaning("user id", "The user that the process runs as."),
    "tgid": Meaning("process id", "Id of the whole process; the number in brackets may be one of its threads."),
    "total_vm": Meaning("virtual size", "Addresses that are mapped, used or not. Never a measure of guilt.", "pages"),
    "rss": Meaning("resident memory", "What it holds in RAM. Add swapents, and sum the rows of one name.", "pages"),
    "rss_anon": Meaning("anonymous memory", "Of it, its own memory (heap, stacks).", "pages"),
    "rss_file": Meaning("file pages", "Of it, mapped file pages; mostly reclaimable.", "pages"),
    "rss_shmem": Meaning(
        "shared memory", "Of it, shared memory and tmpfs: counted in every process that maps it.", "pages"
    ),
    "cpu": Meaning("processor", "The CPU that it ran on last."),
    "nr_ptes": Meaning("page tables", "Pages of its page tables.", "pages"),
    "nr_pmds": Meaning("page tables, middle level", "Pages of the middle level of its page tables.", "pages"),
    "pgtables_bytes": Meaning("page tables", "Memory for its page tables. Bytes, unlike the other columns.", "bytes"),
    "swapents": Meaning("swapped out", "What it has in swap.", "pages"),
    "oom_adj": Meaning("oom_adj", "Its setting, -17 (never kill) to 15."),
    "oom_score_adj": Meaning("oom_score_adj", "Its setting, -1000 (never kill) to 1000 (kill first)."),
    "name": Meaning("process name", "At most 15 bytes, free text, last on the line. Many rows may share it."),
}
"""Columns after ``[pid]``, by their names in the heading."""

WORDINGS: Mapping[str, About] = {
    "linux.tasks_intro": About(
        text="The process table follows. Its sizes are pages (mostly 4 KiB), but for pgtables_bytes."
    ),
    "linux.tasks_heading": About(
        text="Columns of the process table. It lists only processes that this kill could have taken: those of the "
        "cgroup at its limit, of the allowed memory nodes, or of the machine.",
    ),
    "linux.tasks_row": About(
        text="One process at the moment of the kill. Large rss + swapents: it, or all of its name together, used the "
        "memory.",
        names={
            "task": Meaning("process id", "Its id; may be a thread of it, where the first thread has exited."),
            "rest": Meaning("columns", "The row's numbers and its name; what they are, the table's heading says."),
        },
    ),
}
