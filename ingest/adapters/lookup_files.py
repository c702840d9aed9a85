"""Lookup tables from CSV and YAML files. What is wrong with one is a sentence with its name, line and remedy."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Generic

import msgspec
from msgspec import Struct

from ingest import lookup
from ingest.adapters.lookup_rows import Row, Wrong, check, shown
from ingest.config import ConfigError
from ingest.lookup import Facts, HostFacts, PodFacts, UserFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.config import LookupSettings

_MOST_BYTES = 64 << 20


class _Table(Struct, Generic[Facts], frozen=True):
    """A kind of table: its key column, what its rows say, and the one way in which its keys are written."""

    key: str
    facts: type[Facts]
    normal: Callable[[str], str]

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key, *(field.name for field in msgspec.structs.fields(self.facts)))


_HOSTS = _Table("host", HostFacts, lookup.host_key)
_PODS = _Table("uid", PodFacts, lookup.pod_key)
_USERS = _Table("uid", UserFacts, lookup.user_key)


def load(settings: LookupSettings) -> lookup.Lookup:
    """The tables that are set.

    Raises:
        ConfigError: A file that cannot be read, or a row that is wrong.
    """
    return lookup.tables(_read(settings.hosts, _HOSTS), _read(settings.pods, _PODS), _read(settings.users, _USERS))


def _read(file: str | None, table: _Table[Facts]) -> dict[str, Facts]:
    if not file:
        return {}
    path = Path(file)
    try:
        return _by_key(_rows(path, table.columns), table)
    except Wrong as wrong:
        line = f"line {wrong.line} of " if wrong.line else ""
        raise ConfigError(f"{line}the lookup table {path} {wrong.what}") from None


def _by_key(rows: Iterable[Row], table: _Table[Facts]) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    lines: dict[str, int] = {}
    patterns = 0
    for line, texts in rows:
        written = texts.pop(table.key, "")
        if not written:
            raise Wrong(f"has no {table.key}; write it, or remove the row", line)
        if table is _USERS and not (written.isascii() and written.isdigit()):
            raise Wrong(f"has the uid {shown(written)}; write the number of the user", line)
        key = table.normal(written)
        if key in lines:
            raise Wrong(f"has the {table.key} {shown(key)} of line {lines[key]} again; remove one of the two", line)
        if len(found) == lookup.MOST_ROWS:
            raise Wrong(f"is one row too many; keep at most {lookup.MOST_ROWS:,}", line)
        patterns += table is _HOSTS and lookup.is_pattern(key)
        if patterns > lookup.MOST_PATTERNS:
            raise Wrong(f"is one pattern too many; keep at most {lookup.MOST_PATTERNS:,} hosts with a *", line)
        found[key] = table.facts(**{column: text or None for column, text in texts.items()})
        lines[key] = line
    return found


def _rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    match path.suffix.lower():
        case ".csv":
            return _csv_rows(_content(path), columns)
        case ".yaml" | ".yml":
            from ingest.adapters import lookup_yaml  # noqa: PLC0415  imports PyYAML, which few need

            return lookup_yaml.rows(_content(path), columns)
        case _:
            raise Wrong("is neither CSV nor YAML by its name; let it end in .csv, .yaml or .yml")


def _content(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Wrong(f"cannot be read: {error.strerror}") from None
    if len(raw) > _MOST_BYTES:
        raise Wrong(f"is larger than {_MOST_BYTES >> 20} MiB; keep only the rows that are needed")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Wrong("is not UTF-8; save the file as UTF-8", raw.count(b"\n", 0, error.start) + 1) from None


def _csv_rows(text: str, columns: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            texts = [cell.strip() for cell in cells]
            if not any(texts):
                pass
            elif not header:
                header = [name.lower() for name in texts]
                _check_header(header, columns, line)
            elif len(texts) > len(header):
                said = f"has more cells ({len(texts)}) than columns ({len(header)}); put a text with commas in quotes"
                raise Wrong(said, line)
            else:
                yield Row(line, dict(zip(header, texts, strict=False)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Wrong(f"is not CSV; put a text with quotes in quotes and double those in it: {error}", line) from None
    if not header:
        raise Wrong(f"is empty; begin it with the line {','.join(columns)}")


def _check_header(header: Sequence[str], columns: Sequence[str], line: int) -> None:
    if len(header) == 1 and any(separator in header[0] for separator in ";\t|"):
        raise Wrong(f"has no commas between its columns; write it as {','.join(columns)}", line)
    check(header, columns, line)
    if columns[0] not in header:
        raise Wrong(f"has no column {columns[0]!r}; add it", line)
