"""The parser as a library."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import ingest
from ingest.config import Settings
from tests import expected

ROOT = Path(__file__).parent.parent.parent
POD = ROOT / "tests" / "corpus" / "linux" / "pod_memcg.log"
AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "lines",
    [POD.read_text(), POD.read_bytes(), POD.read_text().splitlines(keepends=True), POD.read_bytes().splitlines()],
    ids=["text", "bytes", "lines", "lines of bytes"],
)
def test_parse_gives_the_documents_of_lines_in_any_form(lines: str | bytes | list[str] | list[bytes]) -> None:
    found = [{"_index": d.index, "_id": d.id, "_source": d.source} for d in ingest.parse(lines, recorded_at=AT)]
    assert found == expected.read(POD.with_suffix(".ndjson"))


def test_lines_are_read_as_they_are_asked_for() -> None:
    asked = []

    def endless() -> Iterator[str]:
        for number in range(1_000_000):
            asked.append(number)
            yield from POD.read_text().replace("node-7", f"node-{number}").splitlines()

    assert next(ingest.parse(endless(), recorded_at=AT)).index == "oom-kill-2026.11"
    assert len(asked) < 20_000


def test_explain_gives_one_view_for_each_episode() -> None:
    (view,) = ingest.explain(POD.read_text(), recorded_at=AT)
    assert (view.host, view.kill_count) == ("node-7", 1)
    assert view.sentences


def test_host_and_settings_are_taken() -> None:
    lines = [line.partition(" kernel: ")[2] for line in POD.read_text().splitlines()]
    settings = Settings(elasticsearch=type(Settings().elasticsearch)(index_prefix="mine"))
    found = list(ingest.parse(lines, host="Web-7", recorded_at=AT, settings=settings))
    hosts = [document.source["host"] for document in found]
    assert {host["name"] for host in hosts if isinstance(host, dict)} == {"web-7"}
    assert all(document.index.startswith("mine-") for document in found)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        ingest.parse([], recorded_at=datetime(2026, 11, 22))  # noqa: DTZ001  that is the point


def test_the_package_alone_is_light_and_knows_its_names() -> None:
    code = "import sys, ingest; print(ingest.__version__, sorted({'pyparsing', 'msgspec', 'click'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{ingest.__version__} []\n"
    with pytest.raises(AttributeError, match="has no attribute 'pars'"):
        _ = ingest.pars


def test_the_page_shows_what_python_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "how-to" / "python.md"), module_relative=False)
    assert (failed, tried >= 8) == (0, True)
