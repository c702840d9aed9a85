"""Logs that were pasted: escaped for HTML, quoted-printable as in mails, with no-break spaces, each line in quotes.

Told by how a log begins: in one line alone the envelope could not tell it from what a program logs.
"""

from __future__ import annotations

import html
import re
from binascii import a2b_qp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_NO_BREAK = "\N{NO-BREAK SPACE}".encode()
_PRINTABLE = re.compile(rb"^Content-Transfer-Encoding: quoted-printable\r?$", re.IGNORECASE | re.MULTILINE)
_SOFT_END = re.compile(rb"[^\n=]=\r?\n")
_PAGE = re.compile(rb"^&lt;\d{1,3}&gt;|&nbsp;|<br ?/?>\r?\n|^<(p|li|div|code|span)\b[^<>\n]*>.*</\1>\r?$", re.MULTILINE)
_TAGS = re.compile(rb"^(?:[ \t]*</?[a-z][^<>\n]*>)+|(?:</?[a-z][^<>\n]*>)+(?=[ \t]*\r?$)", re.MULTILINE)
"""Lower case only: kernels write ``<TASK>`` and ``<IRQ>``."""
_IN_QUOTES = re.compile(rb"""^[ \t]*(?:([`"'])(.*)\1)[,\\]?[ \t]*(\r?)$""", re.MULTILINE)
_LONGEST = 1 << 20
"""Bytes of a line that wait for its end."""
_LINES = 3
"""Lines in a row that are in quotes in a log of which all are."""


def undoing(head: bytes) -> Callable[[Iterable[bytes]], Iterator[bytes]] | None:
    """What gives a log that begins so as it was before it was pasted; ``None`` for one that was not."""
    undone: list[Callable[[bytes], bytes]] = []
    if _PRINTABLE.search(head) or (b"=3D" in head and _SOFT_END.search(head)):
        undone.append(a2b_qp)
        head = a2b_qp(head)
    if _PAGE.search(head):
        undone.append(_off_page)
        head = _off_page(head)
    if _NO_BREAK in head:
        undone.append(_with_blanks)
    if _all_in_quotes(head):
        undone.append(_out_of_quotes)
    if not undone:
        return None

    def whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for lines in _whole_lines(pieces):
            for undo in undone:
                lines = undo(lines)  # noqa: PLW2901  one after the other
            yield lines

    return whole


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at ends of lines that are no soft ones of a mail."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = len(rest)
        while (end := rest.rfind(b"\n", 0, end)) > 0 and rest[:end].rstrip(b"\r").endswith(b"="):
            pass
        if end > 0 or len(rest) > _LONGEST:
            yield rest[: end + 1] if end > 0 else rest
            rest = rest[end + 1 :] if end > 0 else b""
    yield rest


def _off_page(lines: bytes) -> bytes:
    text = _TAGS.sub(b"", lines).decode("utf-8", "surrogateescape")
    return html.unescape(text).encode("utf-8", "surrogateescape")


def _with_blanks(lines: bytes) -> bytes:
    return lines.replace(_NO_BREAK, b" ")


def _all_in_quotes(head: bytes) -> bool:
    lines = [line for line in head.splitlines()[:-1] if line.strip()][:_LINES]
    return len(lines) == _LINES and all(map(_IN_QUOTES.fullmatch, lines))


def _out_of_quotes(lines: bytes) -> bytes:
    return _IN_QUOTES.sub(rb"\2\3", lines)
