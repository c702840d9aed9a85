"""The whole pipeline over a file or a stream, without any server: what ``oom-ingest parse`` prints."""

from __future__ import annotations

from collections import OrderedDict
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from ingest import document
from ingest.lookup import NO_LOOKUP, Lookup
from ingest.model import ASSUMED_PAGE, Document, Joined, Raw
from ingest.output import Output
from ingest.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from ingest.assemble import Bounds
    from ingest.envelope import Envelope
    from ingest.model import Analysis, Episode, Identified, KnownKill, Packed, PageSize, Scope
    from ingest.ports import Partition
    from ingest.redaction import Redaction

_LINES_AT_ONCE = 1_000
_HELD = 10_000
"""Documents held back because a later line may still add to them; beyond that the oldest is given out as it is."""
_TOLD = 4_000
"""Reports that are held to be told, some 25 kB each; of more, those that came last."""


class Told(NamedTuple):
    """Episodes with their reports, in the order in which they began, and how many reports before them are left out."""

    episodes: list[tuple[Episode, list[Joined]]]
    left_out: int


class NoHeads:
    """Knows no episode but those in memory."""

    def refresh(self) -> None:
        """Nothing to do."""

    def expect(self, hosts: Collection[str], start: datetime, end: datetime) -> None:
        """Nothing to do."""

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Sequence[Episode]:  # noqa: ARG002
        """Always empty."""
        return ()

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
    records: Iterable[Raw | Packed],
    envelope: Envelope,
    bounds: Bounds,
    gap: timedelta,
    prefix: str = "oom",
    page_size: PageSize = ASSUMED_PAGE,
    lookup: Lookup = NO_LOOKUP,
    redaction: Redaction | None = None,
) -> Iterator[Document]:
    """Each document once, in its last state, in the order in which they were begun.

    Args:
        records: Records, each place in order, one by one or packed.
        envelope: How records are read.
        bounds: Limits of open reports.
        gap: Reports further apart than this are of different episodes.
        prefix: First part of every index name.
        page_size: What reports go by that do not tell their page size.
        lookup: What is known of hosts, pods and users.
        redaction: What is told as tokens only.
    """
    pipeline = Pipeline(envelope, bounds, gap, NoHeads(), prefix, page_size, lookup, redaction, logs=True)
    held: OrderedDict[tuple[str, str], Document | Episode] = OrderedDict()

    def made(each: Document | Episode) -> Document:
        return each if isinstance(each, Document) else next(document.all_of((), (each,), prefix, lookup))

    for output in _outputs(pipeline, records):
        joined, changed = pipeline.grouped(output)
        dead = (document.of_rejected(rejected, prefix) for rejected in output.rejected)
        new: Iterable[Document | Episode] = chain(document.all_of(joined, (), prefix, lookup), changed, dead)
        yield from map(made, _hold(held, new))
    yield from map(made, held.values())


def episodes(
    records: Iterable[Raw | Packed],
    envelope: Envelope,
    bounds: Bounds,
    gap: timedelta,
    page_size: PageSize = ASSUMED_PAGE,
    most: int = _TOLD,
) -> Told:
    """Each episode with its reports, in their last state.

    Args:
        records: Records, each place in order, one by one or packed.
        envelope: How records are read.
        bounds: Limits of open reports.
        gap: Reports further apart than this are of different episodes.
        page_size: What reports go by that do not tell their page size.
        most: Reports that are held; of more, those that came last.
    """
    pipeline = Pipeline(envelope, bounds, gap, NoHeads(), page_size=page_size, logs=True)
    reports: dict[str, tuple[Identified, Analysis]] = {}
    found: dict[str, Episode] = {}
    left_out = 0
    for output in _outputs(pipeline, records):
        joined, changed = pipeline.grouped(output)
        reports |= {each.identified.id: (each.identified, each.analysis) for each in joined}
        found |= {episode.id: episode for episode in changed}
        if len(reports) > most:
            left_out += len(reports) - most
            reports = dict(islice(reports.items(), len(reports) - most, None))
            found = {id_: episode for id_, episode in found.items() if _is_told(episode, reports)}
    # Lines without a time all have the file's, and uptime begins anew with each boot: then their place tells.
    ordered = sorted(found.values(), key=lambda episode: (episode.start, episode.origin.offset, episode.id))
    return Told([told for episode in ordered if (told := (episode, _reports_of(episode, reports)))[1]], left_out)


def _is_told(episode: Episode, reports: Container[str]) -> bool:
    """Whether any report of an episode is held; if so, its last is most likely."""
    return any(member.report_id in reports for member in reversed(episode.members))


def _reports_of(episode: Episode, reports: Mapping[str, tuple[Identified, Analysis]]) -> list[Joined]:
    held = (reports.get(member.report_id) for member in episode.members)
    return [Joined(identified, episode, analysis) for identified, analysis in filter(None, held)]


def _outputs(pipeline: Pipeline, records: Iterable[Raw | Packed]) -> Iterator[Output]:
    """What each chunk of the records comes to, and the end of them."""
    for chunk in _chunks(records):
        output = Output()
        pipeline.read(chunk, max(each.recorded_at for each in chunk), output)
        yield output
    yield pipeline.finish()


def _chunks(records: Iterable[Raw | Packed]) -> Iterator[Sequence[Raw | Packed]]:
    """What is read before its documents are made: a block, or some records."""
    chunk: list[Raw | Packed] = []
    for record in records:
        chunk.append(record)
        if len(chunk) >= _LINES_AT_ONCE or not isinstance(record, Raw):
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _hold(
    held: OrderedDict[tuple[str, str], Document | Episode], new: Iterable[Document | Episode]
) -> Iterator[Document | Episode]:
    """Hold what a later line may still add to. An episode grows: its document is made when it is given out."""
    for each in new:
        key = (each.index if isinstance(each, Document) else "", each.id)
        before = held.get(key)
        if before is None or before.version <= each.version:
            held[key] = each
        if len(held) > _HELD:
            yield held.popitem(last=False)[1]
