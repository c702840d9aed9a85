"""Offsets that a commit must not pass."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

_STALE = 64
"""Offsets that were let go of and may still lie on the heap."""


class HeldOffsets:
    """A bag of offsets of one place, whose least is known at any time."""

    def __init__(self) -> None:
        self._held: dict[int, int] = {}
        self._heap: list[int] = []

    def add(self, offset: int) -> None:
        """Hold an offset, once more if it is held already."""
        held = self._held.get(offset, 0)
        if not held:
            heappush(self._heap, offset)
        self._held[offset] = held + 1
        if len(self._heap) > _STALE + 2 * len(self._held):
            self._heap = list(self._held)
            heapify(self._heap)

    def remove(self, offset: int) -> None:
        """Let go of an offset that was held."""
        held = self._held[offset] - 1
        if held:
            self._held[offset] = held
        else:
            del self._held[offset]

    def least(self) -> int | None:
        """The least offset that is held; ``None`` where none is."""
        while self._heap and self._heap[0] not in self._held:
            heappop(self._heap)
        return self._heap[0] if self._heap else None
