"""Every alert rule on a real Elasticsearch: over what must fire, over what must not, and over nothing.

Documents are made by the pipeline of lines that a kernel would print.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from ingest import setup
from ingest.adapters.elastic_signatures import ElasticSignatures
from ingest.adapters.elastic_sink import ElasticSink
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.assemble import Bounds
from ingest.counts import Count
from ingest.demo.kernel_lines import Kill, Process, report
from ingest.document.health import of_minute
from ingest.document.signature import index_of, source_of
from ingest.envelope import Envelope
from ingest.kibana.rules import RULES, body
from ingest.model import Minute, Origin, Raw, Seen, Signature
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from tests.conftest import Endpoints
from tests.integration.rule_search import fires

pytestmark = pytest.mark.stack
PANIC = Path(__file__).parent.parent / "corpus" / "linux" / "case_global_no_killable_panic.log"
PIDS = count(1_000)


class Site:
    """Indices of one test, and the moment at which its rules are asked."""

    def __init__(self, elastic: Elasticsearch, prefix: str) -> None:
        self.elastic = elastic
        self.prefix = prefix
        self.now = datetime.now(UTC)

    def ago(self, **span: float) -> datetime:
        return self.now - timedelta(**span)

    def log(self, lines: Iterable[tuple[datetime, bytes]]) -> None:
        """What the service writes of lines."""
        ordered = sorted(lines)
        pipeline = Pipeline(Envelope(), Bounds(reorder=0), timedelta(minutes=5), NoHeads(), self.prefix)
        read = Output()
        pipeline.read([Raw(Origin("t", 0, at), line, time) for at, (time, line) in enumerate(ordered)], self.now, read)
        for output in (read, pipeline.finish()):
            left = pipeline.join(output)
            while left:
                left = ElasticSink(self.elastic).write(left).left
            ElasticSignatures(self.elastic, self.prefix).record(output.sightings)

    def minute(self, ago: float, lag: int, age: float) -> None:
        """What a worker writes of a minute."""
        until = self.ago(minutes=ago)
        told = Minute(
            worker="w/1",
            host="w",
            began=self.ago(days=1),
            since=until - timedelta(minutes=1),
            until=until,
            counts={Count.RECORDS: 5},
            open_reports=0,
            lag=lag,
            newest_event=until - timedelta(minutes=age),
        )
        ElasticSink(self.elastic).write([of_minute(told, self.prefix)])

    def fired(self, rule: str) -> dict[str, int]:
        self.elastic.indices.refresh(index=f"{self.prefix}-*", allow_no_indices=True)
        (chosen,) = (each for each in RULES if each.name == rule)
        return fires(self.elastic, body(chosen, self.prefix), self.now)


def kill(
    host: str, at: datetime, name: str = "java", cgroup: str = "/system.slice/shop.service"
) -> list[tuple[datetime, bytes]]:
    victim = Process(pid=next(PIDS), name=name, total_vm=900_000, anon=130_000)
    lines = report(
        Kill(trigger=name, victim=victim, task_path=cgroup, limit_path=cgroup, limit_kb=524_288), at.timestamp() % 10**6
    )
    return [(at, f"{at:%b} {at.day:2d} {at:%H:%M:%S} {host} kernel: {line}".encode()) for line in lines]


def together(*kills: list[tuple[datetime, bytes]]) -> list[tuple[datetime, bytes]]:
    return [line for each in kills for line in each]


def known_since(site: Site, first: datetime, created: datetime) -> None:
    """A signature of the shop that was written some time ago."""
    known = Signature(
        id="known", name="linux memcg known", family="linux", constraint=None, workload="known", first_seen=first,
        hosts=(Seen("h", site.ago(minutes=1)),),
    )  # fmt: skip
    site.elastic.index(index=index_of(site.prefix), id="known", document=source_of(known, created, created))


def new_signature(site: Site) -> None:
    site.log(kill("h1", site.ago(minutes=2)))
    site.now = datetime.now(UTC)  # its document was written a moment ago


def known_signature(site: Site) -> None:
    known_since(site, site.ago(minutes=90), site.ago(minutes=90))


def old_log_read_in(site: Site) -> None:
    site.log(kill("h1", site.ago(days=3)))


def storm(site: Site) -> None:
    site.log(together(*(kill("h1", site.ago(minutes=3, seconds=-9 * at), f"p{at}") for at in range(6))))


def five_in_a_minute(site: Site) -> None:
    site.log(together(*(kill("h1", site.ago(minutes=3, seconds=-9 * at), f"p{at}") for at in range(5))))


def storm_of_yesterday(site: Site) -> None:
    site.log(together(*(kill("h1", site.ago(hours=20, seconds=-9 * at), f"p{at}") for at in range(6))))


def five_hosts(site: Site) -> None:
    site.log(together(*(kill(f"h{at}", site.ago(minutes=50 - 10 * at)) for at in range(5))))


def five_hosts_and_one_whose_clock_is_ahead(site: Site) -> None:
    site.log(together(kill("h9", site.ago(hours=-20)), *(kill(f"h{at}", site.ago(minutes=2)) for at in range(5))))
    site.now = datetime.now(UTC)  # its document was written a moment ago


def four_hosts_and_one_long_ago(site: Site) -> None:
    early = kill("h9", site.ago(hours=3))
    site.log(together(early, *(kill(f"h{at}", site.ago(minutes=50 - 10 * at)) for at in range(1, 5))))


def eleven_in_a_day(site: Site) -> None:
    site.log(together(*(kill("h1", site.ago(hours=1 + 2 * at)) for at in range(11))))


def ten_in_a_day_and_one_before(site: Site) -> None:
    site.log(together(*(kill("h1", site.ago(hours=1 + 2 * at)) for at in range(10)), kill("h1", site.ago(hours=25))))


def panic(site: Site) -> None:
    text = PANIC.read_bytes().splitlines()
    site.now = datetime(2026, 11, 22, 10, 20, tzinfo=UTC)
    at = site.ago(minutes=2)
    stamped = [(at, _moved(line, at)) for line in text]
    site.log(stamped)


def _moved(line: bytes, at: datetime) -> bytes:
    """A line of the log with another time, whatever stands before the kernel's own."""
    return f"{at:%b} {at.day:2d} {at:%H:%M:%S} h1 kernel: ".encode() + line[line.index(b"[") :]


