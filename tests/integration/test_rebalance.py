"""Partitions that come and go on a real broker: what is kept, what is dropped, what is committed, who stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from ingest.adapters import kafka, kafka_admin
from ingest.adapters.kafka import KafkaSource
from ingest.adapters.memory import MemorySignatures, MemorySink
from ingest.assemble import Bounds
from ingest.config import KafkaSettings
from ingest.envelope import Envelope
from ingest.model import Document
from ingest.observability.vitals import Vitals
from ingest.offline import NoHeads
from ingest.pipeline import Pipeline
from ingest.ports import Assignment, Batch, Halted, Partition, WriteReport
from ingest.runtime import run
from tests.conftest import Endpoints

pytestmark = pytest.mark.stack
POD = (Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log").read_bytes().splitlines()
AT = datetime(2026, 11, 22, 10, 15, 2, tzinfo=UTC)
POD_LATER = b"Nov 22 11:00:00 node-7 kernel: eth0: link up"


class Diary:
    """Notes changes of assignment."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, list[int]]] = []

    def assigned(self, partitions: Collection[Partition]) -> None:
        self.changes.append(("assigned", sorted(each.number for each in partitions)))

    def revoked(self, partitions: Collection[Partition]) -> None:
        self.changes.append(("revoked", sorted(each.number for each in partitions)))

    def lost(self, partitions: Collection[Partition]) -> None:
        self.changes.append(("lost", sorted(each.number for each in partitions)))


class Slow(MemorySink):
    """A sink whose first answer takes until it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.answer = threading.Event()

    def write(self, documents: Sequence[Document]) -> WriteReport:
        self.asked.set()
        assert self.answer.wait(60)
        return super().write(documents)


class Told(KafkaSource):
    """A source that notes what its loop is told and commits."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__(settings)
        self.diary = Diary()

    def subscribe(self, assignment: Assignment) -> None:
        super().subscribe(_Both(assignment, self.diary))

    def stays_until_it_leaves(self) -> bool:
        self.keep_alive()
        return self.is_leaving()

    def is_leaving(self) -> bool:
        return self._membership.must_wait()


class _Both:
    def __init__(self, *told: Assignment) -> None:
        self.told = told

    def assigned(self, partitions: Collection[Partition]) -> None:
        for each in self.told:
            each.assigned(partitions)

    def revoked(self, partitions: Collection[Partition]) -> None:
        for each in self.told:
            each.revoked(partitions)

    def lost(self, partitions: Collection[Partition]) -> None:
        for each in self.told:
            each.lost(partitions)


class Worker:
    """The loop in a thread, with a sink of the test's."""

    def __init__(self, settings: KafkaSettings, sink: MemorySink) -> None:
        self.source = Told(settings)
        self.stop = threading.Event()
        self.pipeline = Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), NoHeads())
        self.source.subscribe(self.pipeline)
        self._thread = threading.Thread(target=self._run, args=(sink,), daemon=True)
        self._thread.start()

    def _run(self, sink: MemorySink) -> None:
        run(self.source, sink, MemorySignatures(), self.pipeline, self.stop, Vitals())

    def end(self) -> None:
        self.stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def settings(stack: Endpoints, name: str, instance: str | None = None) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=stack.kafka, topics=(name,), group=name, group_instance_id=instance)


@pytest.fixture
def topic(stack: Endpoints, name: str) -> str:
    kafka_admin.create_topic(stack.kafka, name, 4)
    return name


def committed(stack: Endpoints, group: str) -> dict[int, int]:
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka)
    try:
        return {place.partition: found.offset for place, found in admin.list_group_offsets(group)[group].items()}
    finally:
        admin.close()


def send(stack: Endpoints, topic: str, by_partition: Mapping[int, Sequence[bytes | None]]) -> None:
    producer = KafkaProducer(bootstrap_servers=stack.kafka, acks="all")
    for number, values in by_partition.items():
        for value in values:
            producer.send(topic, value=value, key=b"node-7", partition=number, timestamp_ms=_ms(AT))
    producer.flush(timeout=30)
    producer.close()


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


