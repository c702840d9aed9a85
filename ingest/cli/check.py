"""``oom-ingest check``: connects to everything and says what is wrong and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from ingest.cli import options, status
from ingest.findings import Finding, State, doubtful, fine, skipped, unreachable, wrong
from ingest.model import TimeSource
from ingest.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import Effective, Settings

_SETUP = "run `oom-ingest setup`"


@click.command(name="check")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each finding.")
@options.connections
def command(chosen: Effective, as_json: bool) -> None:
    """Connect to Kafka, Elasticsearch and Kibana (where its address is set); say what is wrong and how to mend it.

    Nothing is written and no consumer group is joined. Exit status 1: something keeps the service from working. A
    lookup table that is wrong ends it before, as it ends `run`.
    """
    options.lookup(chosen.settings)
    found = []
    for finding in _look(chosen.settings):
        found.append(finding)
        click.echo(msgspec.json.encode(finding).decode() if as_json else _line(finding))
    if any(finding.state is State.WRONG for finding in found):
        raise SystemExit(status.FINDING)


def _look(settings: Settings) -> Iterator[Finding]:
    import logging  # noqa: PLC0415  beside what it is for

    from ingest.adapters import elastic_check, kafka_check  # noqa: PLC0415  slow to import

    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # the finding says what is wrong
    yield from kafka_check.look(settings, options.envelope(settings, TimeSource.KAFKA))
    elastic = list(elastic_check.look(settings))
    yield from elastic
    if not any(finding.state is State.WRONG for finding in elastic):
        yield from _templates(settings)
    if settings.kibana.url:
        yield from _kibana(settings)


def _templates(settings: Settings) -> Iterator[Finding]:
    from ingest import setup  # noqa: PLC0415  only for this command
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_templates import ElasticTemplates  # noqa: PLC0415
    from ingest.ports import Refused, Unavailable  # noqa: PLC0415

    what = "index templates"
    client = connect(settings.elasticsearch)
    try:
        steps = setup.plan(ElasticTemplates(client), settings.elasticsearch.index_prefix)
    except (Unavailable, Refused):
        yield skipped(what, "this user may not see them, which is right for one that only writes")
        return
    finally:
        client.close()
    by_action = {action: [step.name for step in steps if step.action is action] for action in setup.Action}
    if missing := by_action[setup.Action.CREATE]:
        yield wrong(what, f"missing: {', '.join(missing)}", _SETUP)
    if old := by_action[setup.Action.UPDATE]:
        yield wrong(what, f"old, or changed by somebody: {', '.join(old)}", _SETUP)
    if newer := by_action[setup.Action.NEWER]:
        yield doubtful(what, f"of a newer oom-ingest: {', '.join(newer)}", "install that version here")
    if len(by_action[setup.Action.UNCHANGED]) == len(steps):
        yield fine(what, f"all {len(steps)} are installed")


def _kibana(settings: Settings) -> Iterator[Finding]:
    from ingest.adapters.kibana import Kibana  # noqa: PLC0415
    from ingest.ports import Refused, Unavailable  # noqa: PLC0415
    from ingest.setup import kibana as setup_kibana  # noqa: PLC0415  only for this command

    kibana = Kibana(settings.kibana)
    try:
        setup_kibana.check(kibana)
        missing = setup_kibana.missing_rules(kibana, settings.elasticsearch.index_prefix, settings.kibana.space)
    except (Unavailable, Refused) as error:
        yield unreachable("Kibana", error)
        return
    finally:
        kibana.close()
    if missing:
        said = f"missing alert rules: {', '.join(missing)}"
        yield doubtful("Kibana", said, "run `oom-ingest setup --kibana ADDRESS`")
    else:
        yield fine("Kibana", "has all alert rules")


def _line(finding: Finding) -> str:
    mend = f"; {finding.mend}" if finding.mend else ""
    return f"{finding.state:<9} {shown(finding.what)}: {shown(finding.said)}{mend}"
