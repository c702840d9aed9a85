"""Documents for the boards: a fleet whose truth is known, and every case of the corpus moved into the same week."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, helpers

from ingest import setup
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.assemble import Bounds
from ingest.counts import Count
from ingest.demo import fleet
from ingest.demo.kernel_lines import Kill, Process, report
from ingest.document import of_rejected
from ingest.document.health import of_minute
from ingest.document.signature import index_of, source_of
from ingest.envelope import Envelope
from ingest.episode.signature import merge
from ingest.lookup import HostFacts, Lookup, PodFacts
from ingest.model import Document, Origin, Raw, Rejected, Signature
from ingest.model.health import Minute
from ingest.offline import NoHeads
from ingest.output import Output
from ingest.pipeline import Pipeline
from ingest.preview.query import Span

CORPUS = Path(__file__).parent.parent / "corpus"
START = datetime(2026, 11, 14, tzinfo=UTC)
WEEK = Span(START, START + timedelta(days=7))
_BEFORE = START - timedelta(days=3)
"""Of the period before, which panels compare with."""

Source = dict[str, Any]
Seed = list[Document]

WORKERS = ("web-01", "web-02", "web-03", "web-04", "web-05")
KILLS_ON = dict(zip(WORKERS, (9, 7, 5, 3, 1), strict=True))
"""Kills of a unit over its limit, one an hour, on each web host."""
KILLS_BEFORE = 4
OPENVZ_KILLS, POD_KILLS, SERVICE_KILLS, MACHINE_KILLS = 20, 12, 1, 1
"""What the demo's fleet has: the log of 2010 (moved into this week), pods, a service, a whole machine."""

_UNIT = "/system.slice/php-fpm.service"
_POD = "1f5c0b62-8d6e-4f0f-9a41-5b5e6c0a7d11"
LOOKUP = Lookup(
    hosts={host: HostFacts(cluster="east") for host in (*WORKERS, "k8s-node-01")},
    pods={_POD: PodFacts(namespace="shop", pod="cart-0", workload="cart")},
)


def fleet_documents(prefix: str) -> Seed:
    """A week of a small fleet, through the real pipeline, with the service's own minutes and dead letters."""
    raws = sorted([*_demo(), *_units()], key=lambda raw: raw.recorded_at)
    pipeline = Pipeline(Envelope(), Bounds(reorder=2), timedelta(minutes=5), NoHeads(), prefix, lookup=LOOKUP)
    output = Output()
    pipeline.read(raws, raws[-1].recorded_at, output)
    output.blocks += pipeline.finish().blocks
    last = {(each.index, each.id): each for each in pipeline.join(output)}
    return [*last.values(), *_signatures(output, prefix), *_minutes(prefix), *_dead_letters(prefix)]


def corpus_documents(prefix: str) -> Seed:
    """Every document of the corpus, at times of this week: all families, all fields."""
    found = []
    lines = [line for case in sorted(CORPUS.rglob("*.ndjson")) for line in case.read_text().splitlines()]
    for at, line in enumerate(lines):
        stored = json.loads(line)
        source = deepcopy(stored["_source"])
        source["@timestamp"] = _iso(START + timedelta(minutes=at % (7 * 24 * 60 - 1)))
        kind = source["event"]["dataset"].removeprefix("oom.")
        found.append(Document(f"{prefix}-{kind}-2026.11", f"{at}-{stored['_id']}", 1, source))
    return found


HOSTILE = (
    "<script>alert(1)</script>",
    "\"quoted\" 'and' \\ *",
    "\u202egnp.exe \u2066x",
    "שלום עולם",
    "\x1b[31mred\x00\x07",
    "/kubepods/" + "x/" * 1_995,
    "${7*7} {{ 7*7 }} datum.value",
    "a\nb\tc",
)
"""Names as a stranger may choose them."""
_NAMED = (
    "process.name", "host.name", "oom.signature_name", "oom.scope_name", "oom.culprit.name", "oom.trigger.name",
    "systemd.unit", "oom.cgroup.limit.path", "container.id", "kubernetes.namespace", "kubernetes.pod.uid",
    "oom.culprit.group.name", "oom.openvz.ve", "oom.episode.id", "message", "oom.explanation", "event.original",
)  # fmt: skip


