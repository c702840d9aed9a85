"""Kafka's batches handed out whole: the one seam into what kafka-python makes of answers to fetches.

``KafkaConsumer`` makes an object of every record, which is most of its cost. ``hand_out_batches`` has it hand out the
batches of message format 2 instead. Groups, sessions, offsets, CRCs, control batches and aborted transactions stay the
library's affair: its own generator runs as ever, and only what it would iterate over is another. What it uses of the
library is private, so a version outside the tested range gets records one by one, as documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import google_crc32c
import kafka
import structlog
from kafka.errors import CorruptRecordError, KafkaError

from ingest.adapters.kafka_batches import KafkaBatch
from ingest.adapters.kafka_versions import is_known

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT = 2
_ATTRIBUTES = 21
"""Where a batch's attributes begin."""

log = structlog.get_logger(__name__)


def hand_out_batches(consumer: Any) -> bool:
    """Have a consumer give one ``KafkaBatch`` as the value of one record for each batch.

    Returns:
        Whether it will. If not, its records are as ever.
    """
    if not is_known():
        log.info("records_one_by_one", kafka_python=kafka.__version__)
        return False
    fetcher = consumer._fetcher  # noqa: SLF001  the seam

    class WholeBatches(fetcher.PartitionRecords):  # type: ignore[misc,name-defined]  # the library has no types
        def _unpack_records(self, tp: Any, records: Any, *deserializers: Any) -> Any:
            return super()._unpack_records(tp, Batches(records, tp, self.fetch_offset), *deserializers)

        def take(self, n: int | None = None) -> Any:
            try:
                return super().take(n)
            except KafkaError as error:
                # The library would go on asking what has ended here, for ever. Once drained, it is fetched again.
                self.drain()
                if isinstance(error, CorruptRecordError):
                    error.args = (_damaged(self.topic_partition, self.next_fetch_offset),)
                raise

    fetcher.PartitionRecords = WholeBatches
    fetcher._parse_fetched_data = Answers(fetcher).parse  # noqa: SLF001
    return True


def _damaged(place: Any, offset: int) -> str:
    """What is damaged, for people."""
    where = f"{place.topic}-{place.partition} at offset {offset}"
    return f"the batch of {where} fails its CRC check: docs/runbooks/service.md, OomIngestWaiting"


class Answers:
    """What answers tell of partitions beside their records.

    Args:
        fetcher: The library's.
    """

    def __init__(self, fetcher: Any) -> None:
        self._parse = fetcher._parse_fetched_data  # noqa: SLF001  the seam
        self._subscriptions = fetcher._subscriptions  # noqa: SLF001  the seam
        self._left: dict[Any, tuple[Any, int]] = {}
        """Partitions that do not have the offset any more that we asked for: their state, which goes with them."""

    def parse(self, completed: Any) -> Any:
        """Have an answer about a partition parsed as it is, but for two things.

        It ends where the oldest open transaction begins: what is behind we are not given. And where records were
        deleted before we read them, the library goes on with the first that there is; that is said.
        """
        data, place = completed.partition_data, completed.topic_partition
        if data.last_stable_offset >= 0:
            data.high_watermark = min(data.high_watermark, data.last_stable_offset)
        records = self._parse(completed)
        state = self._subscriptions.assignment.get(place)
        if state is not None and state.awaiting_reset:
            self._left[place] = state, completed.fetched_offset
        elif place in self._left and not data.error_code:
            before, offset = self._left.pop(place)
            if state is before and completed.fetched_offset > offset:
                _warn_of_deleted(place, completed.fetched_offset - offset)
        return records


def _warn_of_deleted(place: Any, count: int) -> None:
    advice = "let the topic keep its records longer (retention.ms, retention.bytes), or add workers"
    log.warning("records_deleted_unread", partition=f"{place.topic}-{place.partition}", count=count, advice=advice)


class Batches:
    """What the library's generator asks for batches: those of format 2 are wrapped."""

    def __init__(self, records: Any, place: Any, since: int) -> None:
        self._records = records
        self._place = place
        self._since = since

    def next_batch(self) -> Any:
        """The next batch, if there is one."""
        batch = self._records.next_batch()
        return _Whole(batch, self._place, self._since) if batch is not None and batch.magic == _FORMAT else batch


class _Whole:
    """A batch that iterates over one record, whose value is the whole of it."""

    def __init__(self, batch: Any, place: Any, since: int) -> None:
        self._batch = batch
        self._value = KafkaBatch(place.topic, place.partition, batch, since)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def validate_crc(self) -> bool:
        """Whether the batch is as it was sent: attributes and everything behind them, CRC-32C.

        The library's own sum is in Python unless a package under the LGPL is installed, and much slower.
        """
        covered = bytes(memoryview(self._batch._buffer)[_ATTRIBUTES:])  # noqa: SLF001  the seam
        return bool(google_crc32c.value(covered) == self._batch.crc)

    def __next__(self) -> Any:
        """For control batches, whose one record the library reads itself."""
        return next(self._batch)

    def __iter__(self) -> Iterator[_Record]:
        if self._batch.records_count:
            yield _Record(self._batch, self._value)


class _Record:
    """The one record: the batch's last, as far as the library goes by it."""

    key = None
    headers = ()
    checksum = None

    def __init__(self, batch: Any, value: KafkaBatch) -> None:
        self.value = value
        self.offset = batch.last_offset
        self.timestamp = batch.max_timestamp
        self.timestamp_type = batch.timestamp_type
        self.size_in_bytes = batch.size_in_bytes

    def validate_crc(self) -> bool:
        """The batch's was validated."""
        return True
