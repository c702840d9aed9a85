"""``oom-ingest trends``: a fleet's OOM kills over a period, against the period before."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ingest.cli import options, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingest.config import Settings
    from ingest.trends.formats.links import Links
    from ingest.trends.period import Period
    from ingest.trends.report import Report
    from ingest.trends.selection import Selection
    from ingest.trends.source import Source

_FIELDS = {
    "hosts": "host.name",
    "clusters": "orchestrator.cluster.name",
    "roles": "labels.role",
    "namespaces": "kubernetes.namespace",
    "signatures": "oom.signature",
}
_FORMATS = ("table", "json", "csv", "markdown", "html")
_SINCE = "7d"
_PLAIN_WIDTH = 140


@click.command(name="trends")
@click.option("--since", metavar="SPAN", help=f"The time until now: 30d, 2w, 12h.  [default: {_SINCE}]")
@click.option("--from", "begin", metavar="DAY|MOMENT", help="First day, or a moment such as 2026-11-01T06:30.")
@click.option("--to", "end", metavar="DAY|MOMENT", help="Last day (it is included), or a moment; now if not given.")
@click.option("--timezone", default="UTC", show_default=True, help="Zone of days, hours and moments without one.")
@click.option("--host", "hosts", multiple=True, help="Only these hosts; * is any text. May be given again.")
@click.option("--cluster", "clusters", multiple=True, help="Only these clusters.")
@click.option("--role", "roles", multiple=True, help="Only hosts of these roles.")
@click.option("--namespace", "namespaces", multiple=True, help="Only these namespaces.")
@click.option("--signature", "signatures", multiple=True, help="Only these signatures, by id.")
@click.option("--where", multiple=True, metavar="FIELD:VALUE", help="Only kills with this value in a field.")
@click.option("--elasticsearch", "addresses", multiple=True, help="Address of Elasticsearch; may be given again.")
@click.option("--input", "file", type=click.Path(path_type=Path),
              help="Output of `oom-ingest parse`, instead of Elasticsearch; - is standard input.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(_FORMATS), default=_FORMATS[0], show_default=True)
@click.option("--mail-friendly", is_flag=True, help="HTML of tables alone, as every mail program shows it.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to standard output.")
@click.option("--kibana", metavar="URL", help="Address of Kibana, for links to the kills behind a number.")
@click.option("--fail-on", "conditions", multiple=True, metavar="CONDITION",
              help="Exit status 1 on `new-signature` or `increase>20%` of kills. May be given again.")  # fmt: skip
@options.config_file
def command(
    since: str | None,
    begin: str | None,
    end: str | None,
    timezone: str,
    where: Sequence[str],
    addresses: Sequence[str],
    file: Path | None,
    form: str,
    mail_friendly: bool,
    output: Path | None,
    kibana: str | None,
    conditions: Sequence[str],
    config_file: Path | None,
    **chosen: Sequence[str],
) -> None:
    """Report a fleet's OOM kills of a period against the period before it.

    Values of one option are alternatives, different options must all fit. The period before has as many days as the
    period. The hosts of the setting `lookup.hosts` are the fleet of which the report tells the share.

    Exit status 1: a condition of --fail-on holds. 2: something that was asked for is wrong. 3: Elasticsearch was not
    reachable, refused, or has no such index.
    """
    from ingest.trends.alarms import alarm, raised  # noqa: PLC0415  only for this command
    from ingest.trends.wrong import Wrong  # noqa: PLC0415

    if file is not None and addresses:
        raise click.UsageError("--input and --elasticsearch exclude each other")
    if mail_friendly and form != "html":
        raise click.UsageError("--mail-friendly needs --format html")
    if form == "html" and not mail_friendly:
        _need_plots()
    with status.plain_errors():
        overrides = {("elasticsearch", "hosts"): addresses or None, ("kibana", "url"): kibana}
        settings = options.settings(config_file, overrides)
        try:
            alarms = [alarm(condition) for condition in conditions]
            period = _period(since, begin, end, timezone)
            selected = _selection(chosen, where)
            report = _report(settings, period, selected, file)
        except Wrong as error:
            status.stop(str(error), status.USAGE)
        made = _links(settings, report, selected)
        text = _rendered(report, made, "mail" if mail_friendly else form, to_file=output is not None)
        _write(text, output)
    if found := list(raised(report, alarms)):
        status.stop("; ".join(found), status.FINDING)


def _period(since: str | None, begin: str | None, end: str | None, timezone: str) -> Period:
    from ingest.trends import period  # noqa: PLC0415  only for this command
    from ingest.trends.wrong import Wrong  # noqa: PLC0415

    zone = options.zone("--timezone", timezone)
    now = datetime.now(UTC)
    if begin is None:
        if end is not None:
            raise Wrong("--to needs --from")
        return period.last(since or _SINCE, now, zone)
    if since is not None:
        raise Wrong("--since and --from exclude each other")
    return period.between(begin, end, now, zone)


def _selection(chosen: Mapping[str, Sequence[str]], where: Sequence[str]) -> Selection:
    from ingest.trends import selection  # noqa: PLC0415  only for this command

    pairs = [(field, value) for option, field in _FIELDS.items() for value in chosen[option]]
    # Hosts are in lower case wherever they are stored.
    lowered = [(field, value.lower() if field == "host.name" else value) for field, value in pairs]
    return selection.selection([*lowered, *map(selection.pair, where)])


def _report(settings: Settings, period: Period, selection: Selection, file: Path | None) -> Report:
    from ingest.trends import compute, inventory  # noqa: PLC0415  only for this command
    from ingest.trends.gather import gather  # noqa: PLC0415

    fleet = inventory.hosts(options.lookup(settings), selection) if settings.lookup.hosts else None
    opened = _documents(file, selection) if file is not None else _elasticsearch(settings, selection)
    with _progress() as progress, opened as source:
        facts = gather(source, period, str(selection), progress)
    return compute.report(facts, fleet)


@contextmanager
def _elasticsearch(settings: Settings, selection: Selection) -> Iterator[Source]:
    """A server that refuses is unavailable to a report: status 1 is kept for what the report finds."""
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_trends import ElasticTrends  # noqa: PLC0415
    from ingest.ports import Refused, Unavailable  # noqa: PLC0415

    with connect(settings.elasticsearch) as client:
        try:
            with ElasticTrends(client, settings.elasticsearch.index_prefix, selection) as source:
                yield source
        except Refused as error:
            raise Unavailable(str(error)) from error


@contextmanager
def _documents(file: Path, selection: Selection) -> Iterator[Source]:
    from ingest.adapters import ndjson  # noqa: PLC0415  only for this command
    from ingest.trends.documents import Documents  # noqa: PLC0415

    try:
        yield Documents(options.named(file), ndjson.read(None if str(file) == "-" else file), selection)
    except OSError as error:
        status.stop(f"{options.named(file)} cannot be read: {error.strerror}", status.USAGE)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is counted at the moment, on standard error, where a person looks at it."""
    from rich.console import Console  # noqa: PLC0415  slow to import

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("reading") as shown:
        yield lambda what: shown.update(f"counting {what}")


