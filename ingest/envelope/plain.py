"""The sender of a plain syslog line, read off its first bytes, for records that may not be worth taking apart.

This is no second parser: what it reads, ``text`` reads the same. It reads the commonest form only, and where anything
is unusual it does not read at all. ``tests/property/test_plain.py`` holds the two together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.envelope.text import NOT_TAGS, SECOND_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOCK = rb"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_DAYS = (
    (rb"(?:Jan|Mar|May|Jul|Aug|Oct|Dec)", rb"(?: [1-9]|[12]\d|3[01])"),
    (rb"(?:Apr|Jun|Sep|Nov)", rb"(?: [1-9]|[12]\d|30)"),
    (rb"Feb", rb"(?: [1-9]|1\d|2[0-8])"),
)
_SYSLOG = b"(?:" + b"|".join(month + b" " + day for month, day in _DAYS) + b") " + _CLOCK
_ISO = rb"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T" + _CLOCK
_ZONE = rb"(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)"
_WORDS = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "vmunix"),
    *("/bsd", *(f"local{number}" for number in range(10))),
    *NOT_TAGS,
    *SECOND_WORDS,
)
"""What may stand where a tag does and is a facility, a word of a kernel message, or another name of the kernel."""


def _one_of(words: Iterable[str]) -> bytes:
    """One of some words, told apart by one character after the other, which takes the least time."""
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[:1], []).append(word[1:])
    ends = by_first.pop("", None) is not None
    branches = [re.escape(first.encode()) + _one_of(rest) for first, rest in sorted(by_first.items())]
    if not branches:
        return b""
    return b"(?:" + b"|".join(branches) + (b")?" if ends else b")")


# Ranges instead of \d and \w: the engine looks them up in a table.
_PRI = rb"(?:<[0-9]{1,3}>)?+"
_HOST = rb"(?!stdout|stderr|[A-Z]{3,5} )([A-Za-z0-9_.-]++) "


def _tag(others: Iterable[str]) -> bytes:
    """A tag that is none of some words."""
    not_these = b"(?!" + _one_of(others) + b"(?![A-Za-z0-9_@-]))"
    return not_these + rb"([A-Za-z_/][A-Za-z0-9_./@-]{0,63}+)(?:: |\[[0-9]{1,10}+\]: )"


PLAIN = re.compile(_PRI + b"(?:" + _SYSLOG + b"|" + _ISO + _ZONE + b") " + _HOST + _tag(_WORDS))
"""Time, host, tag: groups 1 and 2 are the host and the tag."""


_OF_KERNEL = _PRI + b"(?:" + _SYSLOG + b"|" + _ISO + _ZONE + b") " + _HOST.replace(b"([", b"(?:[")
KERNEL = re.compile(_OF_KERNEL + rb"kernel: \[")
"""How a line of a kernel begins that tells its uptime."""
KERNELS = re.compile(b"(" + _OF_KERNEL + rb")kernel: \[.*+\n(?:\1kernel: \[.*+\n)*+")
"""Whole lines in a row that a kernel printed within a second."""


@lru_cache(maxsize=64)
def lines_of_others(tags: frozenset[str]) -> re.Pattern[bytes]:
    """Whole lines in a row that are plain, of other programs than ``tags``, and of one second."""
    rest = (b" " + _HOST + _tag({*_WORDS, *tags})).replace(b"([", b"(?:[") + rb".*+\n"
    first = _PRI + b"(?:(" + _SYSLOG + b")|(" + _ISO + b")" + _ZONE + b")" + rest
    return re.compile(first + b"(?:" + _PRI + rb"(?:\1|\2" + _ZONE + b")" + rest + b")*+")
