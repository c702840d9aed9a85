"""Code, mapping, reference page and documents say the same of every field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import mapping
from ingest.fields import FIELDS, Kind, Type

CORPUS = Path(__file__).parent.parent / "corpus"
ROOTS = {
    "@timestamp", "agent", "cloud", "container", "ecs", "error", "event", "host", "kafka", "kubernetes", "labels",
    "message", "oom", "orchestrator", "process", "systemd",
}  # fmt: skip


def leaves(tree: dict[str, Any], shown: set[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and path not in shown:
            yield from leaves(value, shown, f"{path}.")
        else:
            yield path, value


@pytest.mark.parametrize("path", mapping.generated(), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path) -> None:
    assert path.read_text() == mapping.generated()[path], "run `make generate` and read the difference"


def test_names_are_unique_and_lower_case_under_known_roots() -> None:
    names = [field.name for field in FIELDS]
    assert len(names) == len(set(names))
    assert {name.split(".")[0] for name in names} <= ROOTS
    assert all(name == name.lower() for name in names)


def test_every_field_says_what_it_means() -> None:
    assert [field.name for field in FIELDS if not field.text.endswith(".")] == []


@pytest.mark.parametrize("kind", Kind)
def test_an_index_stays_far_from_the_field_limit(kind: Kind) -> None:
    objects = {name.rsplit(".", depth)[0] for name in mapping.paths(kind) for depth in range(1, name.count(".") + 1)}
    assert len(mapping.paths(kind)) + len(objects) < 350  # of 1,000


def _documents() -> list[Any]:
    lines = [line for case in sorted(CORPUS.rglob("*.ndjson")) for line in case.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def test_every_leaf_of_every_document_is_in_the_catalogue() -> None:
    unknown = set()
    for document in _documents():
        kind = Kind(document["_source"]["event"]["dataset"].removeprefix("oom."))
        known = mapping.paths(kind)
        shown = {path for path, kind in known.items() if kind in (Type.SHOWN, Type.FLATTENED)}
        unknown |= {(kind, path) for path, _ in leaves(document["_source"], shown) if path not in known}
    assert unknown == set()


def test_every_leaf_has_the_type_of_the_catalogue() -> None:
    fits: dict[Type, tuple[type, ...]] = {
        Type.LONG: (int,), Type.DOUBLE: (int, float), Type.BOOLEAN: (bool,), Type.SHOWN: (list,),
        Type.FLATTENED: (dict,),
    }  # fmt: skip
    wrong = []
    for document in _documents():
        known = mapping.paths(Kind(document["_source"]["event"]["dataset"].removeprefix("oom.")))
        shown = {path for path, kind in known.items() if kind in (Type.SHOWN, Type.FLATTENED)}
        for path, value in leaves(document["_source"], shown):
            values = value if isinstance(value, list) and known[path] is not Type.SHOWN else [value]
            wrong += [(path, each) for each in values if not isinstance(each, fits.get(known[path], (str,)))]
    assert wrong == []