class Reader:
    """A source that is polled all the time, as a worker does it, in a thread of its own."""

    def __init__(
        self, settings: KafkaSettings, *told: Assignment, take: Callable[[Batch], object] = lambda _: None
    ) -> None:
        self.diary = Diary()
        self.batches: list[Batch] = []
        self.halted: Halted | None = None
        self.mark: Mapping[Partition, int] = {}
        self._source = KafkaSource(settings)
        self._stop = threading.Event()
        self._take = take
        self._source.subscribe(_Both(*told, self.diary))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.batches.append(self._source.poll(0.2))
                self._take(self.batches[-1])
                self._source.commit(self.mark)
        except Halted as halted:
            self.halted = halted
        finally:
            self._source.close()

    @property
    def records(self) -> int:
        return sum(len(group) for batch in self.batches for group in batch.records.values())

    def end(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


def test_a_rebalance_takes_only_what_moves(stack: Endpoints, topic: str) -> None:
    one = Reader(settings(stack, topic))
    until(lambda: one.diary.changes)
    assert one.diary.changes == [("assigned", [0, 1, 2, 3])]
    two = Reader(settings(stack, topic))
    until(lambda: two.diary.changes)
    ((what, gone),) = one.diary.changes[1:]
    assert (what, len(gone)) == ("revoked", 2)
    assert two.diary.changes == [("assigned", gone)]
    two.end()
    until(lambda: len(one.diary.changes) > 2)
    assert one.diary.changes[2:] == [("assigned", gone)]
    one.end()


def test_only_the_state_of_a_partition_that_moved_is_dropped(stack: Endpoints, topic: str) -> None:
    pipeline = Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), NoHeads())
    send(stack, topic, dict.fromkeys(range(4), POD[:5]))
    one = Reader(settings(stack, topic), pipeline, take=lambda batch: pipeline.step(batch, AT))
    until(lambda: pipeline.open_reports == 4)
    two = Reader(settings(stack, topic))
    until(lambda: len(one.diary.changes) == 2)
    assert one.diary.changes[1][0] == "revoked"
    until(lambda: two.diary.changes)
    one.end()
    two.end()
    assert pipeline.open_reports == 2
    kept = {0, 1, 2, 3} - set(one.diary.changes[1][1])
    assert {each.number: offset for each, offset in pipeline.committable().items()} == dict.fromkeys(kept, 0)


def test_what_is_being_written_when_a_partition_is_revoked_is_committed_before_it_goes(
    stack: Endpoints, topic: str
) -> None:
    """The next owner of the partition must not read it again: the group waits for the write."""
    send(stack, topic, {number: [*POD, POD_LATER] for number in range(4)})
    sink = Slow()
    worker = Worker(settings(stack, topic), sink)
    assert sink.asked.wait(60)
    joining = Reader(settings(stack, topic))
    until(worker.source.is_leaving)
    assert joining.diary.changes == []
    sink.answer.set()
    until(lambda: joining.diary.changes)
    read = len(joining.batches)
    until(lambda: len(joining.batches) > read + 5)
    assert joining.records == 0
    assert committed(stack, topic) == dict.fromkeys(range(4), len(POD) + 1)
    worker.end()
    joining.end()


def test_a_slow_write_never_leaves_the_group(stack: Endpoints, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "MAX_POLL_INTERVAL_MS", 6_000)
    send(stack, topic, {0: [*POD, POD_LATER]})
    sink = Slow()
    worker = Worker(settings(stack, topic), sink)
    assert sink.asked.wait(60)
    assert not sink.answer.wait(15)  # more than twice as long as the group would bear without a poll
    sink.answer.set()
    until(lambda: committed(stack, topic).get(0) == len(POD) + 1)
    assert [what for what, _ in worker.source.diary.changes] == ["assigned"]
    worker.end()


