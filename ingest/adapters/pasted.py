"""Logs that were pasted: escaped for HTML, quoted-printable or wrapped as in mails, with no-break spaces, in quotes.

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
_REST = (
    rb"(?<! ) *+\r?\n(?:> ?)*+(?=(?:gfp_mask|nodemask|order|oom_score_adj|mems_allowed|hugepages_\w+)="
    rb"|killed process \d|\d+kB\b|[a-z_]{3,24}(?:\(\w+\)|-rss)?:-?\d+(?:kB|\b)|UID:\d|oom_score_adj:-?\d|\d+\*\d+kB"
    rb"|\([UMERCHI]+\) \d|= ?\d+kB|(?:[a-z_]{3,16} +){0,7}name\r?\n|#\d|\d+\.\d+\.\d\S*\s#\d"
    rb"|(?:\S{1,16} )?(?:Not )?[Tt]ainted|[A-Z](?: +[A-Z])*+ +\d\.\d+\.\d|all_unreclaimable|(?:yes|no)\r?\n|\d+/\d+\b"
    rb"|(?:\d+ \(.{1,16}\) score \d+ )?(?:or )?sacrifice child|total-vm:\d)"
)
"""Where a mail wrapped a line of a kernel: the rest begins with what no line of a log that has stamps begins with."""
_STAMP = rb"^.{0,80}?(?:\[ *+\d+\.\d{6}\]|kernel:) "
_WRAPPED = re.compile(_STAMP + rb".{8,}" + _REST, re.MULTILINE)
_RESTS = re.compile(_REST)
_ROWS = re.compile(b"(" + _STAMP + rb"\[ *+\d+\](?: +-?\d+){2,12}+) *\r?\n(?:> ?)*+(?=[^\s\[])", re.MULTILINE)
"""Rows of a process table whose name stands on the next line."""
_ESCAPED = re.compile(rb"\b(?:gfp|total|oom|mems|active|slab)\\_[a-z]")
_ESCAPES = re.compile(rb"\\([_*<>\[\]#~`|])")
"""What Markdown takes for no markup."""
_NEWEST_FIRST = re.compile(
    rb"Killed process (\d++) [^\n]*+\n[^\n]*?(oom-kill:constraint=|Kill process )(?:[^\n]*,pid=)?+\1[, ]"
)
"""A kill before the line that the kernel prints before it, as ``journalctl -r`` and some pages show a log."""
_ENTRIES = re.compile(rb"[^\n]*+\n(?:[ \t][^\n]*+\n)*+")
_AT_ONCE = 1 << 20
"""Bytes in which what was done to a log is undone together; few pastes have more."""
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
    if _ESCAPED.search(head):
        undone.append(_unescaped)
    if _WRAPPED.search(head):
        undone.append(_joined)
    if _all_in_quotes(head):
        undone.append(_out_of_quotes)
    newest = _NEWEST_FIRST.search(head)
    if newest and head.find(newest[2]) > newest.start():  # else the same process was killed once more
        undone.append(_oldest_first)
    if not undone:
        return None

    def whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for lines in _whole_lines(pieces):
            for undo in undone:
                lines = undo(lines)  # noqa: PLW2901  one after the other
            yield lines

    return whole


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut seldom and at ends of lines: what is undone may reach over the end of one."""
    waiting = b""
    for piece in pieces:
        waiting += piece
        if len(waiting) > _AT_ONCE:
            end = waiting.rfind(b"\n") + 1 or len(waiting)
            yield waiting[:end]
            waiting = waiting[end:]
    yield waiting


def _off_page(lines: bytes) -> bytes:
    text = _TAGS.sub(b"", lines).decode("utf-8", "surrogateescape")
    return html.unescape(text).encode("utf-8", "surrogateescape")


def _with_blanks(lines: bytes) -> bytes:
    return lines.replace(_NO_BREAK, b" ")


def _unescaped(lines: bytes) -> bytes:
    return _ESCAPES.sub(rb"\1", lines)


def _joined(lines: bytes) -> bytes:
    return _ROWS.sub(rb"\1 ", _RESTS.sub(b" ", lines))


def _oldest_first(lines: bytes) -> bytes:
    return b"".join(reversed(_ENTRIES.findall(lines + b"\n" * (not lines.endswith(b"\n")))))


def _all_in_quotes(head: bytes) -> bool:
    lines = [line for line in head.splitlines()[:-1] if line.strip()][:_LINES]
    return len(lines) == _LINES and all(map(_IN_QUOTES.fullmatch, lines))


def _out_of_quotes(lines: bytes) -> bytes:
    return _IN_QUOTES.sub(rb"\2\3", lines)
