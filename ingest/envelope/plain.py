"""The sender of a plain syslog line, read off its first bytes, for records that may not be worth taking apart.

This is no second parser: what it reads, ``text`` reads the same. It reads the commonest form only, and where anything
is unusual it does not read at all. ``tests/property/test_plain.py`` holds the two together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.envelope.text import NOT_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOCK = rb"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_DAYS = (
    (rb"(?:Jan|Mar|May|Jul|Aug|Oct|Dec)", rb"(?: [1-9]|[12]\d|3[01])"),
    (rb"(?:Apr|Jun|Sep|Nov)", rb"(?: [1-9]|[12]\d|30)"),
    (rb"Feb", rb"(?: [1-9]|1\d|2[0-8])"),
)
_SYSLOG = b"(?:" + b"|".join(month + b" " + day for month, day in _DAYS) + b") " + _CLOCK
_ISO = (
    rb"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T"
    + _CLOCK
    + rb"(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)"
)
_UNUSUAL = (
    rb"(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d|vmunix|/bsd|"
    + b"|".join(re.escape(tag.encode()) for tag in sorted(NOT_TAGS))
    + rb")(?![\w@-])"
)
"""What may stand where a tag does and is a facility, a word of a kernel message, or another name of the kernel."""

_TIME = rb"(?:<\d{1,3}>)?(?:" + _SYSLOG + b"|" + _ISO + rb") "
_HOST = rb"(?!stdout|stderr|[A-Z]{3,5} )([\w.-]+) "
_TAG = rb"(?!" + _UNUSUAL + rb")([A-Za-z_/][\w./@-]{0,63})(?:\[\d{1,10}\])?: "

PLAIN = re.compile(_TIME + _HOST + _TAG)
"""Time, host, tag: groups 1 and 2 are the host and the tag."""


def after_foreign_lines(tags: Iterable[str]) -> re.Pattern[bytes]:
    """Finds the end of a line that does not stand before a plain line of a program outside ``tags``."""
    known = b"|".join(re.escape(tag.encode()) for tag in sorted(tags))
    foreign = rb"(?!(?:" + known + rb")[:\[])" + _TAG
    return re.compile(b"\n(?!" + _TIME + _HOST + foreign + b")")
