"""The share of dead letters: a topic must not be drained into them while nobody looks."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.ports import Halted

_WINDOW = 1_000.0
"""What came before fades, so that about so many of the latest count."""

_FEWEST = 100
"""Dead letters below which no share stops the service."""


@dataclass(slots=True)
class _Recent:
    good: float = 0.0
    dead: float = 0.0

    def add(self, good: int, dead: int) -> None:
        keep = max(0.0, 1.0 - (good + dead) / _WINDOW)
        self.good = self.good * keep + good
        self.dead = self.dead * keep + dead


class DeadShare:
    """Of the latest lines that tell of OOM, and of the latest documents: how many were dead letters.

    Args:
        limit: The share above which the service stops; 1 never stops it.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._recent: dict[str, _Recent] = {}

    def note(self, what: str, good: int, dead: int) -> None:
        """Count some more of a kind.

        Raises:
            Halted: The share is above the limit. Nothing is committed past what was noted now.
        """
        recent = self._recent.setdefault(what, _Recent())
        recent.add(good, dead)
        share = recent.dead / (recent.good + recent.dead or 1.0)
        if recent.dead >= _FEWEST and share > self._limit:
            raise Halted(
                f"{share:.0%} of the latest {what} became dead letters, more than dead_letters.limit allows "
                f"({self._limit:.0%}): read why in the dead letters, then mend it or raise the limit; "
                "a restart reads the same lines again"
            )
