"""The whole pipeline over a file or a stream, without any server: what ``oom-ingest parse`` prints."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING

from ingest.model import ASSUMED_PAGE
from ingest.pipeline import Output, Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from ingest.assemble import Bounds
    from ingest.envelope import Envelope
    from ingest.model import Document, Episode, KnownKill, PageSize, Raw, Scope
    from ingest.ports import Partition

_LINES_AT_ONCE = 1_000
_HELD = 10_000
"""Documents held back because a later line may still add to them; beyond that the oldest is given out as it is."""


class NoHeads:
    """Knows no episode but those in memory."""

    def refresh(self) -> None:
        """Nothing to do."""

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Episode | None:  # noqa: ARG002
        """Always ``None``."""
        return None

    def kills(self, host: str, start: datetime, end: datetime) -> Sequence[KnownKill]:  # noqa: ARG002
        """Always empty."""
        return ()

    def holds(self, host: str, start: datetime, end: datetime, lines: Sequence[str]) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def open(self, partition: Partition) -> Sequence[Episode]:  # noqa: ARG002
        """Always empty."""
        return ()


def documents(
    raws: Iterable[Raw],
    envelope: Envelope,
    bounds: Bounds,
    gap: timedelta,
    prefix: str = "oom",
    page_size: PageSize = ASSUMED_PAGE,
) -> Iterator[Document]:
    """Each document once, in its last state, in the order in which they were begun.

    Args:
        raws: Records, each place in order.
        envelope: How records are read.
        bounds: Limits of open reports.
        gap: Reports further apart than this are of different episodes.
        prefix: First part of every index name.
        page_size: What reports go by that do not tell their page size.
    """
    pipeline = Pipeline(envelope, bounds, gap, NoHeads(), prefix, page_size)
    held: OrderedDict[tuple[str, str], Document] = OrderedDict()
    records = iter(raws)
    while chunk := list(islice(records, _LINES_AT_ONCE)):
        output = Output()
        pipeline.read(chunk, chunk[-1].recorded_at, output)
        yield from _hold(held, pipeline.join(output))
    yield from _hold(held, pipeline.join(pipeline.finish()))
    yield from held.values()


def _hold(held: OrderedDict[tuple[str, str], Document], documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        before = held.get((document.index, document.id))
        if before is None or before.version <= document.version:
            held[document.index, document.id] = document
        if len(held) > _HELD:
            yield held.popitem(last=False)[1]
