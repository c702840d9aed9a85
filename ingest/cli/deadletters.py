"""``oom-ingest deadletters``: what could not be read or stored, why, and another try."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack, closing
from itertools import islice
from typing import TYPE_CHECKING

import click
import msgspec

from ingest.cli import options, status
from ingest.safe import short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import Effective, Settings
    from ingest.dead_letters import DeadLetter
    from ingest.runtime.replay import DeadLetters

_SHORT = 60

_stage = click.option("--stage", help="Only those of a stage: envelope, formats, index.")
_code = click.option("--code", help="Only those of a reason, such as unread, json, http_400.")


@click.group(name="deadletters")
def command() -> None:
    """What could not be read or stored, why, and another try.

    They are read from the index, or from dead_letters.topic where dead_letters.index is false.
    """


@command.command(name="list")
@_stage
@_code
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="The latest so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with everything.")
@options.connections
def list_(chosen: Effective, stage: str | None, code: str | None, limit: int, as_json: bool) -> None:
    """List dead letters, the latest last: id, time, stage, reason, place, and how the record begins."""
    with ExitStack() as stack:
        for letter in deque(_chosen(_kept(chosen.settings, stack), stage, code), limit):
            click.echo(msgspec.json.encode(letter).decode() if as_json else _line(letter))


@command.command()
@click.argument("letter_id", metavar="ID")
@options.connections
def show(chosen: Effective, letter_id: str) -> None:
    """Show everything about one dead letter. ID may be the beginning of one."""
    with ExitStack() as stack:
        for letter in _by_id(_kept(chosen.settings, stack), (letter_id,)):
            rows = {
                "id": letter.id,
                "time": letter.time.isoformat(),
                "stage": letter.stage,
                "reason": f"{letter.code}: {letter.reason}",
                "record": letter.place,
                "version": letter.version,
            }
            for name, text in rows.items():
                click.echo(f"{name:<9} {shown(text)}")
            click.echo("\n" + "\n".join(shown(line) for line in letter.original.splitlines()))


@command.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them; with --stage or --code all of those.")
@_stage
@_code
@click.option("--limit", default=1_000, show_default=True, type=click.IntRange(1), help="The oldest so many.")
@click.option("--dry-run", is_flag=True, help="Say what would be tried again.")
@options.connections
def replay(
    chosen: Effective,
    ids: tuple[str, ...],
    everything: bool,
    stage: str | None,
    code: str | None,
    limit: int,
    dry_run: bool,
) -> None:
    """Try dead letters again, once their cause is mended.

    A record is written again to the partition where it stood, and the service reads it there; a document is stored
    again. What succeeds is taken out of the index. Exit status 1: something did not succeed.
    """
    if bool(ids) == everything:
        status.stop("name the dead letters by their ids, or say --all", status.USAGE)
    with ExitStack() as stack:
        letters = _kept(chosen.settings, stack)
        wanted = _by_id(letters, ids) if ids else list(islice(_chosen(letters, stage, code), limit))
        if dry_run:
            for letter in wanted:
                click.echo(_line(letter))
            return
        failed = _replay(chosen.settings, stack, letters, wanted)
    if failed:
        status.stop(f"{failed} of {len(wanted)} dead letters could not be tried again", status.FINDING)


def _replay(settings: Settings, stack: ExitStack, letters: DeadLetters, wanted: list[DeadLetter]) -> int:
    """How many did not succeed."""
    from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
    from ingest.adapters.elastic_sink import ElasticSink  # noqa: PLC0415
    from ingest.adapters.kafka_records import KafkaRecords  # noqa: PLC0415
    from ingest.adapters.kafka_writer import KafkaWriter  # noqa: PLC0415
    from ingest.runtime.replay import Replay  # noqa: PLC0415

    records = stack.enter_context(closing(KafkaRecords(settings.kafka)))
    writer = stack.enter_context(closing(KafkaWriter(settings.kafka, ())))
    client = stack.enter_context(closing(connect(settings.elasticsearch)))
    failed = 0
    for each in Replay(records, writer, ElasticSink(client)).run(wanted):
        click.echo(f"{each.letter.id}  {each.result}  {shown(each.detail)}".rstrip())
        if each.done:
            letters.done([each.letter])
        else:
            failed += 1
    return failed


def _kept(settings: Settings, stack: ExitStack) -> DeadLetters:
    """Where they are kept."""
    if settings.dead_letters.index or settings.dead_letters.topic is None:
        from ingest.adapters.elastic_client import connect  # noqa: PLC0415  slow to import
        from ingest.adapters.elastic_dead_letters import ElasticDeadLetters  # noqa: PLC0415

        client = stack.enter_context(closing(connect(settings.elasticsearch)))
        return ElasticDeadLetters(client, settings.elasticsearch.index_prefix)
    from ingest.adapters.kafka_dead_letters import KafkaDeadLetters  # noqa: PLC0415
    from ingest.adapters.kafka_records import KafkaRecords  # noqa: PLC0415

    records = stack.enter_context(closing(KafkaRecords(settings.kafka)))
    return KafkaDeadLetters(records, settings.dead_letters.topic)


def _chosen(letters: DeadLetters, stage: str | None, code: str | None) -> Iterator[DeadLetter]:
    return (each for each in letters.all() if stage in (None, each.stage) and code in (None, each.code))


def _by_id(letters: DeadLetters, ids: tuple[str, ...]) -> list[DeadLetter]:
    """Those whose ids begin like this, each beginning fitting exactly one."""
    found: dict[str, list[DeadLetter]] = {beginning: [] for beginning in ids}
    for letter in letters.all():
        for beginning, fitting in found.items():
            if letter.id.startswith(beginning):
                fitting.append(letter)
                if len(fitting) > 1:
                    status.stop(f"several dead letters have an id that begins with {beginning!r}", status.USAGE)
    for beginning, fitting in found.items():
        if not fitting:
            status.stop(f"no dead letter has an id that begins with {beginning!r}", status.USAGE)
    return [letter for fitting in found.values() for letter in fitting]


def _line(letter: DeadLetter) -> str:
    said = short(letter.original.splitlines()[0] if letter.original else "", _SHORT)
    when = f"{letter.time:%Y-%m-%d %H:%M:%S}"
    return f"{letter.id[:12]}  {when}  {shown(letter.stage)}  {shown(letter.code)}  {shown(letter.place)}  {said}"
