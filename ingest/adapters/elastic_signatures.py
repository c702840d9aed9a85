"""Signatures in Elasticsearch: read, merged and written back only where nobody else has written meanwhile.

Workers of one group see the same failure on different hosts, so an external version cannot order their writes: the
higher version would drop what the lower one knew. Each write names the copy that it was merged with.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from msgspec import Struct

from ingest.adapters.elastic_client import (
    CONFLICT,
    TOO_LARGE,
    TOO_LARGE_REASON,
    address,
    is_the_documents_fault,
    is_too_large,
    plain_failures,
    reason,
    trouble,
)
from ingest.document.signature import created_of, index_of, signature_of, source_of
from ingest.episode.signature import merge
from ingest.model import Document
from ingest.ports import Refusal, Refused, Unavailable, WriteReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elasticsearch import Elasticsearch

    from ingest.model import Signature

_REMEMBERED = 10_000
"""Signatures whose last state is kept, so that the next report of one needs no reading."""

_AT_ONCE = 50
_ROUNDS = 5
"""Writes of one signature that other workers may come before; after that the loop waits and begins again."""

_NO_INDEX = "index_not_found_exception"


class _Copy(Struct, frozen=True):
    """What Elasticsearch has of a signature, and which write it was."""

    signature: Signature
    created: datetime
    number: int
    term: int


class ElasticSignatures:
    """Implements ``ports.Signatures``.

    Args:
        client: From ``elastic_client.connect``.
        prefix: First part of every index name.
    """

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client = client
        self._index = index_of(prefix)
        self._copies: OrderedDict[str, _Copy] = OrderedDict()

    def record(self, sightings: Sequence[Signature]) -> WriteReport:
        """Add sightings to what is stored; see ``ports.Signatures``."""
        written = stale = 0
        refused: list[Refusal] = []
        for at in range(0, len(sightings), _AT_ONCE):
            report = self._record(sightings[at : at + _AT_ONCE])
            written += report.written
            stale += report.stale
            refused += report.refused
        return WriteReport(written, stale, tuple(refused))

    def _record(self, sightings: Sequence[Signature]) -> WriteReport:
        waiting = {each.id: each for each in sightings}
        written = stale = 0
        refused: list[Refusal] = []
        for _ in range(_ROUNDS):
            self._read([key for key in waiting if key not in self._copies])
            news = {key: self._merged(each) for key, each in waiting.items()}
            known = [key for key, each in news.items() if key in self._copies and each == self._copies[key].signature]
            stale += len(known)
            for key in known:
                del news[key], waiting[key]
            if not news:
                return WriteReport(written, stale, tuple(refused))
            for key, refusal in self._write(news).items():
                del waiting[key]
                if refusal:
                    refused.append(refusal)
                else:
                    written += 1
        raise Unavailable(f"{len(waiting)} signatures could not be written: other workers write them all the time")

    def _merged(self, sighting: Signature) -> Signature:
        copy = self._copies.get(sighting.id)
        return merge(copy.signature, sighting) if copy else sighting

    def _read(self, keys: list[str]) -> None:
        """Remember what is stored; ``mget`` sees the last write without a refresh."""
        if not keys:
            return
        with plain_failures(self._client):
            answer = self._client.mget(index=self._index, ids=keys)
        for found in answer["docs"]:
            if found.get("found"):
                source = found["_source"]
                copy = _Copy(signature_of(source), created_of(source), found["_seq_no"], found["_primary_term"])
                self._remember(found["_id"], copy)
            elif "error" in found and found["error"].get("type") != _NO_INDEX:
                raise Unavailable(f"Elasticsearch at {address(self._client)} did not read: {reason(found['error'])}")

    def _write(self, news: Mapping[str, Signature]) -> dict[str, Refusal | None]:
        """Those that were written, or never will be; the others were written by somebody else meanwhile."""
        now = datetime.now(UTC)
        created = {key: copy.created if (copy := self._copies.get(key)) else now for key in news}
        sources = {key: source_of(each, created[key], now) for key, each in news.items()}
        lines: Any = []
        for key, source in sources.items():
            lines += [orjson.dumps(self._action(key)), orjson.dumps(source)]
        try:
            with plain_failures(self._client):
                answer = self._client.bulk(operations=lines)
        except Refused as error:
            if is_too_large(error):
                return self._in_halves(news, sources)
            raise
        done: dict[str, Refusal | None] = {}
        for key, item in zip(news, answer["items"], strict=True):
            (result,) = item.values()
            status = result["status"]
            if status < 300:  # noqa: PLR2004  2xx
                self._remember(key, _Copy(news[key], created[key], result["_seq_no"], result["_primary_term"]))
                done[key] = None
            elif status == CONFLICT:
                self._copies.pop(key, None)
            elif is_the_documents_fault(status, result["error"]):
                document = Document(self._index, key, 1, sources[key])
                done[key] = Refusal(document, status, reason(result["error"]))
            else:
                raise trouble(self._client, status, result["error"])
        return done

    def _in_halves(
        self, news: Mapping[str, Signature], sources: Mapping[str, Mapping[str, object]]
    ) -> dict[str, Refusal | None]:
        """A request that was too large, in two; a single signature that is too large will never be written."""
        keys = list(news)
        if len(keys) == 1:
            document = Document(self._index, keys[0], 1, sources[keys[0]])
            return {keys[0]: Refusal(document, TOO_LARGE, TOO_LARGE_REASON)}
        done: dict[str, Refusal | None] = {}
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
            done |= self._write({key: news[key] for key in half})
        return done

    def _action(self, key: str) -> dict[str, dict[str, object]]:
        copy = self._copies.get(key)
        if copy is None:
            return {"create": {"_index": self._index, "_id": key}}
        return {
            "index": {"_index": self._index, "_id": key, "if_seq_no": copy.number, "if_primary_term": copy.term},
        }

    def _remember(self, key: str, copy: _Copy) -> None:
        self._copies[key] = copy
        self._copies.move_to_end(key)
        while len(self._copies) > _REMEMBERED:
            self._copies.popitem(last=False)
