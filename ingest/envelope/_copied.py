"""What copies, searches and viewers of logs put before a line that has a time of its own."""

from __future__ import annotations

import re

ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
QUOTED = re.compile(r"(?:[ \t#>|`└├│─]|\*(?!\* \d))++")
"""What a mail, a comment, a pasted transcript or an indented copy puts before a line (not ``** 7 printk``)."""
_SEARCHED = re.compile(
    r"[ \t]*+(?:[^\s:\[\]<>]{1,255}[:-](?<!kernel:)(?:\d{1,9}[:-])?|\d{1,9}(?:\t|[.:]? ?\|? {1,4})|[-+•] ?"
    r"|\[pod/[^\s\]]{1,512}\] |[\w.-]{1,128} {1,64}\| |(?:\"[^\"]{0,255}\",|[^\s\",]{0,255},){0,16}\")"
    rf"(?=<\d|(?:[A-Z][a-z]{{2}} )?(?:[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} [\d:]{{4}}|{ISO} )"
    r"|\[ *\d{1,10}\.\d{6}[\] ]|\[\w{1,12}\.? {1,3}\w{1,12}\.? {1,2}\d{1,2} \d\d:)"
)
"""What ``grep``, ``cat -n``, ``diff``, lists, ``kubectl``, ``docker compose`` and CSV put before a line with a time."""
_FIELD = re.compile(r'(?:[^"]++|"")*+')
WRAPPED = re.compile(rf"(?:[^\s\[\]<>]{{1,512}} )?(?=[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d |{ISO} )")
"""Behind the time of who passed a line on, and perhaps its stream (``aws logs tail``): a line with its own."""


def behind(text: str) -> str | None:
    """The line behind such a beginning, or ``None``; in a table of comma-separated values, its field alone."""
    if text.startswith("[") and not text.startswith("[pod/"):
        return None
    found = _SEARCHED.match(text)
    if found is None:
        return None
    quoted = _FIELD.match(text, found.end()) if found[0].endswith('"') else None
    return quoted[0].replace('""', '"') if quoted else text[found.end() :]