def nothing_killed_on_purpose(site: Site) -> None:
    """Reports without a victim where somebody could have been killed: trial runs, and one that was on its way out."""
    at = site.ago(minutes=2)
    lines = (
        "systemd-oomd[7]: oomd dry-run: Would have tried to kill /system.slice/a.service and all its descendants",
        "earlyoom[8]: low memory! at or below SIGKILL limits: mem 7.22%, swap 6.14%",
        "earlyoom[8]: dryrun, not actually sending any signal",
        "kernel: java invoked oom-killer: gfp_mask=0x6200ca, order=0, oom_score_adj=0",
        "kernel: Out of memory: OOM victim 15874 (java) is already exiting. Skip killing the task",
    )
    site.log(
        (at + timedelta(milliseconds=n), f"{at:%b} {at.day:2d} {at:%H:%M:%S} h1 {line}".encode())
        for n, line in enumerate(lines)
    )


def ordinary_kill(site: Site) -> None:
    site.log(kill("h1", site.ago(minutes=2)))


def critical(site: Site) -> None:
    site.log(
        together(
            *(
                kill(host, site.ago(minutes=9, seconds=-60 * at), name)
                for at, (host, name) in enumerate((("h1", "sshd"), ("h2", "sshd"), ("h2", "systemd-journal")))
            )
        )
    )


def critical_of_yesterday(site: Site) -> None:
    site.log(kill("h1", site.ago(days=1), "sshd"))


def critical_that_did_not_die(site: Site) -> None:
    at = site.ago(minutes=2)
    lines = (
        'sending SIGTERM to process 812 uid 0 "sshd": oom_score 668, VmRSS 5068 MiB, cmdline "sshd"',
        "kill failed: Timer expired",
    )
    site.log(
        (at + timedelta(milliseconds=n), f"{at:%b} {at.day:2d} {at:%H:%M:%S} h1 earlyoom[8]: {line}".encode())
        for n, line in enumerate(lines)
    )


def unreadable(site: Site) -> None:
    site.log([(site.ago(minutes=5), b"\xff\xfe\x00 invoked oom-killer: gfp_mask=\xff")])


