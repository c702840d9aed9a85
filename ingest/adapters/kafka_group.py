"""Membership of a consumer group: which partitions are ours, which may still be committed, and who is told of it.

Assignment is cooperative: a rebalance takes away only what moves, and the partitions that stay are read on meanwhile.
Kafka gives a partition to its next owner only in a second round, which begins with our next poll: until then its
offsets are ours to commit.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from ingest.ports import Partition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from kafka import TopicPartition

    from ingest.ports import Assignment

_LEAVE_WITHIN = 10.0
"""Seconds that the group waits for us at most while what was read of a partition is written and committed."""


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Notes changes of assignment, and tells of them when the loop is ready to hear.

    The library calls it in a thread of its own, while the loop's thread waits in a poll: nothing here is shared.

    Args:
        assignment: Who is told.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.assignor = CooperativeStickyAssignor()
        self._assignment = assignment
        self._owned: set[Any] = set()
        self._leaving: set[Any] = set()
        self._leave_by = 0.0
        self._changes: list[Callable[[], None]] = []

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """Partitions that came in; those that stayed are not named again."""
        self._owned |= set(assigned)
        self._note(self._assignment.assigned, assigned)

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """Partitions that go to another worker once we poll again."""
        self._owned -= set(revoked)
        self._leaving |= set(revoked)
        self._leave_by = monotonic() + _LEAVE_WITHIN
        self._note(self._assignment.revoked, revoked)

    def on_partitions_lost(self, lost: Collection[Any]) -> None:
        """Partitions that others may have by now. Without this the library would call ``on_partitions_revoked``."""
        self._owned -= set(lost)
        self._leaving -= set(lost)
        # Else the library would claim them when it joins again, though they have other owners.
        self.assignor.member_assignment = None
        self._note(self._assignment.lost, lost)

    def must_wait(self) -> bool:
        """Whether a poll would give partitions away whose documents are just being written."""
        return bool(self._leaving) and monotonic() < self._leave_by

    def polls(self) -> None:
        """The loop polls: from now on others may own what was revoked before."""
        self._leaving.clear()

    def may_commit(self, place: TopicPartition) -> bool:
        """Whether a partition's offsets are ours to commit."""
        return place in self._owned or place in self._leaving

    def tell(self) -> None:
        """Tell of all changes since the last time, in their order."""
        while self._changes:
            self._changes.pop(0)()

    def _note(self, tell: Callable[[Collection[Partition]], None], places: Collection[Any]) -> None:
        partitions = [Partition(place.topic, place.partition) for place in places]
        if partitions:
            self._changes.append(lambda: tell(partitions))
