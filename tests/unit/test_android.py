"""What Android's killers say, and how their kernels print it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.assemble import Bounds
from ingest.envelope import Envelope
from ingest.explanation.verdicts import ADVICE, advice
from ingest.model import Code, Joined, Origin, Raw
from ingest.offline import episodes

AT = datetime(2026, 11, 22, tzinfo=UTC)


def only(line: str) -> Joined:
    raw = Raw(Origin("f", None, 1), line.encode(), AT)
    ((_, (joined,)),) = episodes([raw], Envelope(), Bounds(), timedelta(minutes=5)).episodes
    return joined


def test_mediatek_tells_cpu_and_thread_and_both_adjustments() -> None:
    killing = "lowmemorykiller: Killing 'android.browser' (28649), adj 18, score_adj 1000,"
    (victim,) = only(f"<6>[302600.931727]  (4)[10628:Cam@AuxSensorCo]{killing}").identified.report.victims
    assert (victim.name, victim.adj_legacy, victim.score_adj) == ("android.browser", 18, 1000)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("device is not responding", Code.PRESSURE),
        ("device is low on swap (204kB < 2048kB) and thrashing (61%)", Code.PRESSURE),
        ("low watermark is breached and swap is low (204kB < 2048kB)", Code.THRESHOLD),
    ],
)
def test_the_daemon_says_what_crossed_which_mark(reason: str, code: Code) -> None:
    killed = "Kill 'com.example.app' (17933), uid 10446, oom_score_adj 0 to free 140528kB rss, 37404kB swap; reason: "
    joined = only(f"10-24 14:24:26.342   710   710 I lowmemorykiller: {killed}{reason}")
    assert joined.analysis.codes[0] is code
    told = " ".join(ADVICE[each] for each in advice(joined.analysis.codes, joined.identified.report.family))
    assert "a lower minimum of free memory, a higher limit of pressure" in told
