"""How often the garbage collector looks for cycles."""

from __future__ import annotations

import gc

_OBJECTS = 20_000
"""Objects more than at the last look, before it looks again; the interpreter's 700 are a dozen lines of a report.

Values that go from stage to stage are frozen and cannot be part of a cycle, so that a look finds next to nothing, and
takes a tenth of the time of reading reports.
"""


def look_seldom() -> None:
    """Let the collector of this process look less often."""
    gc.set_threshold(_OBJECTS)
