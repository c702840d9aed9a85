"""Lines of kernels in one piece of text, all read at once: what ``text.common`` reads, it reads the same.

One search for all lines costs a fraction of what reading each does. ``tests/property/test_plain.py`` holds the two
together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.envelope import text
from ingest.envelope._sent import Shape
from ingest.envelope.message import parts
from ingest.model import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.envelope._sent import Anchor
    from ingest.model import Host, Place, When

_SHAPE: str = Shape.SYSLOG

_REST = re.compile(text.RING + r"(?P<message>.*+)\Z")
_MESSAGE = _REST.groupindex["message"]
_ODD = ("\r", "\x1b", "#012", "message repeated", "**")
"""What hardly any line holds, and none that can be read without a second look."""


def read_together(
    block: str, place: Place, offsets: Sequence[int], since: Anchor, until: Anchor, host: Callable[[str], Host]
) -> Iterator[Line | None]:
    """Each line of a text, or ``None`` where it has to be read by itself.

    Args:
        block: Lines with a line end between each two of them.
        place: Where they come from.
        offsets: The offset of each.
        since: By what the year of the first is told.
        until: By what that of the last is.
        host: Makes a host of its name.
    """
    rest = _REST.match
    head, sender = "", None
    odd = [sign for sign in _ODD if sign in block]
    for line, offset in zip(block.split("\n"), offsets, strict=True):
        if not sender or not line.startswith(head):
            head, sender = _sender(line, since, until, host)
        found = rest(line, len(head)) if sender else None
        if sender is None or found is None or (odd and any(sign in line for sign in odd)):
            yield None
            continue
        seconds, micros, caller, message = found.groups()
        if ("[" in message[1:] or "\\" in message) and parts(message):
            yield None
            continue
        uptime = int(seconds) * 1_000_000 + int(micros)
        when, named = sender
        said = found.start(_MESSAGE)
        yield Line(place, offset, named, when, uptime, "kernel", said, line, None, caller, _SHAPE)


def _sender(
    line: str, since: Anchor, until: Anchor, host: Callable[[str], Host]
) -> tuple[str, tuple[When, Host] | None]:
    """The head of a line, and its time and host, where the year is the same whichever record of the block it is of."""
    first = text.common(line, since)
    last = first if until.hint == since.hint else text.common(line, until)
    if not first or not last or not first.when or first.when != last.when or not first.hostname:
        return "", None
    return line[: line.index(" kernel: ") + 1], (first.when, host(first.hostname))
