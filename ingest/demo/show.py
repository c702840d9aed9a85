"""The demo from beginning to end: servers, set-up, records, the service, and what Elasticsearch then says."""

from __future__ import annotations

import logging
import shutil
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from ingest import setup
from ingest.adapters import kafka_admin
from ingest.adapters.elastic_client import connect
from ingest.adapters.elastic_templates import ElasticTemplates
from ingest.assemble import Bounds
from ingest.config import ElasticsearchSettings, KafkaSettings, Settings
from ingest.demo import fleet
from ingest.demo.stored import Totals, totals
from ingest.envelope import Envelope
from ingest.model import ASSUMED_PAGE
from ingest.service import serve
from ingest.stack import Stack
from ingest.telemetry import start_logging

if TYPE_CHECKING:
    from pathlib import Path

    from elasticsearch import Elasticsearch

_TOPIC = "syslog"
_PARTITIONS = 4
_LONGEST = 60.0
_WINDOW = 2.0
"""The fleet sends its lines in order, so nobody has to wait long for late ones."""
_PLAIN_WIDTH = 120


def run(folder: Path, *, fresh: bool, keep: bool) -> None:
    """Run the demo in a folder. Raises ``StackError``, ``Unavailable`` or ``Refused``."""
    start_logging(logging.WARNING)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    with Stack(folder) as stack, connect(_elasticsearch(stack)) as client:
        console.print(f"Kafka {stack.kafka.bootstrap} and Elasticsearch {stack.elasticsearch.url} are up.")
        before = _send(stack, client, console)
        _serve(stack)
        after = totals(client)
        _table(client, console)
        _sum_up(console, before, after)
        _boards(client, folder / "boards", console)
        _trends(client, folder / "trends.html", console)
        _where_next(console, stack, keep=keep)
        if keep:
            _wait_for_interrupt()


def _send(stack: Stack, client: Elasticsearch, console: Console) -> Totals:
    """Install the templates and put every record of the fleet into the topic. Returns what was stored before."""
    templates = ElasticTemplates(client)
    setup.apply(templates, setup.plan(templates, "oom"))
    before = totals(client)
    kafka_admin.create_topic(stack.kafka.bootstrap, _TOPIC, _PARTITIONS)
    records = fleet.records()
    count = kafka_admin.produce(stack.kafka.bootstrap, _TOPIC, ((r.key, r.value, r.timestamp) for r in records))
    hosts = len({record.key for record in records})
    console.print(f"Sent {count} syslog lines of {hosts} hosts to the topic {_TOPIC!r}.")
    return before


def _serve(stack: Stack) -> None:
    """Run the real service until it has read and committed everything."""
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=stack.kafka.bootstrap, topics=(_TOPIC,)),
        elasticsearch=_elasticsearch(stack),
    )
    stop = threading.Event()
    watcher = threading.Thread(target=_stop_when_read, args=(settings.kafka, stop))
    watcher.start()
    try:
        serve(settings, Envelope(), Bounds(reorder=_WINDOW), timedelta(minutes=5), ASSUMED_PAGE, stop)
    finally:
        stop.set()
        watcher.join()


def _stop_when_read(kafka: KafkaSettings, stop: threading.Event) -> None:
    """End the service once its group has committed everything, or after a minute."""
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline and not kafka_admin.is_read(kafka.bootstrap_servers, _TOPIC, kafka.group):
        if stop.wait(0.5):
            return
    stop.set()


def _elasticsearch(stack: Stack) -> ElasticsearchSettings:
    return ElasticsearchSettings(hosts=(stack.elasticsearch.url,))


def _table(client: Elasticsearch, console: Console) -> None:
    table = Table(title="Episodes, out of Elasticsearch", title_justify="left")
    for column in ("first event (UTC)", "host", "scope", "reports", "kills", "victims", "used by"):
        table.add_column(column, justify="right" if column in {"reports", "kills"} else "left", overflow="fold")
    client.indices.refresh(index="oom-*")
    found = client.search(index="oom-episode-*", sort=["@timestamp", "event.id"], size=100)
    for hit in found["hits"]["hits"]:
        table.add_row(*_row(hit["_source"]))
    console.print(table)


def _row(source: dict[str, Any]) -> tuple[str, ...]:
    oom = source["oom"]
    episode = oom["episode"]
    pod = source.get("kubernetes", {}).get("pod", {}).get("uid")
    name = f"pod {pod[:8]}" if pod else oom.get("scope_name", "").rsplit("/", 1)[-1]
    return (
        f"{source['event']['start'][:10]} {source['event']['start'][11:19]}",
        source["host"]["name"],
        f"{oom['scope']} {name}".strip(),
        str(episode["report_count"]),
        str(episode["kill_count"]),
        ", ".join(episode.get("victim_names", [])),
        _culprit(oom.get("culprit", {})),
    )


def _culprit(culprit: dict[str, Any]) -> str:
    """Who used the memory and how sure that is; of an OpenVZ container also the largest group."""
    if "name" not in culprit:
        return ""
    group = culprit.get("group")
    others = f", {group['count']} {group['name']}" if group and group["name"] != culprit["name"] else ""
    return f"{culprit['name']}{others} ({culprit['confidence']})"


def _sum_up(console: Console, before: Totals, after: Totals) -> None:
    counts = ", ".join(f"{count} {kind}s" for kind, count in after.counts.items())
    console.print(f"Stored: {counts}.")
    if not before.counts:
        console.print("Run the demo again: the same lines are sent again, and no document changes.")
    elif before == after:
        console.print("The same lines were sent before: no count and no document has changed.")
    else:
        console.print("[bold]Earlier runs had stored something else; start over with --fresh.[/bold]")


def _boards(client: Elasticsearch, folder: Path, console: Console) -> None:
    """Kibana is no part of the demo; its boards are drawn from the same queries."""
    try:
        from ingest.demo import boards  # noqa: PLC0415  needs the extra `charts`, and takes a second
    except ImportError:
        console.print("Boards are drawn too where the extra is: pip install 'oom-ingest[charts]'")
        return
    console.print("\nKibana's boards over this fleet, drawn without a Kibana:")
    for page in boards.pages(client, folder, datetime.now(tz=UTC)):
        console.print(f"  {page}", soft_wrap=True)


def _trends(client: Elasticsearch, file: Path, console: Console) -> None:
    try:
        from ingest.demo import trends  # noqa: PLC0415  needs the extra `charts`, as above
    except ImportError:
        return
    console.print(f"\nThe trend report of this fleet, from {trends.FIRST_DAY} to {trends.LAST_DAY}:")
    console.print(f"  {trends.write(client, file)}", soft_wrap=True)


def _where_next(console: Console, stack: Stack, *, keep: bool) -> None:
    console.print("\nWhere to look next:")
    console.print("  oom-ingest parse FILE        the same documents from a log of yours, without any server")
    if keep:
        url = stack.elasticsearch.url
        console.print(f"  curl '{url}/oom-kill-*/_search?pretty&size=1'   one kill as it is stored")
        console.print("The servers run until Ctrl-C.")
    else:
        console.print("  oom-ingest demo --keep       leaves the servers running, so that you can query them")


def _wait_for_interrupt() -> None:
    ended = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    while not ended.is_set():
        time.sleep(0.2)
