"""Finds the records of a block that may matter, without looking at each of the others.

While nothing is open on a place, those that hold an anchor. Else also what may belong to what is open: the records
that name a host on which something is open. Of a file of which most lines do, the lines that do not begin as those of
other programs do. What is found is ruled out where its first bytes, or the object that it is, name a sender that cannot
matter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ingest.envelope import json_record
from ingest.envelope.plain import KERNEL, KERNELS, PLAIN, lines_of_others
from ingest.reading import names
from ingest.reading.names import Sought

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from ingest.model import Packed
    from ingest.reading.gate import Gate
    from ingest.reading.interest import Interest

_SELDOM = 16
"""To look at a line that names a host takes as long as to look at so many lines' beginnings."""
_SAMPLE = 4_096
"""Bytes of a block that show how many of its lines name a host."""

KernelLines = tuple[int, int, int, int]
"""The first of some records that are a line of a kernel each, how many they are, and where they begin and end."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """By what records are told apart.

    Attributes:
        gate: Finds anchors.
        interest: What records may belong to.
        plain: Whether records may be told by their first bytes at all.
        objects: Whether they may be JSON's, too.
        default_host: The host of records that name none.
        sought: The hosts that are looked for by name.
    """

    gate: Gate
    interest: Interest
    plain: bool
    objects: bool
    default_host: str
    sought: Sought = field(default_factory=Sought)


class Skim:
    """One block's records.

    Args:
        packed: The block.
        sieve: By what its records are told apart.
    """

    def __init__(self, packed: Packed, sieve: Sieve) -> None:
        self._packed = packed
        self._sieve = sieve
        self._interest = sieve.interest
        self._places, self._disguises = sieve.gate.both(packed.data)
        self._told = -1
        """The record that was last found to matter by its first bytes."""
        self._sender: tuple[bytes, ...] = ()
        """The last sender that mattered: most lines of a report follow one another."""
        self._begun = -1
        self._found: list[int] | None = []
        self._sought = frozenset[str]()

    @cached_property
    def _anchored(self) -> list[int]:
        holding = self._packed.holding
        return sorted({holding(place - 1) for place in self._places})

    def next(self, number: int) -> int | None:
        """The first record from this one on that may have to be taken apart, if there is one."""
        packed, place = self._packed, self._packed.place
        anchored = self._next_anchored(number)
        if anchored == number or not self._interest.is_open(place):
            return anchored
        begin = packed.begin(number)
        if begin == len(packed.data):
            return None
        if self._interest.awaits_rest(place):
            return number
        if packed.in_lines and not self._sieve.plain:
            return number
        if self._can_be_named():
            return self._next_named(begin, anchored)
        return self._next_line(begin, anchored) if packed.in_lines else number

    def matters(self, number: int) -> bool:
        """Whether a record that was found is to be taken apart, as far as its first bytes tell."""
        if number == self._told or not self._sieve.plain or self.is_anchored(number):
            return True
        if self._interest.awaits_rest(self._packed.place):
            return True
        return self._may_matter(*self._packed.value(number))

    def is_anchored(self, number: int) -> bool:
        """Whether a record, or its key or a header, holds an anchor."""
        return self._next_anchored(number) == number

    def anchored(self, begin: int, end: int) -> Sequence[int]:
        """The records from one on and before another that do."""
        if not self._places:
            return ()
        return self._anchored[bisect_left(self._anchored, begin) : bisect_left(self._anchored, end)]

    def kernel_lines(self, number: int) -> Iterator[KernelLines]:
        """Plain lines of kernels, from a record that was found on, for as long as nothing else follows that may matter.

        Nothing may be taken of them before all are told.
        """
        packed = self._packed
        if not self._sieve.plain or self._interest.awaits_rest(packed.place):
            return
        if packed.in_lines:
            if found := KERNELS.match(packed.data, packed.begin(number)):
                yield number, packed.data.count(b"\n", *found.span()), found.start(), found.end() - 1
            return
        begin, end = packed.value(number)
        if not KERNEL.match(packed.data, begin, end):
            return
        yield number, 1, begin, end
        if self._told == number:
            yield from self._more_named(number, end)

    def _next_anchored(self, number: int) -> int | None:
        if not self._places:
            return None
        at = bisect_left(self._anchored, number)
        return self._anchored[at] if at < len(self._anchored) else None

    # ------------------------------------------------------------ lines of a file, by how they begin

    def _next_line(self, begin: int, anchored: int | None) -> int | None:
        packed, data = self._packed, self._packed.data
        end = len(data) if anchored is None else packed.begin(anchored)
        others = lines_of_others(self._interest.tags_anywhere(packed.place)).match
        waiting, reporting = self._interest.hosts(packed.place)
        while begin < end:
            if passed := others(data, begin, end):
                begin = passed.end()
                continue
            behind = data.find(b"\n", begin, end) + 1 or end
            sender = PLAIN.match(data, begin, behind)
            host = sender[1].decode().lower() if sender else None
            if (host is None or host in waiting or host in reporting) and self._may_be_of(sender, begin, behind):
                self._told = packed.holding(begin)
                return self._told
            begin = behind
        return anchored

    # ------------------------------------------------------------ records that name a host

    def _can_be_named(self) -> bool:
        """Look for the hosts on which something was begun since the last look, if records are best found by names."""
        if self._begun == self._interest.begun:
            return self._found is not None
        hosts = None if self._is_crowded() else frozenset(self._interest.names(self._packed.place))
        if hosts is None or self._sieve.default_host in hosts or not names.can_be_found(hosts):
            self._found = None
        elif self._found is None or self._begun < 0:
            self._found = self._look_for(hosts)
        elif more := hosts - self._sought:
            self._sought |= more
            self._found = sorted({*self._found, *names.places(self._packed.data, more)})
        self._begun = self._interest.begun
        return self._found is not None

    def _look_for(self, hosts: frozenset[str]) -> list[int] | None:
        """Where any of some hosts may be named; ``None`` where so many lines of a file name one that it is no help."""
        data = self._packed.data
        both = self._sieve.sought.on(self._packed.place, hosts)
        sought = both[0] | both[1]
        if self._packed.in_lines:
            sample = data[:_SAMPLE].lower()
            if sum(sample.count(host.encode()) for host in sought) * _SELDOM > sample.count(b"\n"):
                return None
        self._sought = sought
        disguises = {*self._disguises, *names.disguises_in_json(data)}
        return sorted(disguises.union(*(names.places(data, each) for each in both)))

    def _is_crowded(self) -> bool:
        return any(len(hosts) > names.MOST for hosts in self._interest.hosts(self._packed.place))

    def _next_named(self, begin: int, anchored: int | None) -> int | None:
        """Of records that name a host with something open, the next one that may matter.

        Most are of other programs, and the bytes about the name tell it: the way to them is spared. Of lines of a file,
        one without any prefix is of the host of the line before it.
        """
        packed = self._packed
        end = len(packed.data) if anchored is None else packed.begin(anchored)
        if packed.in_lines and self._may_follow(begin, end):
            self._told = packed.holding(begin)
            return self._told
        found = next(self._named(begin, end), None)
        if found is None:
            return anchored
        place, value = found
        named = packed.holding(place)
        self._told = self._told if value is None else named
        return named

    def _named(self, begin: int, end: int) -> Iterator[tuple[int, tuple[int, int] | None]]:
        """Where names stand by which records may matter, and those records' values where they can be told."""
        packed, found, behind = self._packed, self._found or (), begin
        can_be_told = self._sieve.plain and not self._interest.tags_may_come(packed.place)
        for at in range(bisect_right(found, begin), bisect_right(found, end)):
            if found[at] <= behind:
                continue
            value = packed.value_about(found[at] - 1) if can_be_told else None
            if value is None or self._may_matter(*value):
                yield found[at] - 1, value
            if value is not None:
                # What is forged may reach into the next record, but texts hold no zeros, and a record begins with one.
                zero = packed.data.find(b"\0", found[at], value[1])
                behind = value[1] if zero < 0 else zero
                if packed.in_lines and self._may_follow(behind, end):
                    yield behind, packed.value_about(behind)

    def _may_follow(self, begin: int, end: int) -> bool:
        """Whether a line may be of the host of the line before it, whatever that is."""
        data = self._packed.data
        if begin >= end or PLAIN.match(data, begin, end):
            return False
        return self._may_be_of(None, begin, data.find(b"\n", begin, end) + 1 or end)

    def _more_named(self, before: int, begin: int) -> Iterator[KernelLines]:
        """Kernels' lines behind that of a record up to the next anchor, found as they are by ``_next_named``."""
        packed, places = self._packed, self._places
        at = bisect_right(places, begin)
        end = places[at] if at < len(places) else len(packed.data)
        for place, about in self._named(begin, end):
            if about is None:
                return
            number = packed.holding(place)
            value = packed.value(number)
            if value[1] >= end or not KERNEL.match(packed.data, *value):
                return
            if number > before:  # A header behind the value may name the host once more.
                before = number
                yield number, 1, *value

    # ------------------------------------------------------------ both

    def _may_matter(self, begin: int, end: int) -> bool:
        return self._may_be_of(PLAIN.match(self._packed.data, begin, end), begin, end)

    def _may_be_of(self, sender: re.Match[bytes] | None, begin: int, end: int) -> bool:
        """Whether a record may matter by its sender, which is ``None`` where it is no plain line."""
        if sender is None:
            data = self._packed.data
            is_object = self._sieve.objects and data.startswith(b"{", begin)
            return not is_object or self._object_may_matter(data[begin:end])
        if sender.groups() == self._sender:
            return True
        tags = self._interest.tags(self._packed.place, sender[1].decode().lower())
        if sender[2].decode() not in tags:
            return False
        self._sender = sender.groups()
        return True

    def _object_may_matter(self, value: bytes) -> bool:
        sender, place = json_record.sender(value), self._packed.place
        if sender is None:
            return True
        host, tag = sender
        tags = self._interest.tags_anywhere(place) if host is None else self._interest.tags(place, host.lower())
        return tag in tags
