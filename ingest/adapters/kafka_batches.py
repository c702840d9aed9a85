"""Kafka's record batches in one piece, as ``kafka_fetching`` has them handed out, and records of the library's."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode

from ingest.model import Origin, Place, Raw
from ingest.timestamps import recorded_time

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECORDS = 61
"""Where a batch's records begin."""
_UNPACK = (bytes, gzip_decode, snappy_decode, lz4_decode, zstd_decode)
"""By the number of the codec."""
_TRIES, _NEAR = 4, 4_096
"""How many zeros are looked at to find out where a record begins, and how far away."""
_LENGTH = 5
"""Octets of a record's length at most."""
_MORE = 0x80
_BITS = 0x7F
_LONG = _MORE << 7
"""The least that the first two octets make of a number that has more."""
_FAR = 1 << 40
_LOW = [_FAR if octet < _MORE else 2 + ((octet & _BITS) >> 1) for octet in range(256)]
_HIGH = [octet << 6 if octet < _MORE else _FAR for octet in range(256)]
"""How far the next record is, by the two octets of a length that has two: their sum. Any other leads far away."""
_TIME = [(octet << 7) - _MORE if octet < _MORE else _FAR for octet in range(256)]
"""What the second octet of a number adds to the first, where it has two."""

_HOST_HEADERS = frozenset({"host", "hostname", "host.name", "host.hostname"})
_HOST_NAME = re.compile(rb"(?!\d+$)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})")

_Headers = Sequence[tuple[str, bytes | None]]


def raw_of(record: Any, topic: str, partition: int) -> Raw:
    """A record of the library as one of ours."""
    origin = Origin(topic, partition, record.offset)
    return _raw(origin, record.key, record.value, record.headers or (), stamped(record.timestamp))


def stamped(milliseconds: int) -> datetime:
    """The time stamp of a record; of one that has none (-1) the time at which it is read."""
    return recorded_time(milliseconds) if milliseconds >= 0 else datetime.now(UTC)


def _raw(origin: Origin, key: bytes | None, value: bytes | None, headers: _Headers, recorded_at: datetime) -> Raw:
    told = tuple((name, header) for name, header in headers if header is not None)
    return Raw(origin, value, recorded_at, _host(key, headers), told)


def _host(key: bytes | None, headers: _Headers) -> str | None:
    """The host that a header or the record's key names; keys that are plain numbers or no names are none."""
    named = next((header for name, header in headers if name.lower() in _HOST_HEADERS), None) or key
    found = _HOST_NAME.fullmatch(named) if named else None
    return found[0].decode() if found else None


