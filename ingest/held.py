"""Offsets that a commit must not pass."""

from __future__ import annotations

from collections import Counter
from heapq import heapify, heappop, heappush

_STALE = 64
"""Offsets that were let go of and may still lie on the heap."""


class HeldOffsets:
    """A bag of offsets of one place, whose least is known at any time."""

    def __init__(self) -> None:
        self._held: Counter[int] = Counter()
        self._heap: list[int] = []

    def add(self, offset: int) -> None:
        """Hold an offset, once more if it is held already."""
        if offset not in self._held:
            heappush(self._heap, offset)
        self._held[offset] += 1
        if len(self._heap) > _STALE + 2 * len(self._held):
            self._heap = list(self._held)
            heapify(self._heap)

    def remove(self, offset: int) -> None:
        """Let go of an offset that was held."""
        self._held[offset] -= 1
        if not self._held[offset]:
            del self._held[offset]

    def least(self) -> int | None:
        """The least offset that is held; ``None`` where none is."""
        while self._heap and self._heap[0] not in self._held:
            heappop(self._heap)
        return self._heap[0] if self._heap else None
