"""What the service needs of the world outside, as protocols.

Adapters implement them; the same tests run against the shipped memory adapters and against the real servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from ingest.model import Document, Episode, KnownKill, Packed, Raw, Scope, Signature


class Unavailable(Exception):
    """A server cannot be reached or cannot take work now. The same call may succeed later; nothing was lost.

    The text is one sentence that names the address.
    """


class Refused(Exception):
    """A server answered and will not do it until a person changes something (rights, a missing index template)."""


class Halted(Exception):
    """Going on would do harm: the service ends, and a person must look. The text is one sentence that says at what."""


class Partition(Struct, frozen=True):
    """A partition of a topic."""

    topic: str
    number: int


class Batch(Struct, frozen=True):
    """What one poll gave: records in partition order, one by one or packed, and the partitions read to their end.

    ``behind`` says of partitions that are ours how many of their records are not read yet, as far as that is known.
    ``reached`` is their next offset, which may lie beyond the last record: transactions leave marks that are none.
    """

    records: Mapping[Partition, Sequence[Raw | Packed]]
    at_end: frozenset[Partition]
    behind: Mapping[Partition, int] = {}
    reached: Mapping[Partition, int] = {}


class Assignment(Protocol):
    """Told of changes in who reads which partition, from inside ``Source.poll``."""

    def assigned(self, partitions: Collection[Partition]) -> None:
        """These partitions are ours from now on; what was ours before and stays is not named again."""

    def revoked(self, partitions: Collection[Partition]) -> None:
        """These partitions go to another worker; their offsets may still be committed now."""

    def lost(self, partitions: Collection[Partition]) -> None:
        """These partitions are no longer ours; nothing may be committed for them."""


class Source(Protocol):
    """Where records come from."""

    def subscribe(self, assignment: Assignment) -> None:
        """Join the group and name who is told of changes. Raises ``Unavailable`` or ``Refused``."""

    def poll(self, timeout: float) -> Batch:
        """The next records, after at most ``timeout`` seconds; an empty batch where there are none."""

    def keep_alive(self) -> None:
        """Stay in the group while nothing can be processed: no record is taken, no change of assignment is told."""

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Remember where a restart begins. Offsets are those of the next record to read.

        Those of partitions that are no longer ours are left out.
        """

    def close(self) -> None:
        """Leave the group."""


class Outgoing(Struct, frozen=True):
    """A record to be written. Without a partition the key decides, or chance."""

    topic: str
    key: bytes | None
    value: bytes | None
    at: datetime
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


class Writer(Protocol):
    """Where records go."""

    def write(self, records: Sequence[Outgoing]) -> None:
        """Store records in order; when it returns, all are acknowledged.

        Raises:
            Unavailable: Some may not be stored; write all again.
            Refused: The same, until a person changes something.
        """


class Refusal(Struct, frozen=True):
    """A document that can never be stored, and why."""

    document: Document
    status: int
    reason: str


class WriteReport(Struct, frozen=True):
    """What became of documents, each for itself: one bad document does not hide the good ones.

    Attributes:
        written: Stored now.
        stale: Already stored in this or a newer version.
        refused: Never to be stored.
        left: Not taken, or not sent yet: to be given to the sink again.
        trouble: Why some were not taken; ``None`` where what is left was only too much for one request.
    """

    written: int
    stale: int
    refused: tuple[Refusal, ...] = ()
    left: tuple[Document, ...] = ()
    trouble: Unavailable | Refused | None = None


class Sink(Protocol):
    """Where documents go."""

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """Store documents unless a newer or equal version is stored: as many as a few requests take.

        Raises:
            Unavailable: Some may not have been stored, and it is not known which; send all again.
            Refused: The same, until a person changes something.
        """


class Signatures(Protocol):
    """Where signatures of the whole fleet are kept."""

    def record(self, sightings: Sequence[Signature]) -> WriteReport:
        """Add what was seen to what is known. Raises ``Unavailable`` when some may not be stored; call again.

        ``stale`` ones say nothing new.
        """


class EpisodeHeads(Protocol):
    """Finds episodes that memory no longer holds."""

    def refresh(self) -> None:
        """Make everything written so far findable. Called once after an assignment, before the first look-up."""

    def expect(self, hosts: Collection[str], start: datetime, end: datetime) -> None:
        """Be ready for questions about these hosts and this time, until this is called again.

        Whoever is far away finds out at once which of them it knows nothing of, instead of being asked about each.
        """

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Sequence[Episode]:
        """The episodes of a host and scope that cover any of ``[start, end]``, which the caller has widened by the gap.

        The earliest first, at most four.
        """

    def kills(self, host: str, start: datetime, end: datetime) -> Sequence[KnownKill]:
        """The kills of a host that were written for ``[start, end]`` (at most 1,000)."""

    def holds(self, host: str, start: datetime, end: datetime, lines: Sequence[str]) -> bool:
        """Whether the reports of a host that were written for ``[start, end]`` have all of these lines."""

    def open(self, partition: Partition) -> Sequence[Episode]:
        """The episodes last written from a partition that are still open (at most 10,000)."""
