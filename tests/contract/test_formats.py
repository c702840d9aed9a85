"""What every family promises, whichever it is."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest import formats
from ingest.explanation.verdicts import meaning
from ingest.formats import Wording
from ingest.model import Code, Host, Line, Role, TimeSource, When

FOLDER = Path(formats.__file__).parent
CORPUS = Path(__file__).parent.parent / "corpus"
WORDINGS = [(family, wording) for family in formats.formats().values() for wording in family.wordings]
NAMES = list(formats.formats())


def line(text: str, tag: str | None = "kernel") -> Line:
    when = When(datetime(2026, 11, 22, tzinfo=UTC), TimeSource.SYSLOG, year_inferred=True, zone_inferred=True)
    return Line(("t", 0), 0, Host("h", "h"), when, None, tag, text, text)


@pytest.mark.parametrize(("family", "wording"), WORDINGS, ids=lambda each: getattr(each, "id", None))
def test_an_example_is_read_by_its_own_wording(family: formats.Format, wording: Wording) -> None:
    for tag in (*family.tags, None):
        match = formats.read(line(wording.example, tag), {family.name})
        assert match is not None
        assert (match.wording.id, match.unread) == (wording.id, "")


@pytest.mark.parametrize(("family", "wording"), WORDINGS, ids=lambda each: getattr(each, "id", None))
def test_an_example_is_read_by_no_other_wording(family: formats.Format, wording: Wording) -> None:
    readers = []
    for other_family, other in WORDINGS:
        grammar = other.grammar()
        if any(anchor in wording.example for anchor in other.anchors) and grammar.matches(wording.example):
            readers.append((other_family.name, other.id))
    assert readers == [(family.name, wording.id)]


@pytest.mark.parametrize(("family", "wording"), WORDINGS, ids=lambda each: getattr(each, "id", None))
def test_a_wording_names_its_source_and_its_anchor(family: formats.Format, wording: Wording) -> None:
    assert wording.id.startswith(f"{family.name}.")
    assert wording.source
    assert any(anchor in wording.example for anchor in wording.anchors)


@pytest.mark.parametrize(("family", "wording"), WORDINGS, ids=lambda each: getattr(each, "id", None))
def test_another_program_that_quotes_a_line_is_not_believed(family: formats.Format, wording: Wording) -> None:
    assert "logwatch" not in family.tags
    assert formats.read(line(wording.example, tag="logwatch"), {family.name}) is None


@pytest.mark.parametrize("family", NAMES)
def test_a_family_has_three_cases(family: str) -> None:
    assert len(list((CORPUS / family).glob("*.log"))) >= 3


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_no_family_imports_another(path: Path) -> None:
    modules = {
        node.module.rsplit(".", 1)[-1]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ingest.formats.")
    }
    assert not (modules - {path.stem}) & set(NAMES)


def test_a_line_can_only_be_opened_by_what_the_gate_lets_through() -> None:
    assert all(wording.anchors for _, wording in WORDINGS)
    opening = {anchor for _, wording in WORDINGS if wording.role is not Role.BODY for anchor in wording.anchors}
    assert opening == set(formats.anchors())


def test_a_new_family_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (FOLDER / "openvz.py").read_text().replace('name="openvz"', 'name="toy"').replace('"openvz.', '"toy.')
    (tmp_path / "toy.py").write_text(source)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    formats.formats.cache_clear()
    try:
        assert "toy" in formats.formats()
    finally:
        monkeypatch.undo()
        formats.formats.cache_clear()


@pytest.mark.parametrize("name", NAMES)
def test_who_only_repeats_is_told_as_that_where_a_process_table_is_missing(name: str) -> None:
    told = meaning(Code.NO_PROCESS_TABLE, name.replace("_", "-"))
    assert ("only the killer's own lines could tell" in told) is formats.formats()[name].repeats
