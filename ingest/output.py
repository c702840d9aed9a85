"""What one step of the pipeline came to, on its way to documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.model import Block, Joined, Rejected, Signature


@dataclass(slots=True)
class Output:
    """What one step came to. Its documents are made by ``Pipeline.join``."""

    blocks: list[Block] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    finished: bool = False
    spread: set[str] = field(default_factory=set)
    """Hosts whose lines came from several partitions at once."""
    sightings: tuple[Signature, ...] = ()
    """What its reports say of their signatures, once it is joined."""
    joined: list[Joined] = field(default_factory=list)
    """The reports of those blocks that were looked up already: where a look-up fails, the next one goes on there."""

    def add(self, later: Output) -> None:
        """Take in what the next step came to, before either is joined."""
        self.blocks += later.blocks
        self.rejected += later.rejected
        self.spread |= later.spread
