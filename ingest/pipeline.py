"""The stages in one row: records in, documents out. It knows the stream's time, and the clock it is told.

step(batch, now)   records -> settled reports, rejected records     pure, changes only its own state
join(output)       reports -> documents                             may ask EpisodeHeads; safe to call again
committable()      where a restart must begin once those documents are written
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest import document, formats
from ingest.analysis import analyse
from ingest.assemble import Assembler, Bounds
from ingest.clock import Clock
from ingest.counts import UNREADABLE, Count
from ingest.envelope import Envelope, Read, Shape, Unreadable, marks
from ingest.episode import Episodes
from ingest.gate import gate
from ingest.host_places import HostPlaces
from ingest.identity import identify
from ingest.interest import Interest
from ingest.kills import WITHIN, RecentKills
from ingest.lookup import NO_LOOKUP, Lookup
from ingest.model import ASSUMED_PAGE, ROUTED_HEADER, Completeness, Raw, Rejected
from ingest.output import Output
from ingest.partial import Partials
from ingest.passed_over import PassedOver
from ingest.reorder import Reorder
from ingest.signature import sightings
from ingest.skim import Sieve, Skim
from ingest.wrapped import Wrapped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ingest.counts import Counts
    from ingest.model import Block, Document, Episode, Identified, Joined, Packed, PageSize, Place, Report
    from ingest.ports import Batch, EpisodeHeads, Partition, Refusal
    from ingest.redaction import Redaction
    from ingest.reorder import Waiting

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUOTED = 8_192
"""Characters of a rejected record that its dead letter keeps."""

_HEADLESS = (Completeness.HEAD_MISSING, Completeness.KILL_LINE_ONLY)

_WAITING_SHARE = 4
"""One part in four of the memory for open reports is for lines that wait for their turn."""


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
    ) -> None:
        self._envelope = envelope
        self._assembler = Assembler(bounds)
        self._episodes = Episodes(gap)
        self._heads = heads
        self._prefix = prefix
        self._page_size = page_size
        self._lookup = lookup
        self._redaction = redaction
        self._kills = RecentKills()
        self._places = HostPlaces()
        self._partials = Partials()
        self._wrapped = Wrapped()
        self._window = timedelta(seconds=bounds.reorder)
        self._reorder = Reorder(bounds.reorder, bounds.max_total_bytes // _WAITING_SHARE)
        self._interest = Interest(self._partials, self._wrapped, self._reorder, self._assembler, self._window)
        self._tags = formats.tags()
        self._gate = gate((*formats.anchors(), *marks(), ROUTED_HEADER))
        plain = envelope.shape in (None, Shape.SYSLOG)
        self._sieve = Sieve(self._gate, self._interest, plain, envelope.default_host.name)
        self._clocks: dict[Place, Clock] = {}
        self._next: dict[Partition, int] = {}
        self._taken_over: set[Partition] = set()
        self._refreshed = False
        self.counts: Counts = Counter()
        self._passed_over = PassedOver(envelope, self._wrapped, self.counts)
        self.unread: Counter[str] = Counter()
        """Lines not wholly read, by the wording that read their beginning; `""` counts those that none read."""

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
            clock = self._clock(place)
            clock.at_end = partition in batch.at_end
            clock.passes(now)
            for overdue in (self._partials, self._wrapped):
                for read in overdue.overdue(place, clock.time):
                    self._wait(read, clock.time, output)
            self._advance(place, clock, output)
        return output

    def read(self, records: Iterable[Raw | Packed], now: datetime, output: Output) -> None:
        """Take records of one or more places, each place in order, one by one or packed."""
        for each in records:
            if isinstance(each, Raw):
                self._read(each, now, output)
            else:
                self._read_packed(each, now, output)

    def _read(self, raw: Raw, now: datetime, output: Output, *, anchored: bool = True) -> None:
        """Take a record; ``anchored`` is whether it may hold an anchor."""
        self.counts[Count.RECORDS] += 1
        place = raw.origin.place
        clock = self._clock(place)
        clock.saw(raw.origin.offset, raw.recorded_at, now)
        matters = anchored and raw.value is not None and self._gate.matters(raw.value)
        if not matters and raw.value and not raw.routed and not self._interest.is_open(place):
            self._passed_over.one(raw)
            return
        self._advance(place, clock, output)
        self._take(raw, matters, clock.time, output)

    def _read_packed(self, packed: Packed, now: datetime, output: Output) -> None:
        """Take what matters of packed records; the documents are those that record by record would give."""
        clock, place = self._clock(packed.place), packed.place
        skim = Skim(packed, self._sieve)
        read = at = 0
        while (number := skim.next(at)) is not None:
            at = number + 1
            if is_due := packed.recorded_at != clock.advanced and self._interest.is_due(place, packed.recorded_at):
                clock.saw(packed.offset(number), packed.recorded_until(number), now)
                self._advance(place, clock, output)
            if not skim.matters(number):
                continue
            self._passed_over.several(packed, read, number)
            if not is_due and clock.time < packed.recorded_at:
                clock.saw(packed.offset(number), packed.recorded_until(number), now)
            self._read(packed.raw(number), now, output, anchored=skim.is_anchored(number))
            read = at
        self._passed_over.several(packed, read, len(packed))
        clock.saw(packed.next_offset - 1, packed.recorded_at, now)

    def finish(self) -> Output:
        """The input is over: everything that is open is closed."""
        output = Output(finished=True)
        for unfinished in (self._partials, self._wrapped):
            for read in unfinished.finish():
                self._wait(read, self._clock(read.whole.origin.place).time, output)
        for waiting in self._reorder.finish():
            self._take_lines(waiting, output)
        output.blocks += self._assembler.finish()
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
        while output.blocks:
            self._join(output.blocks[0], output)
            del output.blocks[0]
        touched = {each.episode.id: each.episode for each in output.joined}
        clocks = {place: clock.time for place, clock in self._clocks.items()}
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
            place = (partition.topic, partition.number)
            holders = (self._partials, self._wrapped, self._reorder, self._assembler)
            waiting = [each.oldest_offset(place) for each in holders]
            held[partition] = min([following, *(offset for offset in waiting if offset is not None)])
        return held

    def uncommitted(self) -> Mapping[Partition, int]:
        """How many records of each partition are read and held back from the commit."""
        return {partition: self._next[partition] - held for partition, held in self.committable().items()}

    @property
    def open_reports(self) -> int:
        """How many reports are open."""
        return self._assembler.open_reports

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
            place = (partition.topic, partition.number)
            self._assembler.drop(place)
            self._reorder.drop(place)
            self._partials.drop(place)
            self._wrapped.drop(place)
            self._clocks.pop(place, None)
            self._passed_over.drop(place)
            self._next.pop(partition, None)
            self._taken_over.discard(partition)
        self._episodes.forget({(partition.topic, partition.number) for partition in partitions})
        self._refreshed = False

    def lost(self, partitions: Collection[Partition]) -> None:
        """The same; that nothing is committed for them is the loop's affair."""
        self.revoked(partitions)

    # ------------------------------------------------------------ one record

    def _take(self, raw: Raw, matters: bool, clock: datetime, output: Output) -> None:
        read = self._envelope.read(raw)
        if isinstance(read, Unreadable):
            self.counts[UNREADABLE[read.code]] += 1
            if matters:
                output.rejected.append(self._rejected(raw, "envelope", read.code, read.detail))
            return
        if raw.value and not raw.value.isascii() and not _is_utf8(raw.value):
            self.counts[Count.NOT_UTF8] += 1
        place = raw.origin.place
        self._passed_over.note_before(read, clock)
        if matters:
            read = replace(read, record=raw)
        for whole in self._partials.add(read, place, clock):
            for each in self._wrapped.add(whole, place, clock, matters=matters or whole is not read):
                self._wait(each, clock, output, matters=matters or raw.routed or each is not read)

    def _wait(self, read: Read, clock: datetime, output: Output, *, matters: bool = True) -> None:
        """A line waits for its turn, unless it cannot matter."""
        line = read.whole
        if not (matters or self._interest.in_line(line)) or (line.tag is not None and line.tag not in self._tags):
            self.counts[Count.NOT_OOM] += 1
            return
        for waiting in self._reorder.add(read, clock):
            self._take_lines(waiting, output)

    def _advance(self, place: Place, clock: Clock, output: Output) -> None:
        """Let a partition's time pass: what is due happens when it is, so that it does not matter in which steps.

        The assembler's time runs behind by the time that lines may wait.
        """
        if clock.time == clock.advanced:
            return
        clock.advanced = clock.time
        while (due := self._interest.due(place)) is not None and due <= clock.time:
            for waiting in self._reorder.advance(place, due):
                self._take_lines(waiting, output)
            output.blocks += self._assembler.advance(place, due - self._window)

    def _take_lines(self, waiting: Waiting, output: Output) -> None:
        """The lines of a record whose turn has come."""
        read = waiting.read
        if read.dropped:
            self.counts[Count.METADATA_DROPPED] += read.dropped
        unread = False
        for line, match in formats.lines_of(read.whole, read.parts, self._assembler.families(read.whole)):
            if match is not None:
                self.counts[Count.MATCHED_LINES] += 1
                if self._places.spread(line):
                    self.counts[Count.SPREAD_LINES] += 1
                    output.spread.add(line.host.name)
                if match.unread:
                    self.counts[Count.UNREAD_TAILS] += 1
                    self.unread[match.wording.id] += 1
            elif formats.is_candidate(line):
                self.counts[Count.UNREAD_LINES] += 1
                self.unread[""] += 1
                unread = True
            elif not self._assembler.families(line):
                self.counts[Count.NOT_OOM] += 1
                continue
            output.blocks += self._assembler.add(line, match, waiting.came)
        if self._assembler.copies:
            self.counts[Count.COPIES] = self._assembler.copies
        if unread and read.record is not None:
            output.rejected.append(self._rejected(read.record, "formats", "unread", "no wording explains this line"))

    def _join(self, block: Block, output: Output) -> None:
        """Put the report of a block into its episode, unless another source told of it already.

        Nothing is remembered of it before every look-up was answered, so that it can be tried again.
        """
        family = formats.formats()[block.format]
        # What sources of one host tell is compared as they tell it, what earlier runs wrote as it is stored.
        told = identify(family.report(block, self._page_size))
        identified = identify(self._redaction.of(told.report)) if self._redaction else told
        echo = family.repeats or told.report.echo
        early = self._is_early(told.report)
        if early or (echo and not self._kills.told(told, echo=True)):
            self._recall(told.report)
        tellings = (told,) if identified is told else (told, identified)
        if any(self._kills.told(each, echo=echo) for each in tellings) or (early and self._is_rest(identified)):
            self.counts[Count.REPEATS] += 1
            return
        output.joined.append(self._episodes.join(identified, analyse(identified.report), self._heads))
        self._kills.add(told)
        self.counts[Count.REPORTS] += 1
        self.counts[Count.KILLS] += len(identified.report.victims)

    def _is_early(self, report: Report) -> bool:
        """Whether a report may have been read before, by an earlier run, from its beginning on."""
        return report.origin.offset <= self._clock(report.origin.place).early_until

    def _recall(self, report: Report) -> None:
        """Remember the kills that earlier runs wrote about the time of a report."""
        for known in self._heads.kills(report.host.name, report.when.at - WITHIN, report.ended.at + WITHIN):
            self._kills.recall(report.host.name, known)

    def _is_rest(self, identified: Identified) -> bool:
        """Whether a report is the rest of one that an earlier run read from its head on and wrote."""
        report = identified.report
        if report.completeness not in _HEADLESS:
            return False
        if report.victims and self._kills.knows_better(identified):
            return True
        return self._heads.holds(report.host.name, report.when.at, report.ended.at, report.lines)

    def _rejected(self, raw: Raw, stage: str, code: str, detail: str) -> Rejected:
        quoted = b"" if self._redaction else (raw.value or b"")[:_QUOTED]
        return Rejected(raw.origin, raw.recorded_at, stage, code, detail, quoted.decode("utf-8", "backslashreplace"))

    def _clock(self, place: Place) -> Clock:
        clock = self._clocks.get(place)
        if clock is None:
            clock = self._clocks[place] = Clock(early=WITHIN)
        return clock

    def _look_up_open(self) -> None:
        """Once for each assignment: make earlier writes findable, and take over the episodes left open."""
        if not self._refreshed:
            self._heads.refresh()
            self._refreshed = True
        for partition in sorted(self._taken_over, key=lambda p: (p.topic, p.number)):
            self._episodes.take_over(self._heads.open(partition))
            self._taken_over.discard(partition)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
