"""What an analysis finds: codes that stay stable, with the sizes and shares that they rest on."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Code(StrEnum):
    """A finding. What each means and what to do about it stands in ``ingest.explanation.verdicts``."""

    # What ran out: one for each report.
    CGROUP_LIMIT = "cgroup_limit"
    CGROUP_SWAP_LIMIT = "cgroup_swap_limit"
    CONTAINER_LIMIT = "container_limit"
    MACHINE_MEMORY = "machine_memory"
    MEMORY_NODE = "memory_node"
    CPUSET_NODES = "cpuset_nodes"
    LOW_ZONE = "low_zone"
    FRAGMENTATION = "fragmentation"
    PRESSURE = "pressure"
    THRESHOLD = "threshold"
    SWAP_SPACE = "swap_space"
    REQUESTED = "requested"
    UNKNOWN = "unknown"
    # What filled it.
    SINGLE_PROCESS = "single_process"
    PROCESS_GROUP = "process_group"
    PAGE_CACHE = "page_cache"
    SHARED_MEMORY = "shared_memory"
    KERNEL_MEMORY = "kernel_memory"
    SLAB = "slab"
    PAGE_TABLES = "page_tables"
    HUGE_PAGES = "huge_pages"
    UNACCOUNTED = "unaccounted"
    SWAP_FULL = "swap_full"
    NO_SWAP = "no_swap"
    NO_SWAP_ALLOWED = "no_swap_allowed"
    PARENT_LIMIT = "parent_limit"
    # Why this victim.
    VICTIM_LARGEST = "victim_largest"
    VICTIM_NOT_LARGEST = "victim_not_largest"
    CHOSEN_PASSED_OVER = "chosen_passed_over"
    ALLOCATING_TASK = "allocating_task"
    PROTECTED_TASKS = "protected_tasks"
    PREFERRED_VICTIM = "preferred_victim"
    GROUP_KILL = "group_kill"
    NO_KILLABLE = "no_killable"
    PANIC = "panic"
    VICTIM_STUCK = "victim_stuck"
    # What the record cannot say.
    NO_PROCESS_TABLE = "no_process_table"
    TABLE_HEADING_MISSING = "table_heading_missing"
    TABLE_ROWS_MISSING = "table_rows_missing"
    HEAD_MISSING = "head_missing"
    TAIL_MISSING = "tail_missing"
    MIXED_UP = "mixed_up"
    LINES_SUPPRESSED = "lines_suppressed"
    # Of an episode.
    RESTART_LOOP = "restart_loop"
    STORM = "storm"


class Finding(Struct, frozen=True, kw_only=True):
    """One finding: how much (bytes), which share of what there was, who or what by name."""

    code: Code
    size: int | None = None
    share: float | None = None
    name: str | None = None


class Confidence(StrEnum):
    """How sure a culprit is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class CulpritKind(StrEnum):
    """What used the memory."""

    PROCESS = "process"
    GROUP = "group"
    CGROUP = "cgroup"
    FILES = "files"
    KERNEL = "kernel"


class Doubt(StrEnum):
    """Why a culprit is not surer."""

    NODE_WIDE_COUNTER = "node_wide_counter"
    OTHER_CONTAINERS = "other_containers"
    DEFERRED_FREES = "deferred_frees"
    FIRST_RETURN_UNKNOWN = "first_return_unknown"
    NO_PROCESS_TABLE = "no_process_table"
    VICTIM_IS_ALL_THAT_IS_NAMED = "victim_is_all_that_is_named"
    SMALL_SHARE = "small_share"
    SHARED_PAGES = "shared_pages"
    TABLE_CUT = "table_cut"
    MIXED_UP = "mixed_up"
    HOLDER_NOT_NAMED = "holder_not_named"


class Group(Struct, frozen=True, kw_only=True):
    """Processes of one name together. Sizes in bytes; of OpenVZ the pages that came back when they exited."""

    name: str
    count: int
    rss: int | None = None
    freed_pages: int | None = None
    share: float | None = None


class Culprit(Struct, frozen=True, kw_only=True):
    """Who or what used the memory, by which rule, and how sure that is. The trigger is never taken for it.

    ``rss`` is what it held in bytes, ``freed_pages`` what came back when it exited (OpenVZ), ``share`` the part of the
    memory that was there to be held. ``group`` is the largest group of one name, where that is another answer.
    """

    kind: CulpritKind
    name: str | None
    pid: int | None = None
    rss: int | None = None
    freed_pages: int | None = None
    share: float | None = None
    confidence: Confidence
    rule: str
    is_victim: bool = False
    group: Group | None = None
    doubts: tuple[Doubt, ...] = ()


class Analysis(Struct, frozen=True, kw_only=True):
    """Everything found in one report. The first finding says what ran out.

    ``points`` is what each table row that can be given a score counted, by pid, in bytes; ``allowed`` the memory and
    swap that there were, ``None`` where the score that the kernel printed says otherwise.
    """

    findings: tuple[Finding, ...]
    culprit: Culprit | None = None
    points: Mapping[int, int] = {}
    allowed: int | None = None

    def badness(self, pid: int) -> int | None:
        """The score of a row in permille of the memory allowed, as the kernel prints it."""
        points = self.points.get(pid)
        return points * 1000 // self.allowed if points is not None and self.allowed else None

    def found(self, code: Code) -> Finding | None:
        """The finding with a code."""
        return next((finding for finding in self.findings if finding.code is code), None)

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes of all findings, in order."""
        return tuple(finding.code for finding in self.findings)
