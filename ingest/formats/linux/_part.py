"""What the values of all Linux lines share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.formats._types import Fields

UNLIMITED_KB = 9_000_000_000_000_000
"""Any limit from here on stands for "no limit": PAGE_COUNTER_MAX prints 9007199254740988 kB and its neighbours."""


class LinuxPart(Struct, frozen=True, kw_only=True):
    """Linux prints one report at a time (oom_lock), so there is no key; most lines name no victim."""

    key: ClassVar[None] = None
    pid: int | None = None


class Context(LinuxPart, frozen=True, kw_only=True):
    """A line that is known to belong to a report and whose numbers nobody asks for."""


_P = TypeVar("_P", bound=LinuxPart)


def made(kind: type[_P]) -> Callable[[Fields], _P]:
    """Reads the grammar's named results as the fields of ``kind``; names that it does not have are dropped."""
    known = set(kind.__struct_fields__)
    return lambda found: kind(**{name: value for name, value in found.items() if name in known})


def context(_found: Fields) -> Context:
    """Nothing but that the line is known."""
    return Context()
