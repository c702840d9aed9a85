"""A sink in memory that keeps versions as Elasticsearch does: for tests, and for whoever embeds the pipeline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest.document.stored import episode_of, holds, known_kill_of, members_of
from ingest.episode.signature import merge
from ingest.ports import WriteReport

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ingest.model import Document, Episode, KnownKill, Scope, Signature
    from ingest.ports import Partition


class MemorySink:
    """Implements ``ports.Sink``. ``documents`` holds the newest version of each, by index and id."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Document] = {}

    def write(self, documents: Sequence[Document]) -> WriteReport:
        """Store each document whose version is higher than the stored one."""
        written = 0
        for document in documents:
            stored = self.documents.get((document.index, document.id))
            if stored is None or stored.version < document.version:
                self.documents[document.index, document.id] = document
                written += 1
        return WriteReport(written, len(documents) - written)


class MemorySignatures:
    """Implements ``ports.Signatures``. ``known`` holds each signature by its id."""

    def __init__(self) -> None:
        self.known: dict[str, Signature] = {}

    def record(self, sightings: Sequence[Signature]) -> WriteReport:
        """Add what was seen to what is known."""
        written = 0
        for each in sightings:
            before = self.known.get(each.id)
            after = merge(before, each) if before else each
            written += after != before
            self.known[each.id] = after
        return WriteReport(written, len(sightings) - written)


class MemoryHeads:
    """Implements ``ports.EpisodeHeads`` over what a ``MemorySink`` holds."""

    def __init__(self, sink: MemorySink) -> None:
        self._sink = sink

    def refresh(self) -> None:
        """Nothing to do: what is written is found."""

    def expect(self, hosts: Collection[str], start: datetime, end: datetime) -> None:
        """Nothing to do: all of it is here."""

    def at(self, host: str, scope: Scope, start: datetime, end: datetime) -> Sequence[Episode]:
        """See ``ports.EpisodeHeads``."""
        found = [
            source
            for source, _ in self._all("oom.episode")
            if source["host"]["name"] == host
            and (source["oom"].get("scope"), source["oom"].get("scope_name")) == (scope.kind, scope.name)
            and _covers_any(source, start, end)
        ]
        in_order = sorted(found, key=lambda source: (source["event"]["start"], source["event"]["id"]))
        return list(self._episodes(in_order))

    def kills(self, host: str, start: datetime, end: datetime) -> Sequence[KnownKill]:
        """See ``ports.EpisodeHeads``."""
        kills = [each for each in self._all("oom.kill") if each[0]["host"]["name"] == host]
        return [known for source, version in kills if start <= (known := known_kill_of(source, version)).at <= end]

    def holds(self, host: str, start: datetime, end: datetime, lines: Sequence[str]) -> bool:
        """See ``ports.EpisodeHeads``."""
        of_host = (source for source, _ in self._all("oom.report") if source["host"]["name"] == host)
        return holds((source for source in of_host if _covers_any(source, start, end)), lines)

    def open(self, partition: Partition) -> Sequence[Episode]:
        """See ``ports.EpisodeHeads``."""
        found = (
            source
            for source, _ in self._all("oom.episode")
            if source["oom"]["episode"]["open"]
            and (source["kafka"]["topic"], source["kafka"]["partition"]) == (partition.topic, partition.number)
        )
        return list(self._episodes(found))

    def _episodes(self, sources: Iterable[dict[str, Any]]) -> Iterator[Episode]:
        """Episodes with their reports; one whose reports are gone can be joined by none."""
        for source in sources:
            wanted = source["oom"]["episode"]["id"]
            kills = (kill for kill, _ in self._of_episode("oom.kill", wanted))
            if members := members_of(self._of_episode("oom.report", wanted), kills):
                yield episode_of(source, members)

    def _of_episode(self, dataset: str, wanted: str) -> Iterator[tuple[dict[str, Any], int]]:
        return (each for each in self._all(dataset) if each[0]["oom"]["episode"]["id"] == wanted)

    def _all(self, dataset: str) -> Iterator[tuple[dict[str, Any], int]]:
        for document in list(self._sink.documents.values()):
            source: Any = document.source
            if source["event"]["dataset"] == dataset:
                yield source, document.version


def _covers_any(source: dict[str, Any], start: datetime, end: datetime) -> bool:
    return _moment(source, "start") <= end and _moment(source, "end") >= start


def _moment(source: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(source["event"][name])