def _links(settings: Settings, report: Report, selection: Selection) -> Links | None:
    from ingest.trends.formats import links  # noqa: PLC0415  only for this command

    kibana = settings.kibana
    return links.links(kibana.url, kibana.space, report, selection) if kibana.url else None


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        status.stop(f"{output} cannot be written: {error.strerror}", status.USAGE)


def _rendered(report: Report, made: Links | None, form: str, *, to_file: bool) -> str:
    match form:
        case "json":
            return msgspec.json.format(msgspec.json.encode(report)).decode() + "\n"
        case "csv":
            from ingest.trends.formats import numbers  # noqa: PLC0415  only for this format

            return numbers.render(report)
        case "markdown":
            from ingest.trends.formats import markdown  # noqa: PLC0415  only for this format

            return markdown.render(report, made)
        case "mail":
            from ingest.trends.formats import page  # noqa: PLC0415  only for this format

            return page.mail(report, made)
        case "html":
            return _page(report, made)
        case _:
            return _drawn(report, to_file=to_file)


def _need_plots() -> None:
    try:
        import_module("ingest.trends.formats.plots")  # an extra, and slow to import
    except ModuleNotFoundError as error:
        status.stop(
            f"the plots need {error.name}: install oom-ingest[charts], or give --mail-friendly, which needs none",
            status.USAGE,
        )


def _page(report: Report, made: Links | None) -> str:
    from ingest.trends.formats import page, plots  # noqa: PLC0415  only for this format

    return page.render(report, made, list(plots.plots(report)))


def _drawn(report: Report, *, to_file: bool) -> str:
    from rich.console import Console  # noqa: PLC0415  slow to import

    from ingest.trends.formats import terminal  # noqa: PLC0415  only for this format

    console = Console(file=StringIO() if to_file else None, highlight=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    with console.capture() as drawn:
        terminal.draw(report, console)
    return drawn.get()
