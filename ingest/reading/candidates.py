"""Which records may belong to an OOM report, told from each record alone, and the host they are of.

For topics that are not keyed by host. Nothing is remembered between records, so that any number of workers may share a
topic; what only the lines around a record would tell is kept rather than dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import formats
from ingest.envelope import Unreadable, marks
from ingest.envelope.plain import PLAIN
from ingest.model import ROUTED_HEADER, UNKNOWN_HOST
from ingest.ports import Outgoing
from ingest.reading.gate import gate

if TYPE_CHECKING:
    from ingest.envelope import Envelope, Read
    from ingest.model import Line, Raw

HOST_HEADER = "host"

_LONGEST = 131_072
"""Bytes of a record that are carried: twice what is read, so that a record that is too long stays too long."""


class Candidates:
    """Keeps every kernel line, the lines of killers in user space, and without a facility what looks like a report's.

    Args:
        envelope: How records are read.
        topic: Where candidates go.
    """

    def __init__(self, envelope: Envelope, topic: str) -> None:
        self._envelope = envelope
        self._topic = topic
        self._opens = gate((*formats.anchors(), *marks()))
        self._anchors: dict[str, set[str]] = {}
        """What a line with a tag must hold, one of them."""
        for family in formats.formats().values():
            for tag in family.tags:
                self._anchors.setdefault(tag, set()).update(each for w in family.wordings for each in w.anchors)
        self._tags = frozenset(tag.encode() for tag in self._anchors)

    def of(self, raw: Raw) -> Outgoing | None:
        """The record for the topic of candidates, with time stamp, headers and envelope as they were; or nothing."""
        value = raw.value
        if not value or ((sender := PLAIN.match(value)) and sender[2] not in self._tags):
            return None
        read = self._envelope.read(raw)
        if isinstance(read, Unreadable):
            # The service says what is wrong with it, in a dead letter.
            return self._outgoing(raw, raw.host) if self._opens.matters(value) else None
        if not self._matters(read):
            return None
        host = read.whole.host
        return self._outgoing(raw, None if host is UNKNOWN_HOST else host.hostname)

    def _matters(self, read: Read) -> bool:
        line = read.whole
        if line.tag == "kernel":
            return True
        if line.tag is not None:
            return any(anchor in line.text for anchor in self._anchors.get(line.tag, ()))
        return read.partial or any(_is_of_a_report(each) for each in (line, *read.parts))

    def _outgoing(self, raw: Raw, hostname: str | None) -> Outgoing:
        """The record with the key that decides its partition.

        Records of nobody known stay together as they were, under a key that is no host. Where only key or header told
        the host, the header tells it on, as it was sent.
        """
        place = f"{raw.origin.source}/{raw.origin.partition}/{raw.origin.offset}"
        headers = (*raw.headers, (ROUTED_HEADER, place.encode()))
        if hostname is not None and hostname == raw.host and all(name != HOST_HEADER for name, _ in headers):
            headers = (*headers, (HOST_HEADER, hostname.encode()))
        key = hostname.lower() if hostname is not None else str(raw.origin.partition)
        value = raw.value[:_LONGEST] if raw.value else raw.value
        return Outgoing(self._topic, key.encode(), value, raw.recorded_at, headers)


def _is_of_a_report(line: Line) -> bool:
    return formats.is_candidate(line) or formats.read(line, formats.formats()) is not None
