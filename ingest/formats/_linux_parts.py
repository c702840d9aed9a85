"""What each line of a Linux report says, as values of the linux family."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from ingest.model import Constraint, Counter, ReaperOutcome, Sizes

if TYPE_CHECKING:
    from ingest.formats._types import Fields

_KIB = 1024
_UNLIMITED_KB = 9_000_000_000_000_000
"""Any limit from here on stands for "no limit": PAGE_COUNTER_MAX prints 9007199254740988 kB and its neighbours."""


class _Part(Struct, frozen=True, kw_only=True):
    """Linux prints one report at a time (oom_lock), so there is no key; most lines name no victim."""

    key: ClassVar[None] = None
    pid: int | None = None


class Header(_Part, frozen=True, kw_only=True):
    """Who asked, and for what."""

    trigger: str
    score_adj: int
    mask: str
    flags: tuple[str, ...]
    order: int

    @classmethod
    def read(cls, found: Fields) -> Header:
        """From the header's grammar."""
        flags = tuple(flag for flag in found["flags"].split("|") if flag)
        return cls(
            trigger=found["name"],
            score_adj=found["score_adj"],
            mask=found["mask"],
            flags=flags,
            order=found["order"],
        )


class Cpu(_Part, frozen=True, kw_only=True):
    """The trigger's thread id and the kernel."""

    thread: int
    release: str
    taint: tuple[str, ...]

    @classmethod
    def read(cls, found: Fields) -> Cpu:
        """From the CPU line's grammar."""
        taint = tuple(letter for letter in found.get("taint", "") if letter.isalpha())
        return cls(thread=found["pid"], release=found["release"], taint=taint)


class MemcgCounter(_Part, frozen=True, kw_only=True):
    """One counter of the cgroup at its limit: ``memory``, ``memory+swap``, ``swap`` or ``kmem``."""

    name: str
    counter: Counter

    @classmethod
    def read(cls, found: Fields) -> MemcgCounter:
        """From the counter line's grammar; kB to bytes."""
        unlimited = found["limit"] >= _UNLIMITED_KB
        counter = Counter(
            usage=found["usage"] * _KIB if found["usage"] < _UNLIMITED_KB else None,
            limit=None if unlimited else found["limit"] * _KIB,
            unlimited=unlimited,
            failcnt=found["failcnt"],
        )
        return cls(name=found["counter"], counter=counter)


class Summary(_Part, frozen=True, kw_only=True):
    """The ``oom-kill:`` line: constraint, both cgroups and the chosen process."""

    pid: int
    name: str
    uid: int
    constraint: Constraint
    nodemask: str | None
    cpuset: str
    mems_allowed: str | None
    limit_path: str | None
    task_path: str

    @classmethod
    def read(cls, found: Fields) -> Summary:
        """From the summary's grammar."""
        nodemask = found["nodemask"]
        return cls(
            pid=found["pid"],
            name=found["name"],
            uid=found["uid"],
            constraint=Constraint(found["constraint"].lower()),
            nodemask=None if nodemask == "(null)" else nodemask,
            cpuset=found["cpuset"],
            mems_allowed=found.get("mems"),
            limit_path=found.get("limit"),
            task_path=found["path"],
        )


class Kill(_Part, frozen=True, kw_only=True):
    """The kill line. ``message`` is ``None`` where the line had none."""

    pid: int
    name: str
    message: str | None
    sizes: Sizes
    uid: int | None
    score_adj: int | None

    @classmethod
    def read(cls, found: Fields) -> Kill:
        """From the kill line's grammar."""
        sizes = Sizes(
            total_vm=found["total_vm"],
            rss=found["anon_rss"] + found["file_rss"] + found["shmem_rss"],
            anon_rss=found["anon_rss"],
            file_rss=found["file_rss"],
            shmem_rss=found["shmem_rss"],
            page_tables=found.get("page_tables"),
        )
        return cls(
            pid=found["pid"],
            name=found["name"],
            message=found.get("message"),
            sizes=sizes,
            uid=found.get("uid"),
            score_adj=found.get("score_adj"),
        )


class Reaped(_Part, frozen=True, kw_only=True):
    """What the reaper said of a victim; sizes in bytes are what was left afterwards."""

    pid: int
    name: str
    outcome: ReaperOutcome
    anon_rss: int | None = None
    file_rss: int | None = None
    shmem_rss: int | None = None

    @classmethod
    def read(cls, found: Fields) -> Reaped:
        """From the grammar of a reaped process."""
        return cls(
            pid=found["pid"],
            name=found["name"],
            outcome=ReaperOutcome.REAPED,
            anon_rss=found["anon_rss"],
            file_rss=found["file_rss"],
            shmem_rss=found["shmem_rss"],
        )

    @classmethod
    def read_unable(cls, found: Fields) -> Reaped:
        """From the grammar of a process that could not be reaped."""
        return cls(pid=found["pid"], name=found["name"], outcome=ReaperOutcome.UNABLE)


class Group(_Part, frozen=True, kw_only=True):
    """All tasks of a cgroup die, each with a kill line of its own."""

    path: str

    @classmethod
    def read(cls, found: Fields) -> Group:
        """From the group line's grammar."""
        return cls(path=found["path"])


class Buddy(_Part, frozen=True, kw_only=True):
    """The page size in bytes, read off a free list line."""

    page_size: int

    @classmethod
    def read(cls, found: Fields) -> Buddy:
        """From the free list line's grammar."""
        return cls(page_size=found["page_size"])


class TasksIntro(_Part, frozen=True, kw_only=True):
    """The line before the table's heading."""

    @classmethod
    def read(cls, _found: Fields) -> TasksIntro:
        """It says nothing but that a table follows."""
        return cls()


class Heading(_Part, frozen=True, kw_only=True):
    """The table's columns after ``pid``, ``name`` being the last."""

    columns: tuple[str, ...]

    @classmethod
    def read(cls, found: Fields) -> Heading:
        """From the heading's grammar."""
        return cls(columns=tuple(found["columns"].split()))


class Row(_Part, frozen=True, kw_only=True):
    """A row of the table. ``rest`` is split when the heading is known."""

    task: int
    rest: str

    @classmethod
    def read(cls, found: Fields) -> Row:
        """From the row's grammar."""
        return cls(task=found["pid"], rest=found["rest"])
