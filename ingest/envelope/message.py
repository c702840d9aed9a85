r"""Messages that hold several lines: escaped line ends, lines glued together, repeats told in one line.

``#012`` is rsyslog's octal escape of a line end, ``\x0a`` the kernel's in ``/dev/kmsg``, ``\n`` that of JSON in JSON.
"""

from __future__ import annotations

import re

_ENDS = re.compile(r"\r?\n|#012|\\x0a|\\012|\\n|\\u000a")
_TABS = re.compile(r"#011|\\x09|\\011|\\t")
_REPEATED = re.compile(r"message repeated (\d{1,9}) times: \[ ?(.*?)\]?$", re.DOTALL)
_DROPPED = re.compile(r"(\*\* \d+ printk messages dropped \*\*) ?(.+)", re.DOTALL)
_GLUED = re.compile(
    r" ?(?<!<\d>)(?<!<\d\d>)(?=(?:<\d{1,3}>)?\[ {0,4}\d{1,10}\.\d{6}\](?:\[ *[TC]\d+\])? )"
    r"|(?=\[\w{1,12}\.? {1,3}\w{1,12}\.? {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}\] )"
    r"|(?: [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,253})? kernel: (?=\[ {0,4}\d{1,10}\.\d{6}\])"
)
_MAY_BE_GLUED = re.compile(r"\[(?: {0,4}\d{1,10}\.\d|\w{1,12}\.? )")
"""What every line has that is glued to another, behind its first character: a look for it takes far less time."""
_MOST = 4_096
"""Lines of one record."""


def parts(message: str) -> tuple[str, ...]:
    """The lines in a message; none where it is a single one that nothing was done to."""
    if _is_one(message):
        return ()
    found = [part for piece in _ends(message) for part in _told(piece)]
    return tuple(found[:_MOST]) if found != [message] else ()


def _is_one(message: str) -> bool:
    """Whether nothing in a message can be the end of a line, or a repetition. Written out, as it is asked of all."""
    return not (
        "[" in message[1:]
        or "\n" in message
        or "\\" in message
        or "#012" in message
        or "message repeated" in message
        or "**" in message
    )


def _ends(message: str) -> list[str]:
    pieces = [piece for piece in _ENDS.split(message) if piece.strip()]
    return [_TABS.sub("\t", piece) for piece in pieces] if len(pieces) > 1 else [message]


def _told(piece: str) -> list[str]:
    """The lines of a piece without line ends."""
    if repeated := _REPEATED.match(piece):
        return [repeated[2].rstrip()]
    if dropped := _DROPPED.match(piece):
        return [dropped[1], *_told(dropped[2])]
    if not _MAY_BE_GLUED.search(piece, 1):
        return [piece]
    found = [part.strip() for part in _GLUED.split(piece) if part.strip()]
    return found if len(found) > 1 else [piece]
