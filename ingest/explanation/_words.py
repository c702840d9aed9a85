"""Numbers and lists as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.explanation.sentence import size
from ingest.model import Confidence

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 4096
"""Of pages whose size no line tells: x86's."""

SURE = {
    Confidence.HIGH: "Used by",
    Confidence.MEDIUM: "Most probably used by",
    Confidence.LOW: "Perhaps used by",
}

PANICKED = "The kernel panicked: all that ran on the host ended."
STUCK = "did not go"


def pages(count: int) -> str:
    """Pages, and what they come to at 4 KiB each."""
    return f"{count:,} pages ({size(count * PAGE)})"


def percent(share: float) -> str:
    """A ratio in percent, without decimals."""
    return f"{share * 100:.0f} %"


def part_of_it(share: float | None, limit: int | None = None) -> str:
    """Which part of a limit (bytes), or of the memory that there was."""
    if share is None:
        return ""
    whole = "what there was" if limit is None else f"the {size(limit)} limit"
    return f", all of {whole}" if share >= _ALL else f", {percent(share)} of {whole}"


_ALL = 0.995


def listed(words: Sequence[str], most: int = 5) -> str:
    """``a, b and c``; of many only the first."""
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def counted(count: int, noun: str) -> str:
    """``1 kill``, ``2 kills``."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}{'es' if noun.endswith('s') else 's'}"
