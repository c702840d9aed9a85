"""The stages in one row: records in, documents out. It knows the stream's time, and the clock it is told.

step(batch, now)   records -> settled reports, rejected records     pure, changes only its own state
join(output)       reports -> documents                             may ask EpisodeHeads; safe to call again
committable()      where a restart must begin once those documents are written
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ingest import document, formats
from ingest.analysis import analyse
from ingest.counts import Count
from ingest.episode import Episodes
from ingest.episode.identity import identify
from ingest.episode.kills import WITHIN, RecentKills
from ingest.episode.signature import sightings
from ingest.lookup import NO_LOOKUP, Lookup
from ingest.model import ASSUMED_PAGE, Completeness
from ingest.output import Output
from ingest.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from ingest.assemble import Bounds
    from ingest.counts import Counts
    from ingest.envelope import Envelope
    from ingest.model import Block, Document, Episode, Identified, Joined, Packed, PageSize, Raw, Report
    from ingest.ports import Batch, EpisodeHeads, Partition, Refusal
    from ingest.redaction import Redaction

_AT_ONCE = 100
"""Reports whose look-ups are announced together: a storm's are not all made before the first is joined."""
_HEADLESS = (Completeness.HEAD_MISSING, Completeness.KILL_LINE_ONLY)


class Pipeline:
    """The state between two batches: open reports, recent episodes, and the next offset of each partition.

    Args:
        envelope: How records are read.
        bounds: Limits of open reports.
        gap: Reports further apart than this are of different episodes.
        heads: Finds episodes that memory does not hold.
        prefix: First part of every index name.
        page_size: What reports go by that do not tell their page size.
        lookup: What is known of hosts, pods and users.
        redaction: What is stored as tokens only; dead letters then quote nothing.
        logs: Whether each place is a log that is read once, so that it may begin in the middle of a report.
    """

    def __init__(
        self,
        envelope: Envelope,
        bounds: Bounds,
        gap: timedelta,
        heads: EpisodeHeads,
        prefix: str = "oom",
        page_size: PageSize = ASSUMED_PAGE,
        lookup: Lookup = NO_LOOKUP,
        redaction: Redaction | None = None,
        *,
        logs: bool = False,
    ) -> None:
        self.counts: Counts = Counter()
        self._reading = Reading(envelope, bounds, self.counts, quotes=redaction is None, logs=logs)
        self._episodes = Episodes(gap)
        self._gap = gap
        self._heads = heads
        self._prefix = prefix
        self._page_size = page_size
        self._lookup = lookup
        self._redaction = redaction
        self._kills = RecentKills()
        self._next: dict[Partition, int] = {}
        self._taken_over: set[Partition] = set()
        self._refreshed = False

    @property
    def unread(self) -> Mapping[str, int]:
        """Lines not wholly read, by the wording that read their beginning; `""` counts those that none read."""
        return self._reading.unread

    # ------------------------------------------------------------ one step

    def step(self, batch: Batch, now: datetime) -> Output:
        """Take the records of one poll, and let time pass where there were none."""
        output = Output()
        for partition, records in batch.records.items():
            self.read(records, now, output)
            if records:
                self._next[partition] = records[-1].next_offset
        self._next |= batch.reached
        for partition in self._next:
            place = (partition.topic, partition.number)
            self._reading.passes(place, now, output, at_end=partition in batch.at_end)
        return output

    def read(self, records: Iterable[Raw | Packed], now: datetime, output: Output) -> None:
        """Take records of one or more places, each place in order, one by one or packed."""
        self._reading.read(records, now, output)

    def finish(self) -> Output:
        """The input is over: everything that is open is closed."""
        output = Output(finished=True)
        self._reading.finish(output)
        return output

    def join(self, output: Output) -> tuple[Document, ...]:
        """The documents of a step.

        Raises:
            Unavailable: The episode a report belongs to could not be looked up; call again.
        """
        joined, episodes = self.grouped(output)
        output.sightings = sightings(joined)
        self.counts[Count.DEAD_LETTERS] += len(output.rejected)
        documents = tuple(document.all_of(joined, episodes, self._prefix, self._lookup))
        dead = tuple(document.of_rejected(rejected, self._prefix) for rejected in output.rejected)
        return documents + dead

    def grouped(self, output: Output) -> tuple[list[Joined], list[Episode]]:
        """The reports of a step in their episodes, and the episodes as they stand now. Raises ``Unavailable``."""
        self._look_up_open()
        families = formats.formats()
        output.blocks.sort(key=lambda block: families[block.format].repeats)  # killers before those who repeat them
        while some := output.blocks[:_AT_ONCE]:
            told = [identify(families[block.format].report(block, self._page_size)) for block in some]
            self._expect([each.report for each in told])
            for each in told:
                self._join(output.blocks[0], each, output)
                del output.blocks[0]
        touched = {each.episode.id: each.episode for each in output.joined}
        clocks = {place: clock.time for place, clock in self._reading.clocks.items()}
        touched |= {episode.id: episode for episode in self._episodes.close_silent(clocks)}
        if output.finished:
            touched |= {episode.id: episode for episode in self._episodes.finish()}
        return output.joined, list(touched.values())

    def refused(self, refusals: Sequence[Refusal]) -> tuple[Document, ...]:
        """The dead letters of documents that Elasticsearch will never take."""
        return tuple(document.of_refused(r.document, r.status, r.reason, self._prefix) for r in refusals)

    def committable(self) -> Mapping[Partition, int]:
        """The next offset of each partition, held back to the first line of its oldest open report."""
        held = {}
        for partition, following in self._next.items():
            offset = self._reading.held((partition.topic, partition.number))
            held[partition] = following if offset is None else min(following, offset)
        return held

    def uncommitted(self) -> Mapping[Partition, int]:
        """How many records of each partition are read and held back from the commit."""
        return {partition: self._next[partition] - held for partition, held in self.committable().items()}

    @property
    def open_reports(self) -> int:
        """How many reports are open."""
        return self._reading.open_reports

    # ------------------------------------------------------------ partitions come and go

    def assigned(self, partitions: Collection[Partition]) -> None:
        """These partitions are ours: what Elasticsearch knows of their episodes is newer than this memory."""
        self._taken_over |= set(partitions)
        self._refreshed = False

    def revoked(self, partitions: Collection[Partition]) -> None:
        """Drop what is open on them; the next worker reads it from its first line on.

        The partitions that stay keep everything.
        """
        for partition in partitions:
            self._reading.drop((partition.topic, partition.number))
            self._next.pop(partition, None)
            self._taken_over.discard(partition)
        self._episodes.forget({(partition.topic, partition.number) for partition in partitions})
        self._refreshed = False

    def lost(self, partitions: Collection[Partition]) -> None:
        """The same; that nothing is committed for them is the loop's affair."""
        self.revoked(partitions)

    def _expect(self, reports: Sequence[Report]) -> None:
        """Announce the look-ups that reports may need."""
        hosts = {report.host.name for report in reports}
        reach = max(self._gap, WITHIN)
        start, end = min(report.when.at for report in reports), max(report.ended.at for report in reports)
        self._heads.expect(hosts, start - reach, max(start, end) + reach)

    def _join(self, block: Block, told: Identified, output: Output) -> None:
        """Put the report of a block into its episode, unless another source or more of it told of it already.

        Nothing is remembered of it before every look-up was answered, so that it can be tried again.
        """
        family = formats.formats()[block.format]
        # What sources of one host tell is compared as they tell it, what earlier runs wrote as it is stored.
        identified = identify(told.report, self._redaction) if self._redaction else told
        echo = family.repeats or told.report.echo
        early = self._is_early(told.report)
        if early or (echo and not self._kills.told(told, echo=True)):
            self._recall(told.report)
        tellings = (told,) if identified is told else (told, identified)
        if any(self._kills.told(each, echo=echo) for each in tellings) or (early and self._is_rest(identified.report)):
            self.counts[Count.REPEATS] += 1
            return
        output.joined.append(self._episodes.join(identified, analyse(identified.report), self._heads))
        self._kills.add(told, echo=echo)
        self.counts[Count.REPORTS] += 1
        self.counts[Count.KILLS] += len(identified.report.victims)

    def _is_early(self, report: Report) -> bool:
        """Whether a report may have been read before, by an earlier run, from its beginning on."""
        return report.origin.offset <= self._reading.clock(report.origin.place).early_until

    def _recall(self, report: Report) -> None:
        """Remember the kills that earlier runs wrote about the time of a report."""
        for known in self._heads.kills(report.host.name, report.when.at - WITHIN, report.ended.at + WITHIN):
            self._kills.recall(report.host.name, known)

    def _is_rest(self, report: Report) -> bool:
        """Whether a report is the rest of one that an earlier run read from its head on and wrote."""
        headless = report.completeness in _HEADLESS
        return headless and self._heads.holds(report.host.name, report.when.at, report.ended.at, report.lines)

    def _look_up_open(self) -> None:
        """Once for each assignment: make earlier writes findable, and take over the episodes left open."""
        if not self._refreshed:
            self._heads.refresh()
            self._refreshed = True
        for partition in sorted(self._taken_over, key=lambda p: (p.topic, p.number)):
            self._episodes.take_over(self._heads.open(partition))
            self._taken_over.discard(partition)
