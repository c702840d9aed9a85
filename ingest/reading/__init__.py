"""Records to blocks: read, put in order, matched and joined, as the partition's time passes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest import formats
from ingest.assemble import Assembler, Bounds
from ingest.assemble.partial import Partials
from ingest.assemble.reorder import Reorder, Stretch, Waiting
from ingest.assemble.wrapped import Wrapped
from ingest.counts import UNREADABLE, Count
from ingest.envelope import Envelope, Read, Shape, Unreadable, marks
from ingest.episode.kills import WITHIN
from ingest.model import ROUTED_HEADER, Raw, Rejected
from ingest.reading import names
from ingest.reading.beginnings import Beginnings
from ingest.reading.clock import Clock
from ingest.reading.gate import gate
from ingest.reading.gathered import Gathered
from ingest.reading.host_places import HostPlaces
from ingest.reading.interest import Interest
from ingest.reading.passed_over import PassedOver
from ingest.reading.skim import Sieve, Skim

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingest.counts import Counts
    from ingest.formats import Match
    from ingest.model import Line, Packed, Place
    from ingest.output import Output
    from ingest.reading.gathered import Piece

_QUOTED = 8_192
"""Characters of a rejected record that its dead letter keeps."""

_WAITING_SHARE = 8
"""One part in eight of the memory for open reports is for lines that wait for their turn."""


class Reading:
    """Everything that is read and not finished: pieces of lines, lines that wait, open reports, by place.

    Args:
        envelope: How records are read.
        bounds: Limits of open reports.
        counts: Where records and lines are counted.
        quotes: Whether rejected records are quoted.
        logs: Whether each place is a log that is read once, so that it may begin in the middle of a report.
    """

    def __init__(self, envelope: Envelope, bounds: Bounds, counts: Counts, *, quotes: bool, logs: bool = False) -> None:
        self._envelope = envelope
        self._assembler = Assembler(bounds)
        self._quotes = quotes
        self._places = HostPlaces()
        self._partials = Partials()
        self._wrapped = Wrapped()
        self._window = timedelta(seconds=bounds.reorder)
        self._reorder = Reorder(bounds.reorder, bounds.max_total_bytes // _WAITING_SHARE)
        self._interest = Interest(self._partials, self._wrapped, self._reorder, self._assembler, self._window)
        self._tags = formats.tags()
        self._gate = gate((*formats.anchors(), *marks(), ROUTED_HEADER), names.IN_TEXT)
        self._beginnings = Beginnings(envelope, self._gate, logs=logs)
        plain, objects = envelope.shape in (None, Shape.SYSLOG), envelope.shape is None
        self._sieve = Sieve(self._gate, self._interest, plain, objects, envelope.default_host.name)
        self.clocks: dict[Place, Clock] = {}
        """The time of each place that was read."""
        self._counts = counts
        self._passed_over = PassedOver(envelope, self._wrapped, counts)
        self.unread: Counter[str] = Counter()
        """Lines not wholly read, by the wording that read their beginning; `""` counts those that none read."""

    def read(self, records: Iterable[Raw | Packed], now: datetime, output: Output) -> None:
        """Take records of one or more places, each place in order, one by one or packed."""
        for each in records:
            if isinstance(each, Raw):
                self._read(each, now, output, cut=self._beginnings.is_row(each))
            else:
                self._read_packed(each, now, output)
                each.release()

    def passes(self, place: Place, now: datetime, output: Output, *, at_end: bool) -> None:
        """Let a place's time pass where no record came."""
        clock = self.clock(place)
        clock.at_end = at_end
        clock.passes(now)
        for overdue in (self._partials, self._wrapped):
            for read in overdue.overdue(place, clock.time):
                self._wait(read, clock.time, output)
        self._advance(place, clock, output)

    def finish(self, output: Output) -> None:
        """The input is over: everything that is open is closed."""
        for unfinished in (self._partials, self._wrapped):
            for read in unfinished.finish():
                self._wait(read, self.clock(read.whole.place).time, output)
        for waiting in self._reorder.finish():
            self._go_on(waiting, output)
        output.blocks += self._assembler.finish()

    def drop(self, place: Place) -> None:
        """Forget what is open on a partition that another worker reads from its first line on."""
        for each in (self._assembler, self._reorder, self._partials, self._wrapped, self._passed_over):
            each.drop(place)
        self.clocks.pop(place, None)

    def held(self, place: Place) -> int | None:
        """The offset of the first record of what is open on a place: the commit must not pass it."""
        holders = (self._partials, self._wrapped, self._reorder, self._assembler)
        offsets = [offset for each in holders if (offset := each.oldest_offset(place)) is not None]
        return min(offsets, default=None)

    @property
    def open_reports(self) -> int:
        """How many reports are open."""
        return self._assembler.open_reports

    def clock(self, place: Place) -> Clock:
        """The time of a place."""
        clock = self.clocks.get(place)
        if clock is None:
            clock = self.clocks[place] = Clock(early=WITHIN)
        return clock

    # ------------------------------------------------------------ one record

    def _read(self, raw: Raw, now: datetime, output: Output, *, anchored: bool = True, cut: bool = False) -> None:
        """Take a record.

        Args:
            raw: The record.
            now: The clock's time.
            output: Where it goes.
            anchored: Whether it may hold an anchor.
            cut: Whether it matters in any case, as a row with which a log begins.
        """
        place = raw.origin.place
        clock = self.clock(place)
        clock.saw(raw.origin.offset, raw.recorded_at, now)
        if (matters := self._matters(raw, anchored=anchored, cut=cut)) is not None:
            self._advance(place, clock, output)
            self._take(raw, clock.time, output, matters=matters)

    def _matters(self, raw: Raw, *, anchored: bool, cut: bool = False) -> bool | None:
        """Whether a record matters by itself; ``None`` where it cannot matter either as part of something open."""
        self._counts[Count.RECORDS] += 1
        matters = cut or (anchored and raw.value is not None and self._gate.matters(raw.value))
        if not matters and raw.value and not raw.routed and not self._interest.is_open(raw.origin.place):
            self._passed_over.one(raw)
            return None
        return matters

    def _take(self, raw: Raw, came: datetime, output: Output, *, matters: bool) -> None:
        read = self._envelope.read(raw)
        if isinstance(read, Unreadable):
            self._counts[UNREADABLE[read.code]] += 1
            if matters:
                output.rejected.append(self._rejected(raw, "envelope", read.code, read.detail))
            return
        if raw.value and not raw.value.isascii() and not _is_utf8(raw.value):
            self._counts[Count.NOT_UTF8] += 1
        self._take_read(read, raw, came, output, matters=matters)

    def _take_read(self, read: Read, raw: Raw, came: datetime, output: Output, *, matters: bool) -> None:
        place = raw.origin.place
        self._passed_over.note_before(read, came)
        if matters:
            read = replace(read, record=raw)
        for whole in self._partials.add(read, place, came):
            for each in self._wrapped.add(whole, place, came, matters=matters or whole is not read):
                of_others = each.whole.offset != raw.origin.offset  # what it is the rest of, or what waited for a rest
                self._wait(each, came, output, matters=matters or raw.routed or of_others)

    # ------------------------------------------------------------ packed records

    def _read_packed(self, packed: Packed, now: datetime, output: Output) -> None:
        """Take what matters of packed records; the documents are those that record by record would give."""
        clock, place = self.clock(packed.place), packed.place
        recorded_at = min(packed.recorded_at, now)
        if clock.began is None and len(packed):
            clock.began = min(packed.recorded(0), now)
        read = at = self._read_beginning(packed, now, output)
        skim, gathered = Skim(packed, self._sieve), Gathered(packed, self._envelope)
        while (number := skim.next(at)) is not None:
            at = number + 1
            due = self._due_by(recorded_at, clock, place)
            if due is not None and due <= packed.recorded_until(number):
                self._take_gathered(gathered, skim, packed, output)
                clock.saw(packed.offset(number), packed.recorded_until(number), now)
                self._advance(place, clock, output)
                due = self._due_by(recorded_at, clock, place)
            if not skim.matters(number):
                continue
            if clock.time < recorded_at:
                clock.saw(packed.offset(number), packed.recorded_until(number), now)
            lines = skim.kernel_lines(number) if recorded_at < clock.time + self._window else iter(())
            first = next(lines, None)
            if first is None:
                self._take_gathered(gathered, skim, packed, output)
                self._passed_over.several(packed, read, number)
                self._read(packed.raw(number), now, output, anchored=skim.is_anchored(number))
                read = at
                continue
            for begun, count, begin, end in chain((first,), lines):
                if begun > number and clock.time < recorded_at:
                    until = packed.recorded_until(begun)
                    if due is not None and due <= until:
                        at = begun
                        break
                    clock.saw(packed.offset(begun), until, now)
                self._passed_over.several(packed, read, begun)
                gathered.add(begun, count, begin, end, clock.time)
                read = at = begun + count
            if skim.anchored(number, at):
                # What it opens decides which lines matter from here on.
                self._take_gathered(gathered, skim, packed, output)
        self._take_gathered(gathered, skim, packed, output)
        self._passed_over.several(packed, read, len(packed))
        clock.saw(packed.next_offset - 1, packed.recorded_at, now)

    def _read_beginning(self, packed: Packed, now: datetime, output: Output) -> int:
        """Take the rows with which a log begins; returns the first record that is not read yet."""
        read = number = 0
        while number < len(packed) and not self._beginnings.are_over(packed.place):
            if self._beginnings.is_row(raw := packed.raw(number)):
                self._passed_over.several(packed, read, number)
                self._read(raw, now, output, cut=True)
                read = number + 1
            number += 1
        return read

    def _due_by(self, until: datetime, clock: Clock, place: Place) -> datetime | None:
        """When something is due on a place, if it is by then: the time of the last record of a block."""
        due = self._interest.due(place) if until != clock.advanced else None
        return due if due is not None and due <= until else None

    def _take_gathered(self, gathered: Gathered, skim: Skim, packed: Packed, output: Output) -> None:
        last = gathered.last
        if last is None:
            return
        for piece in gathered.take():
            if piece.lines:
                self._take_piece(piece, skim, packed, output)
            else:
                self._take_single(piece.numbers[0], piece.came[0], skim, packed, output)
        if not self._interest.awaits_rest(packed.place):
            self._passed_over.until(packed, last)

    def _take_piece(self, piece: Piece, skim: Skim, packed: Packed, output: Output) -> None:
        """Lines that were read together wait together; those with anchors, and behind one that ends early, do not."""
        numbers, came, lines = piece.numbers, piece.came, piece.lines
        anchored = set(skim.anchored(numbers[0], numbers[-1] + 1))
        alone = [at for at, number in enumerate(numbers) if number in anchored] if anchored else []
        begin = 0
        for end in (*alone, len(numbers)):
            while begin < end and self._interest.awaits_rest(packed.place):
                self._take_single(numbers[begin], came[begin], skim, packed, output, lines[begin])
                begin += 1
            self._take_stretch(Stretch(lines[begin:end], came[begin:end]), output)
            if end < len(numbers):
                self._take_single(numbers[end], came[end], skim, packed, output, lines[end])
            begin = end + 1

    def _take_stretch(self, stretch: Stretch, output: Output) -> None:
        self._counts[Count.RECORDS] += len(stretch.lines)
        while stretch.lines:
            line, came = stretch.lines[0], stretch.came[0]
            count = 0
            if self._interest.in_line(line):
                count, released = self._reorder.add_stretch(stretch)
                for waiting in released:
                    self._go_on(waiting, output)
            if not count:
                self._wait(Read(line), came, output, matters=False)
            stretch = stretch.cut(count or 1)[1]

    def _take_single(
        self, number: int, came: datetime, skim: Skim, packed: Packed, output: Output, line: Line | None = None
    ) -> None:
        """Take one of the records that were gathered; ``line`` is what was read of it."""
        raw = packed.raw(number)
        matters = self._matters(raw, anchored=skim.is_anchored(number))
        if matters is not None and line is not None:
            self._take_read(Read(line), raw, came, output, matters=matters)
        elif matters is not None:
            self._take(raw, came, output, matters=matters)

    def _wait(self, read: Read, clock: datetime, output: Output, *, matters: bool = True) -> None:
        """A line waits for its turn, unless it cannot matter."""
        line = read.whole
        if not (matters or self._interest.in_line(line)) or (line.tag is not None and line.tag not in self._tags):
            self._counts[Count.NOT_OOM] += 1
            return
        # What JSON escapes in an unusual way holds an anchor only once it is read.
        may_begin = matters or (line.shape.startswith(Shape.JSON) and self._gate.matters(line.text.encode()))
        for waiting in self._reorder.add(read, clock, may_begin=may_begin):
            self._go_on(waiting, output)

    def _advance(self, place: Place, clock: Clock, output: Output) -> None:
        """Let a partition's time pass: what is due happens when it is, so that it does not matter in which steps.

        The assembler's time runs behind by the time that lines may wait.
        """
        if clock.time == clock.advanced:
            return
        clock.advanced = clock.time
        while (time := self._interest.at_once(place, clock.time)) is not None:
            for waiting in self._reorder.advance(place, time):
                self._go_on(waiting, output)
            output.blocks += self._assembler.advance(place, time - self._window)

    def _go_on(self, waiting: Waiting | Stretch, output: Output) -> None:
        """What waited has its turn."""
        if isinstance(waiting, Waiting):
            self._take_lines(waiting, output)
            return
        lines, came = waiting.lines, waiting.came
        at = 0
        while at < len(lines):
            count, blocks = self._assembler.go_on(lines, came, at)
            if count:
                self._counts[Count.MATCHED_LINES] += count
                self._note_spread(lines[at], output)
                self._note_spread(lines[at + count - 1], output)
                output.blocks += blocks
            else:
                line = lines[at]
                self._add(line, formats.read_body(line, self._assembler.families(line)), came[at], output)
            at += count or 1

    def _note_spread(self, line: Line, output: Output) -> None:
        if self._places.spread(line):
            self._counts[Count.SPREAD_LINES] += 1
            output.spread.add(line.host.name)

    def _take_lines(self, waiting: Waiting, output: Output) -> None:
        """The lines of a record whose turn has come."""
        read = waiting.read
        if read.dropped:
            self._counts[Count.METADATA_DROPPED] += read.dropped
        unread = False
        families = self._assembler.families(read.whole)
        if cut := self._beginnings.had(read.whole):
            families |= formats.with_rows()
        for line, match in formats.lines_of(read.whole, read.parts, families):
            if match is None and formats.is_candidate(line):
                self._counts[Count.UNREAD_LINES] += 1
                self.unread[""] += 1
                unread = True
                output.blocks += self._assembler.add(line, None, waiting.came)
            else:
                self._add(line, match, waiting.came, output, cut=cut and match is not None and match.wording.rows)
        if unread and read.record is not None:
            output.rejected.append(self._rejected(read.record, "formats", "unread", "no wording explains this line"))

    def _add(self, line: Line, match: Match | None, came: datetime, output: Output, *, cut: bool = False) -> None:
        """Give a line to the report that it belongs to, or begin one with it."""
        if match is None and not self._assembler.families(line):
            self._counts[Count.NOT_OOM] += 1
            return
        if match is not None:
            self._counts[Count.MATCHED_LINES] += 1
            self._note_spread(line, output)
            if match.unread:
                self._counts[Count.UNREAD_TAILS] += 1
                self.unread[match.wording.id] += 1
        output.blocks += self._assembler.add(line, match, came, cut=cut)
        if self._assembler.copies:
            self._counts[Count.COPIES] = self._assembler.copies

    def _rejected(self, raw: Raw, stage: str, code: str, detail: str) -> Rejected:
        quoted = (raw.value or b"")[:_QUOTED] if self._quotes else b""
        return Rejected(raw.origin, raw.recorded_at, stage, code, detail, quoted.decode("utf-8", "backslashreplace"))


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