def unreadable_long_ago(site: Site) -> None:
    site.log([(site.ago(hours=2), b"\xff\xfe\x00 invoked oom-killer: gfp_mask=\xff")])


def stopped_ten_minutes_ago(site: Site) -> None:
    site.minute(10, 0, 0)


def at_work(site: Site) -> None:
    site.minute(1, 0, 0)


def behind(site: Site) -> None:
    for ago in range(5):
        site.minute(ago + 0.5, 10, 16)


def behind_for_four_minutes(site: Site) -> None:
    for ago in range(4):
        site.minute(ago + 0.5, 10, 16)


def idle(site: Site) -> None:
    for ago in range(9):
        site.minute(ago + 0.5, 0, 600)


FIRES = {
    "new-signature": [(new_signature, {"linux memcg /system.slice/shop.service": 1})],
    "storm": [(storm, {"h1": 1})],
    "spread": [
        (five_hosts, {"linux memcg /system.slice/shop.service": 1}),
        (five_hosts_and_one_whose_clock_is_ahead, {"linux memcg /system.slice/shop.service": 1}),
    ],
    "repeat-offender": [(eleven_in_a_day, {"linux memcg /system.slice/shop.service": 11})],
    "panic-or-no-victim": [(panic, {"h1": 1})],
    "critical-process": [(critical, {"h1": 1, "h2": 2})],
    "dead-letters": [(unreadable, {"unread": 1})],
    "pipeline-silent": [(stopped_ten_minutes_ago, {"all documents": 0})],
    "pipeline-behind": [(behind, {"w/1": 5})],
}
QUIET = {
    "new-signature": [known_signature, old_log_read_in],
    "storm": [five_in_a_minute, storm_of_yesterday],
    "spread": [four_hosts_and_one_long_ago],
    "repeat-offender": [ten_in_a_day_and_one_before],
    "panic-or-no-victim": [ordinary_kill, nothing_killed_on_purpose],
    "critical-process": [ordinary_kill, critical_of_yesterday, critical_that_did_not_die],
    "dead-letters": [ordinary_kill, unreadable_long_ago],
    "pipeline-silent": [at_work],
    "pipeline-behind": [behind_for_four_minutes, idle],
}
Scene = Callable[[Site], None]


@pytest.fixture(scope="module")
def installed(stack: Endpoints) -> Iterator[tuple[Elasticsearch, str]]:
    """A client and a prefix with its templates, for all tests of this file."""
    prefix = f"t{uuid.uuid4().hex[:10]}"
    with Elasticsearch(stack.elasticsearch, request_timeout=60) as client:
        templates = ElasticTemplates(client)
        steps = setup.plan(templates, prefix)
        setup.apply(templates, steps)
        yield client, prefix
        for step in steps:
            client.indices.delete_index_template(name=step.name)


@pytest.fixture
def site(installed: tuple[Elasticsearch, str]) -> Iterator[Site]:
    client, prefix = installed
    yield Site(client, prefix)
    if indices := list(client.indices.get(index=f"{prefix}-*")):
        client.indices.delete(index=indices)


def test_every_rule_is_proven_both_ways() -> None:
    assert set(FIRES) == set(QUIET) == {rule.name for rule in RULES}


@pytest.mark.parametrize(("rule", "scene", "groups"), [(r, *each) for r, scenes in FIRES.items() for each in scenes])
def test_it_fires(site: Site, rule: str, scene: Scene, groups: dict[str, int]) -> None:
    scene(site)
    assert site.fired(rule) == groups


@pytest.mark.parametrize(("rule", "scene"), [(r, each) for r, scenes in QUIET.items() for each in scenes])
def test_it_does_not_fire(site: Site, rule: str, scene: Scene) -> None:
    scene(site)
    assert site.fired(rule) == {}


@pytest.mark.parametrize("empty", ["no index", "empty index"])
def test_over_nothing_only_silence_fires(site: Site, empty: str) -> None:
    if empty == "empty index":
        for index in {index for rule in RULES for index in body(rule, site.prefix)["params"]["index"]}:
            site.elastic.indices.create(index=index.replace("*", "2026.11"))
    fired = {rule.name: site.fired(rule.name) for rule in RULES}
    assert {name: groups for name, groups in fired.items() if groups} == {"pipeline-silent": {"all documents": 0}}
