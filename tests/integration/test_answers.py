"""What a real Elasticsearch answers, saved to a file, tells what its entries tell. Ours comes without ES|QL."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from tests.unit.test_answers import ENTRIES, FLAT, lines, newest_second_first, told

pytestmark = pytest.mark.stack

MOST = 1_000
FIELDS = [*FLAT[0]]
PROPERTIES = {name: {"type": "keyword"} for name in FIELDS} | {"@timestamp": {"type": "date"}}
Search = Callable[[Elasticsearch, str], Any]
SEARCHES: dict[str, Search] = {
    "newest first": lambda client, index: client.search(index=index, size=MOST, sort=[{"@timestamp": "desc"}]),
    "fields": lambda client, index: client.search(
        index=index, size=MOST, sort="@timestamp", source=False, fields=[{"field": name} for name in FIELDS]
    ),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
@pytest.mark.parametrize("indent", [None, 2], ids=["on one line", "pretty"])
def test_a_real_answer_is_read(
    elastic: Elasticsearch, name: str, tmp_path: Path, search: Search, indent: int | None
) -> None:
    index = f"{name}-logs"
    elastic.indices.create(index=index, mappings={"properties": PROPERTIES})
    bulk(elastic, ({"_index": index, "_source": each} for each in ENTRIES), refresh=True)
    answer = json.dumps(search(elastic, index).body, indent=indent)
    assert told(answer, tmp_path) == told(lines(ENTRIES), tmp_path)


def test_documents_of_the_same_second_stand_as_they_were_stored(
    elastic: Elasticsearch, name: str, tmp_path: Path
) -> None:
    index, stored = f"{name}-seconds", sorted(newest_second_first(ENTRIES), key=lambda each: str(each["@timestamp"]))
    elastic.indices.create(index=index, mappings={"properties": PROPERTIES})
    bulk(elastic, ({"_index": index, "_source": each} for each in stored), refresh=True)
    answer = elastic.search(index=index, size=MOST, sort=[{"@timestamp": "desc"}]).body
    assert [hit["_source"] for hit in answer["hits"]["hits"]] == newest_second_first(ENTRIES)
    assert told(json.dumps(answer), tmp_path) == told(lines(ENTRIES), tmp_path)


def test_answers_of_several_searches_are_read(elastic: Elasticsearch, name: str, tmp_path: Path) -> None:
    index = f"{name}-searches"
    elastic.indices.create(index=index, mappings={"properties": PROPERTIES})
    bulk(elastic, ({"_index": index, "_source": each} for each in ENTRIES), refresh=True)
    searches: list[dict[str, Any]] = [
        {"index": index},
        {"size": 0},
        {"index": index},
        {"size": MOST, "sort": "@timestamp"},
    ]
    answer = elastic.msearch(searches=searches).body
    assert told(json.dumps(answer, indent=2), tmp_path) == told(lines(ENTRIES), tmp_path)
