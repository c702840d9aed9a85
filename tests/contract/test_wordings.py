"""The reference's formats, the registry's wordings and the corpus hold together."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

import pyparsing as pp
import pytest

from ingest import formats
from ingest.envelope import Envelope, Unreadable
from ingest.model import Origin, Raw
from tests.generator.wordings import draw, printed, shapes

CORPUS = Path(__file__).parent.parent / "corpus"
CASES = [path for path in sorted(CORPUS.rglob("*.toml")) if not path.name.endswith(("wordings.toml", ".reading.toml"))]
LEAST = 3


@cache
def grammars() -> dict[str, pp.ParserElement]:
    found = (wording for family in formats.formats().values() for wording in family.wordings)
    return {wording.id: wording.grammar().parse_with_tabs() for wording in found}


@cache
def covers(case: Path) -> tuple[str, ...]:
    return tuple(tomllib.loads(case.read_text())["covers"])


def near_miss(case: Path) -> bool:
    return case.parent.name == "near_miss"


def test_every_wording_is_read_by_the_registry_and_every_reader_has_a_wording() -> None:
    readers = {wording.id for family in formats.formats().values() for wording in family.wordings}
    assert readers == {each.reader for each in printed().values()}


@pytest.mark.parametrize("identity", printed())
def test_a_line_is_claimed_by_exactly_one_wording(identity: str) -> None:
    known = printed()[identity]
    wordings = [(f, wording) for f in formats.formats().values() for wording in f.wordings]
    for seed in range(4):
        text, _ = draw(Random(f"{identity} {seed}"), identity)
        tag = min(formats.formats()[known.family].tags)
        claims = [
            wording.id
            for family, wording in wordings
            if tag in family.tags
            and any(anchor in text for anchor in wording.anchors)
            and grammars()[wording.id].matches(text)
        ]
        assert claims == [known.reader], text


def test_no_wording_is_without_three_cases() -> None:
    found = Counter(identity for case in CASES if not near_miss(case) for identity in covers(case))
    assert [identity for identity in printed() if found[identity] < LEAST] == []


def test_no_wording_is_without_a_near_miss() -> None:
    found = {identity for case in CASES if near_miss(case) for identity in covers(case)}
    assert [identity for identity in printed() if identity not in found] == []


def test_a_case_names_only_wordings_that_exist() -> None:
    assert [(case.stem, each) for case in CASES for each in covers(case) if each not in printed()] == []


@pytest.mark.parametrize(
    "case", [case for case in CASES if not near_miss(case)], ids=lambda case: f"{case.parent.name}/{case.stem}"
)
def test_a_case_has_a_line_of_every_wording_that_it_names_and_its_reader_reads_it(case: Path) -> None:
    at = datetime(2026, 3, 5, 2, tzinfo=UTC)
    read: set[str] = set()
    wanted = set(covers(case))
    for value in case.with_suffix(".log").read_bytes().split(b"\n"):
        record = Envelope().read(Raw(Origin("f", None, 1), value, at))
        if isinstance(record, Unreadable):
            continue
        line = record.whole
        shaped = {identity for identity in wanted - read if shapes()[identity].search(line.raw.rstrip())}
        if not shaped:
            continue
        match = formats.read(line, set(formats.formats()))
        read |= {identity for identity in shaped if match and match.wording.id == printed()[identity].reader}
    assert wanted - read == set()


def test_unproven_wordings_are_few_and_named() -> None:
    unproven = {each.reader for each in printed().values() if not each.proven}
    assert unproven == {"openvz.selecting", "openvz.task", "openvz.selected", "freebsd.swap", "lmkd.kill"}
