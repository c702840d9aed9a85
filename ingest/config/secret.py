"""A value that never shows itself: not when printed, not in a log line, not in an error, not in a traceback."""

from __future__ import annotations

from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING, NoReturn, final

if TYPE_CHECKING:
    from pathlib import Path

MASK = "***"


@final
class Secret:
    """Only ``reveal`` gives the value; printing, formatting, encoding and pickling do not.

    Args:
        value: What is secret.
        file: Where it was read. Each ``reveal`` reads it again, so that a renewed secret is used without a restart;
            where it cannot be read any more the last value stays.
    """

    __slots__ = ("_file", "_value")

    def __init__(self, value: str, file: Path | None = None) -> None:
        self._value = value
        self._file = file

    @classmethod
    def from_file(cls, file: Path) -> Secret:
        """The text of a file, without the line's end. Raises ``OSError`` or ``UnicodeDecodeError``."""
        return cls(_read(file), file)

    def reveal(self) -> str:
        """The value, for the one place that sends it."""
        if self._file is not None:
            with suppress(OSError, UnicodeDecodeError):
                self._value = _read(self._file)
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, form: str) -> str:
        return format(MASK, form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(Secret)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").rstrip("\r\n")
