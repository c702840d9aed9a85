"""What is stored after a run, and how it differs from the reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

Key = tuple[str, str]
Victim = tuple[str, int, str]

_PROVENANCE = ("ingested", "created")
_MOST = 10_000


@dataclass(frozen=True)
class Answer:
    """The documents by index and id, without what is outside equality; dead letters by where their record stood."""

    documents: dict[Key, dict[str, Any]]
    dead: Counter[tuple[int, int, str]]

    @property
    def victims(self) -> Counter[Victim]:
        """How many documents tell of each victim."""
        return Counter(victim(source) for (index, _), source in self.documents.items() if index.startswith("kill-"))


@dataclass(frozen=True)
class Difference:
    """What is not as the reference has it."""

    lost: int
    doubled: int
    others: list[str] = field(default_factory=list)

    @property
    def none(self) -> bool:
        return not (self.lost or self.doubled or self.others)


def victim(source: dict[str, Any]) -> Victim:
    """Host, pid and name."""
    return source["host"]["name"], source["process"]["pid"], source["process"]["name"]


def stored(elastic: Elasticsearch, prefix: str) -> Answer:
    """Everything that a run stored, but for the service's own health."""
    documents: dict[Key, dict[str, Any]] = {}
    dead: Counter[tuple[int, int, str]] = Counter()
    for hit in hits(elastic, [f"{prefix}-*", f"-{prefix}-pipeline-*"]):
        index = hit["_index"].removeprefix(f"{prefix}-")
        source = json.loads(json.dumps(hit["_source"]))
        place = source.pop("kafka", None) or {}
        if index.startswith("deadletter"):
            dead[place.get("partition", -1), place.get("offset", -1), source["error"]["code"]] += 1
            continue
        source["oom"].pop("envelope", None)
        for name in _PROVENANCE:
            source["event"].pop(name, None)
        documents[index, hit["_id"]] = source
    return Answer(documents, dead)


def hits(elastic: Elasticsearch, indices: list[str], fields: list[str] | None = None) -> list[dict[str, Any]]:
    """Every document of some indices."""
    elastic.indices.refresh(index=indices, allow_no_indices=True, ignore_unavailable=True)
    answer = elastic.search(
        index=indices,
        size=_MOST,
        source_includes=fields,
        allow_no_indices=True,
        ignore_unavailable=True,
    )
    found = list(answer["hits"]["hits"])
    assert len(found) == answer["hits"]["total"]["value"], "more documents than one answer holds"
    return found


def compare(reference: Answer, found: Answer) -> Difference:
    """How an answer differs."""
    doubled = sum((found.victims - reference.victims).values())
    lost = sum((reference.victims - found.victims).values())
    others = [*_documents(reference.documents, found.documents)]
    if found.dead != reference.dead:
        others.append(
            f"dead letters: {_sample(found.dead - reference.dead)} more, {_sample(reference.dead - found.dead)} less"
        )
    return Difference(lost, doubled, others)


def _documents(reference: dict[Key, dict[str, Any]], found: dict[Key, dict[str, Any]]) -> Iterator[str]:
    for key in sorted(reference.keys() | found.keys()):
        one, other = reference.get(key), found.get(key)
        if one is None or other is None:
            yield f"{'missing' if other is None else 'new'}: {key}"
        elif one != other:
            yield f"changed: {key}: {', '.join(_changes('', one, other))}"


def _changes(path: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from _changes(f"{path}.{name}", one.get(name), other.get(name))
    elif one != other:
        yield f"{path} {str(one)[:80]!r} is {str(other)[:80]!r}"


def _sample(of: Iterable[object]) -> list[object]:
    return list(of)[:3]
