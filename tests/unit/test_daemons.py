"""What killers beside the kernel, and programs that repeat its word, are read to mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest import explanation
from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.model import Code, Joined, Origin, Outcome, Raw, Report
from ingest.offline import episodes

AT = datetime(2026, 11, 22, tzinfo=UTC)


def joined(*lines: str) -> list[Joined]:
    raws = [Raw(Origin("f", None, at), line.encode(), AT) for at, line in enumerate(lines, 1)]
    return [each for _, reports in episodes(raws, Envelope(), Bounds(), timedelta(minutes=5)) for each in reports]


def only(*lines: str) -> Joined:
    (found,) = joined(*lines)
    return found


def report(*lines: str) -> Report:
    return only(*lines).identified.report


def told(found: Joined) -> str:
    return " ".join(explanation.of_report(found.identified.report, found.analysis))


def logged(tag: str, *messages: str) -> list[str]:
    return [f"Nov 21 10:00:00 h1 {tag}: {message}" for message in messages]


# ---------------------------------------------------------------- systemd-oomd

MARKED = "Marked /a.slice/b.service for killing due to memory pressure for /a.slice being 85.03% > 80.00% for > 2s"


@pytest.mark.parametrize(
    ("unit", "outcome"), [("b.service", Outcome.KILLED), ("c.service", Outcome.UNKNOWN), (None, Outcome.UNKNOWN)]
)
def test_what_systemd_oomd_marked_is_killed_once_systemd_says_so_of_that_unit(
    unit: str | None, outcome: Outcome
) -> None:
    said = logged("systemd[1]", f"{unit}: systemd-oomd killed 3 process(es) in this unit.") if unit else []
    found = report(*logged("systemd-oomd[70]", f"{MARKED} with reclaim activity"), *said)
    assert found.outcome is outcome


def test_a_rule_that_kills_below_its_cgroup_does_not_kill_that_cgroup() -> None:
    rule = "Rule 'low' conditions met for cgroup /a.slice {}, taking action {}"
    below = only(*logged("systemd-oomd[70]", rule.format("(lasting 1s)", "kill-by-swap")))
    assert "No process is known to have died." in told(below)
    assert Code.GROUP_KILL not in below.analysis.codes
    for span in ("(lasting 1s)", "for 1s"):
        itself = report(*logged("systemd-oomd[70]", rule.format(span, "kill-all")))
        assert itself.cgroup is not None
        assert itself.cgroup.killed_path == "/a.slice"


def test_a_line_whose_end_a_pager_cut_off_names_the_cgroup_and_the_pressure() -> None:
    cut = "Killed /a.slice/b.service due to memory pressure for /a.slice be>"
    found = only(*logged("systemd-oomd[70]", cut))
    assert found.analysis.findings[0].code is Code.PRESSURE
    assert "All of cgroup /a.slice/b.service was killed." in told(found)
