from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_without_a_limit_nothing_is_owed() -> None:
    pace = Pace(None)
    pace.took(1_000_000)
    assert pace.owed() == 0


def test_what_was_read_too_much_of_is_waited_for() -> None:
    clock = Clock()
    pace = Pace(100, clock)
    assert pace.owed() == 0
    pace.took(250)
    assert pace.owed() == pytest.approx(2.5)
    clock.now += 2
    assert pace.owed() == pytest.approx(0.5)
    clock.now += 1
    assert pace.owed() == 0


def test_idle_time_is_not_saved_up() -> None:
    clock = Clock()
    pace = Pace(100, clock)
    clock.now += 3_600
    pace.took(100)
    assert pace.owed() == pytest.approx(1)


@given(
    rate=st.floats(0.1, 1e6),
    polls=st.lists(st.tuples(st.integers(0, 10_000), st.floats(0, 60)), min_size=1, max_size=50),
)
def test_a_reader_that_waits_stays_below_the_rate_over_any_run_of_polls(
    rate: float, polls: list[tuple[int, float]]
) -> None:
    clock = Clock()
    pace = Pace(rate, clock)
    at: list[tuple[float, int]] = []
    for records, elsewhere in polls:
        clock.now += pace.owed()
        at.append((clock.now, records))
        pace.took(records)
        clock.now += elsewhere
    for first in range(len(at)):
        read = 0
        for moment, records in at[first:]:
            assert read <= rate * (moment - at[first][0]) * (1 + 1e-9) + 1e-3
            read += records
