"""Which indices are old: by the month in their names, and only ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ingest import prune
from ingest.prune import Index

NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Some:
    """Indices that are there."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def matching(self, patterns: Sequence[str]) -> list[Index]:
        del patterns
        return [Index(name, 1, 1) for name in self.names]

    def delete(self, name: str) -> None:
        raise AssertionError(name)


def old(keep: int, *names: str) -> list[str]:
    return [index.name for index in prune.old(Some(*names), "oom", keep, NOW)]


def test_the_months_to_keep_include_this_one() -> None:
    names = [f"oom-kill-2026.{month:02d}" for month in range(1, 13)]
    assert old(1, *names) == names[:10]
    assert old(2, *names) == names[:9]
    assert old(11, *names) == []


def test_years_are_counted_over() -> None:
    names = ["oom-kill-2025.10", "oom-report-2025.11", "oom-kill-2025.11", "oom-task-2010.04"]
    assert old(13, *names) == ["oom-task-2010.04", "oom-kill-2025.10"]
    assert old(12, *names) == ["oom-task-2010.04", "oom-kill-2025.10", "oom-kill-2025.11", "oom-report-2025.11"]


@pytest.mark.parametrize(
    "name",
    ["oom-signature", "oom-signature-2010.01", "oom-kill-2010.13", "oom-kill-2010.01-copy", "other-oom-kill-2010.01",
     "oom-kills-2010.01", "oomX-kill-2010.01", "oom-kill-2010.01.01"],
)  # fmt: skip
def test_what_is_not_a_month_of_ours_is_left_alone(name: str) -> None:
    assert old(1, name) == []


@pytest.mark.parametrize(("text", "number"), [("13months", 13), ("1 month", 1), (" 24 months ", 24)])
def test_months_are_read(text: str, number: int) -> None:
    assert prune.months(text) == number


@pytest.mark.parametrize("text", ["", "0months", "13", "13days", "-1months", "1.5months", "99999months"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number of months"):
        prune.months(text)
