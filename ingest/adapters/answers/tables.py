"""Tables with a column of messages that searches export as text, a line for each row: CSV in its kinds."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ingest.adapters.answers.columns import bare, has_messages, names
from ingest.adapters.answers.order import held
from ingest.adapters.streamed import LONGEST, lines
from ingest.envelope.json_record import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedIOBase

_HEADING = re.compile(
    rb'(?:sep=.\r?\n)?(?P<names>(?:"[^"\r\n]{1,64}"|[^\s,;|"{}\[\]=:][^,;|\t"\r\n{}=:]{0,63})'
    rb'(?P<separator>[,;|\t])(?:[^"\r\n{}=]|"[^"\r\n]{0,64}+")*+)\r?\n'
)
"""Names of columns; a name may stand in quotes. For Excel, Grafana writes the separator before them."""
_SEPARATOR = b"sep="
_RULED = re.compile(rb"(?P<names>[^\r\n]++)\r?\n(?P<rule>-{3,}+(?:\+-{3,}+)*+)\r?\n")
"""The same as ES|QL and SQL print them for people: a rule below them has the columns' widths."""
_KIBANA_TIME = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4} @ \d\d:\d\d:\d\d(?:\.\d{1,6})?")
_AZURE_TIME = re.compile(r"\d{1,2}/\d{1,2}/\d{4}, \d{1,2}:\d\d:\d\d\.\d{3} [AP]M")
_DAY, _YEAR = re.compile(r"[A-Z][a-z]{2} \d{1,2}"), re.compile(r" \d{4} @ \d\d:")
"""Such a time, cut where it has a comma."""
_NOTHING = ("", "-", "(empty)", "null")
"""What stands in a cell of a document without the field."""


def reader(head: bytes) -> Callable[[BufferedIOBase], Iterator[bytes]] | None:
    """What makes lines of a table that begins so; ``None`` where it is none."""
    if (ruled := _RULED.match(head)) and has_messages(names(_cut(ruled["names"], widths := _widths(ruled["rule"])))):
        return partial(_ruled, widths=widths)
    heading = _HEADING.match(head)
    if heading and has_messages(_names(heading["names"], separator := heading["separator"].decode())):
        return partial(_table, separator=separator)
    return None


def _names(heading: bytes, separator: str) -> list[str]:
    return names(next(csv.reader([heading.decode("utf-8", "replace")], delimiter=separator), []))


def _table(stream: BufferedIOBase, separator: str) -> Iterator[bytes]:
    heading = stream.readline(LONGEST)
    if heading.startswith(_SEPARATOR):
        heading = stream.readline(LONGEST)
    columns = _names(heading.rstrip(b"\r\n"), separator)
    rows = (line.decode("utf-8", "backslashreplace") for line in lines(stream))
    return held(
        _line(columns, _fitted(row, columns, separator)) for row in _rows(csv.reader(rows, delimiter=separator))
    )


def _ruled(stream: BufferedIOBase, widths: list[int]) -> Iterator[bytes]:
    columns = names(_cut(stream.readline(LONGEST), widths))
    stream.readline(LONGEST)
    return held(_line(columns, _cut(line, widths)) for line in lines(stream))


def _widths(rule: bytes) -> list[int]:
    return [len(each) for each in rule.split(b"+")]


def _cut(line: bytes, widths: list[int]) -> list[str]:
    """The cells of a row, each as wide as its column."""
    text, begin = line.decode("utf-8", "backslashreplace").rstrip("\r\n"), 0
    cells = list[str]()
    for width in widths:
        cells.append(text[begin : begin + width].strip())
        begin += width + 1
    return cells


def _rows(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Each row. One with a far too long cell, as behind a lost quote, is empty."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield []


def _fitted(row: list[str], columns: list[str], separator: str) -> list[str]:
    """A row with a cell for each column, where Kibana puts nothing in quotes: messages and its times have commas."""
    if len(row) <= len(columns):
        return row
    cells = list[str]()
    for cell in row:
        if _YEAR.match(cell) and cells and _DAY.fullmatch(cells[-1]):
            cells[-1] += separator + cell
        else:
            cells.append(cell)
    begin = next(at for at, name in enumerate(columns) if name in MESSAGES)
    end = len(cells) - (len(columns) - begin - 1)
    return [*cells[:begin], separator.join(cells[begin:end]), *cells[end:]]


def _line(columns: list[str], row: list[str]) -> bytes:
    """A row as an object; of two columns of one name the first counts."""
    entry: dict[str, Any] = {}
    for name, told in zip(columns, row, strict=False):
        if (cell := bare(told)).strip() not in _NOTHING and name not in entry:
            entry[name] = _cell(name, cell)
    return msgspec.json.encode(entry) + b"\n"


def _cell(name: str, cell: str) -> Any:
    """A cell; an object is one, and a time as Kibana or Log Analytics writes it becomes one that everybody reads."""
    if name in MESSAGES:
        return cell
    if cell.startswith("{"):
        try:
            return msgspec.json.decode(cell)
        except (msgspec.DecodeError, RecursionError):
            return cell
    if _KIBANA_TIME.fullmatch(cell):
        return _time(cell, "%b %d, %Y @ %H:%M:%S.%f" if "." in cell else "%b %d, %Y @ %H:%M:%S")
    return _time(cell, "%m/%d/%Y, %I:%M:%S.%f %p", "Z") if _AZURE_TIME.fullmatch(cell) else cell


def _time(cell: str, form: str, zone: str = "") -> str:
    """A time as everybody reads it. Kibana's is in the browser's zone, which only the reader knows."""
    try:
        return datetime.strptime(cell, form).isoformat(timespec="milliseconds") + zone  # noqa: DTZ007
    except ValueError:
        return cell