def hostile_documents(prefix: str) -> Seed:
    """The fleet with every name replaced by one that a stranger chose."""
    found = []
    for at, document in enumerate(fleet_documents(prefix)):
        source = deepcopy(dict(document.source))
        for field in _NAMED:
            *branches, leaf = field.split(".")
            node: Any = source
            for branch in branches:
                node = node.get(branch, {})
            if leaf in node:
                node[leaf] = HOSTILE[at % len(HOSTILE)]
        found.append(Document(document.index, document.id, document.version, source))
    return found


def store(client: Elasticsearch, documents: Iterable[Document], prefix: str) -> None:
    """Templates, then documents."""
    templates = ElasticTemplates(client)
    setup.apply(templates, setup.plan(templates, prefix))
    actions = (
        {"_op_type": "index", "_index": each.index, "_id": each.id, "_source": each.source} for each in documents
    )
    helpers.bulk(client, actions, refresh=True)


def of_kind(documents: Iterable[Document], prefix: str, kind: str) -> list[Source]:
    """The sources of the documents of a kind."""
    return [
        dict(each.source) for each in documents if each.index.split("-")[1] == kind or each.index == f"{prefix}-{kind}"
    ]


def _demo() -> Iterator[Raw]:
    """The demo's records; the log of 2010 as if it were of this week."""
    shift = datetime(2026, 11, 19, tzinfo=UTC) - datetime(2010, 4, 20, tzinfo=UTC)
    for at, record in enumerate(fleet.records()):
        value, when = record.value, record.timestamp
        if when.year == 2010:
            value, when = value.replace(b"Apr 20", b"Nov 19", 1), when + shift
        yield Raw(Origin("syslog", 0, at), value, when)


def _units() -> Iterator[Raw]:
    """A unit that is killed again and again on several hosts, with memory that grows."""
    at = 100_000
    starts = {host: START + timedelta(days=number, hours=6) for number, host in enumerate(WORKERS, start=1)}
    runs = [(host, starts[host], KILLS_ON[host]) for host in WORKERS] + [("web-09", _BEFORE, KILLS_BEFORE)]
    for host, begin, count in runs:
        for again in range(count):
            when = begin + timedelta(hours=again)
            victim = Process(pid=4_000 + again, name="php-fpm", uid=33, total_vm=400_000, anon=60_000 + 500 * again)
            kill = Kill(trigger="php-fpm", victim=victim, task_path=_UNIT, limit_path=_UNIT, limit_kb=262_144)
            for line in report(kill, 1_000.0 + 3_600 * again):
                text = f"{when:%b} {when.day:2d} {when:%H:%M:%S} {host} kernel: {line}"
                yield Raw(Origin("syslog", 1, at), text.encode(), when)
                at += 1


def _signatures(output: Output, prefix: str) -> Iterator[Document]:
    found: dict[str, Signature] = {}
    for each in output.sightings:
        found[each.id] = merge(found[each.id], each) if each.id in found else each
    for signature in found.values():
        source = source_of(signature, signature.first_seen, WEEK.end)
        yield Document(index_of(prefix), signature.id, 1, source)


def _minutes(prefix: str) -> Iterator[Document]:
    """Two workers for ten minutes; the second falls behind."""
    for number, worker in enumerate(("ingest-1", "ingest-2")):
        for minute in range(10):
            until = WEEK.end - timedelta(minutes=10 - minute)
            counts = {Count.RECORDS: 1_000 + minute, Count.MATCHED_LINES: 40, Count.UNREAD_LINES: number}
            yield of_minute(
                Minute(
                    worker=worker,
                    host=worker,
                    began=START,
                    since=until - timedelta(minutes=1),
                    until=until,
                    counts=counts,
                    open_reports=number,
                    lag=number * minute * 100,
                    newest_event=until - timedelta(seconds=5 + number * minute),
                ),
                prefix,
            )


def _dead_letters(prefix: str) -> Iterator[Document]:
    for at in range(3):
        when = WEEK.end - timedelta(hours=at + 1)
        rejected = Rejected(
            Origin("syslog", 2, at), when, "formats", "unreadable" if at else "too_long", "no", "Out of"
        )
        yield of_rejected(rejected, prefix)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