class KafkaBatch:
    """A batch. Implements ``model.Packed``.

    Args:
        topic: Its topic.
        partition: Its partition.
        batch: The library's batch, not iterated over yet.
        since: The offset from which on records are wanted; a fetch may begin inside a batch.
    """

    def __init__(self, topic: str, partition: int, batch: Any, since: int) -> None:
        self.place: Place = (topic, partition)
        self._topic = topic
        self._partition = partition
        self._batch = batch
        self._since = since
        self._base_offset: int = batch.base_offset
        self._first_time: int = batch.first_timestamp
        self._no_time = -1 - self._first_time
        # Where the first record has no time stamp, none is asked for one.
        self._has_one_time: bool = bool(batch.timestamp_type) or self._first_time < 0
        self._count: int = batch.records_count
        self.next_offset: int = batch.next_offset
        self.recorded_at = stamped(batch.max_timestamp)
        self._span = self.next_offset - self._base_offset
        self._next = 0
        self._lengths_are_usual = True
        self._begins: list[int] = []
        self._about: tuple[int, int, tuple[int, int]] = (-1, -1, (-1, -1))
        """What was told last: by which zero, up to where, and what."""
        self._timed, self._latest = 0, self._no_time

    @cached_property
    def data(self) -> bytes:
        """See ``Packed``."""
        stored = bytes(memoryview(self._batch._buffer)[_RECORDS:])  # noqa: SLF001  the seam
        return bytes(_UNPACK[self._batch.compression_type](stored))

    @property
    def in_lines(self) -> bool:
        """See ``Packed``."""
        return False

    def __len__(self) -> int:
        """See ``Packed``."""
        return self._count - self._unwanted

    def holding(self, position: int) -> int:
        """See ``Packed``."""
        self._walk(position)
        return max(0, bisect_right(self._begins, position) - 1 - self._unwanted)

    def begin(self, number: int) -> int:
        """See ``Packed``."""
        begins, at, end = self._begins, number + self._unwanted, len(self.data)
        while at >= len(begins) and self._next < end:
            self._walk(self._next)
        return begins[at] if at < len(begins) else end

    def value(self, number: int) -> tuple[int, int]:
        """See ``Packed``."""
        buffer, at = self.data, self._behind_time(self.begin(number))
        while buffer[at] & _MORE:  # the offset
            at += 1
        key, at = _varint(buffer, at + 1)
        value, at = _varint(buffer, at + max(key, 0))
        return at, at + max(value, 0)

    def value_about(self, position: int) -> tuple[int, int] | None:
        """See ``Packed``.

        Between the length and the time of a record stand its attributes, which are zero, and texts hold no zeros. The
        nearest one from which on everything is as in a record is of this record: its own attributes are among them.
        """
        if position < self._next:
            return self.value(self.holding(position))
        at = nearest = self.data.rfind(b"\0", self._next, position)
        if nearest == self._about[0] and position < self._about[1]:
            return self._about[2]
        for _ in range(_TRIES):
            if at < max(self._next + 1, position - _NEAR):
                break
            for begin in self._lengths_before(at):
                found = self._value_of(begin, at)
                if found and position < found[2]:
                    self._about = nearest, found[2], found[:2]
                    return found[:2]
            at = self.data.rfind(b"\0", self._next, at)
        return None

    def raw(self, number: int) -> Raw:
        """See ``Packed``."""
        buffer, batch = self.data, self._batch
        _, at = _varint(buffer, self.begin(number))
        later, at = _varint(buffer, at + 1)  # behind the attributes
        offset, at = _varint(buffer, at)
        key, at = _octets(buffer, at)
        value, at = _octets(buffer, at)
        count, at = _varint(buffer, at)
        headers = []
        for _ in range(count):
            name, at = _octets(buffer, at)
            header, at = _octets(buffer, at)
            # Brokers take any bytes for a name, whatever clients may send.
            headers.append(((name or b"").decode("utf-8", "replace"), header))
        recorded_at = self.recorded_at if self._has_one_time else self._recorded(later)
        return _raw(Origin(self._topic, self._partition, batch.base_offset + offset), key, value, headers, recorded_at)

    def offset(self, number: int) -> int:
        """See ``Packed``."""
        if self._base_offset + self._count == self.next_offset:
            return self._base_offset + number + self._unwanted
        return self._offset(self.begin(number))

    def recorded(self, number: int) -> datetime:
        """See ``Packed``."""
        if self._has_one_time:
            return self.recorded_at
        later, _ = _varint(self.data, self._behind_length(self.begin(number)))
        return self._recorded(later)

    def recorded_until(self, number: int) -> datetime:
        """See ``Packed``."""
        if self._has_one_time:
            return self.recorded_at
        self.begin(number)
        until = number + self._unwanted + 1
        if until < self._timed:
            self._timed, self._latest = 0, self._no_time
        buffer, more, most = self.data, _TIME, 2 * self._latest
        begins = self._begins[self._timed : until]
        for begin in begins if self._lengths_are_usual else [self._behind_length(begin) - 3 for begin in begins]:
            # Most times are even, for none of them is negative, and have one or two octets: they are compared as they
            # stand, without a call for each, which would take most of the time.
            twice = buffer[begin + 3]
            if twice >= _MORE:
                twice += more[buffer[begin + 4]]
            if twice > most:
                if twice & 1 or twice >= _LONG:
                    twice = max(most, 2 * _varint(buffer, begin + 3)[0])
                most = twice
        self._timed, self._latest = until, most >> 1
        return recorded_time(self._first_time + self._latest)

    def release(self) -> None:
        """See ``Packed``. A poll brings many batches, and all of them unpacked would take several times their room."""
        self._begins, self._next, self._about = [], 0, (-1, -1, (-1, -1))
        self._timed, self._latest = 0, self._no_time
        vars(self).pop("data", None)

    @cached_property
    def _unwanted(self) -> int:
        """How many records stand before the first that is wanted."""
        if self._batch.base_offset >= self._since:
            return 0
        self._walk(len(self.data) - 1)
        return bisect_left(self._begins, self._since, key=self._offset)

    def _recorded(self, later: int) -> datetime:
        """When a record was recorded, by how much later than the first; one without a time stamp with the first."""
        at = self._first_time + later
        return recorded_time(at if at >= 0 else self._first_time)

    def _walk(self, position: int) -> None:
        """Find where records begin (KIP-98: each after its length), as far as to the one that holds a byte."""
        buffer, note, low, high = self.data, self._begins.append, _LOW, _HIGH
        at = self._next
        while at <= position:
            # Most lengths have two octets; a call for each would take most of the time.
            while at <= position:
                note(at)
                at += low[buffer[at]] + high[buffer[at + 1]]
            if at >= _FAR:
                self._lengths_are_usual = False
                length, at = _varint(buffer, self._begins[-1])
                at += max(length, 0)
        self._next = at

    def _behind_length(self, at: int) -> int:
        """Where the time stands of the record that begins there, behind its length and its attributes."""
        buffer = self.data
        while buffer[at] & _MORE:
            at += 1
        return at + 2

    def _behind_time(self, at: int) -> int:
        """Where the offset stands of the record that begins there."""
        buffer, at = self.data, self._behind_length(at)
        while buffer[at] & _MORE:
            at += 1
        return at + 1

    def _lengths_before(self, at: int) -> Iterator[int]:
        """Where the length may begin that ends there, the longest first."""
        buffer, begin, lowest = self.data, at - 1, max(self._next, at - _LENGTH)
        while begin > lowest and buffer[begin - 1] & _MORE:
            begin -= 1
        while begin < at:
            yield begin
            begin += 1

    def _value_of(self, begin: int, attributes: int) -> tuple[int, int, int] | None:
        """Where the value of what begins there begins and ends, and where it ends itself, if it is like a record."""
        buffer = self.data
        length, at = _varint(buffer, begin)
        end = at + length
        if at != attributes or not at < end <= len(buffer):
            return None
        try:
            _, at = _varint(buffer, at + 1)
            offset, at = _varint(buffer, at)
            key, at = _varint(buffer, at)
            value, begin = _varint(buffer, at + max(key, 0))
            behind = begin + max(value, 0)
            count, at = _varint(buffer, behind)
            for _ in range(count if at + 2 * count <= end else 0):
                _, at = _octets(buffer, at)
                _, at = _octets(buffer, at)
        except IndexError:
            return None
        return (begin, behind, end) if at == end and 0 <= offset < self._span else None

    def _offset(self, begin: int) -> int:
        """The offset of the record that begins there."""
        delta, _ = _varint(self.data, self._behind_time(begin))
        return int(self._batch.base_offset) + delta


def _varint(buffer: bytes, at: int) -> tuple[int, int]:
    """A zigzag varint, and where what follows it begins."""
    octet = buffer[at]
    value, shift = octet & _BITS, 7
    while octet & _MORE:
        at += 1
        octet = buffer[at]
        value |= (octet & _BITS) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), at + 1


def _octets(buffer: bytes, at: int) -> tuple[bytes | None, int]:
    """Octets behind their length, and where what follows them begins."""
    length, at = _varint(buffer, at)
    return (None, at) if length < 0 else (buffer[at : at + length], at + length)