def test_what_was_lost_is_never_committed(stack: Endpoints, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "MAX_POLL_INTERVAL_MS", 6_000)
    source, diary = KafkaSource(settings(stack, topic)), Diary()
    source.subscribe(diary)
    send(stack, topic, {0: POD})
    until(lambda: (source.poll(0.2), diary.changes)[1])
    # Not polled for longer than the group bears: the client leaves it.
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka)
    until(lambda: not admin.describe_groups([topic])[topic]["members"])
    admin.close()
    source.commit({Partition(topic, 0): 7})
    until(lambda: (source.poll(0.2), len(diary.changes) == 3)[1])
    assert [what for what, _ in diary.changes] == ["assigned", "lost", "assigned"]
    assert committed(stack, topic) == {}
    source.close()


def test_a_worker_with_a_name_comes_back_without_a_rebalance(stack: Endpoints, topic: str) -> None:
    named, other = (Reader(settings(stack, topic, each)) for each in ("a", "b"))
    until(lambda: named.diary.changes and other.diary.changes)
    until(lambda: len(named.diary.changes) + len(other.diary.changes) == 3)
    before = list(other.diary.changes)
    named.end()
    again = Reader(settings(stack, topic, "a"))
    until(lambda: again.diary.changes)
    assert other.diary.changes == before
    assert len(again.diary.changes[0][1]) == 2
    again.mark = {Partition(topic, again.diary.changes[0][1][0]): 0}
    twin = Reader(settings(stack, topic, "a"))
    until(lambda: again.halted)
    assert "another worker has the name 'a'" in str(again.halted)
    for reader in (again, twin, other):
        reader.end()


def test_what_a_worker_with_a_name_gave_up_when_it_died_finds_its_next_owner(stack: Endpoints, topic: str) -> None:
    """It dies between the two rounds of a rebalance: its place comes back without the second one."""
    dying, diary = Told(settings(stack, topic, "a")), Diary()
    dying.subscribe(diary)
    until(lambda: (dying.poll(0.2), diary.changes)[1])
    other = Reader(settings(stack, topic, "b"))
    until(dying.stays_until_it_leaves)
    dying.close()  # One with a name does not leave the group.
    again = Reader(settings(stack, topic, "a"))
    until(lambda: again.diary.changes and other.diary.changes)
    assert sorted(again.diary.changes[0][1] + other.diary.changes[0][1]) == [0, 1, 2, 3]
    again.end()
    other.end()


def test_a_partition_ends_where_an_open_transaction_begins(stack: Endpoints, topic: str) -> None:
    send(stack, topic, {0: POD})
    producer = KafkaProducer(bootstrap_servers=stack.kafka, acks="all", transactional_id=topic)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, value=POD_LATER, partition=0, timestamp_ms=_ms(AT))
    producer.flush(timeout=30)
    reader = Reader(settings(stack, topic))
    place = Partition(topic, 0)
    until(lambda: reader.batches and place in reader.batches[-1].at_end)
    assert (reader.batches[-1].behind[place], reader.batches[-1].reached[place]) == (0, len(POD))
    producer.commit_transaction()
    until(lambda: reader.batches[-1].reached[place] == len(POD) + 2 and place in reader.batches[-1].at_end)
    reader.end()
    producer.close()


def test_the_commit_passes_what_transactions_leave_behind(stack: Endpoints, topic: str) -> None:
    producer = KafkaProducer(bootstrap_servers=stack.kafka, acks="all", transactional_id=topic)
    producer.init_transactions()
    for values, commits in ((POD, True), ([b"given up"] * 5, False)):
        producer.begin_transaction()
        for value in values:
            producer.send(topic, value=value, partition=0, timestamp_ms=_ms(AT))
        producer.flush(timeout=30)
        if commits:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    send(stack, topic, {0: [POD_LATER, None]})
    sink = MemorySink()
    worker = Worker(settings(stack, topic), sink)
    end = len(POD) + 1 + 5 + 1 + 2
    until(lambda: committed(stack, topic).get(0) == end)
    worker.end()
    assert len(sink.documents) == 4
