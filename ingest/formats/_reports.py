"""What every family's report begins with: the facts of its block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import Report, Scope

if TYPE_CHECKING:
    from ingest.model import Block, Completeness, Outcome


def begun(
    block: Block, *, family: str, provider: str, reason: str, completeness: Completeness, outcome: Outcome
) -> Report:
    """A report with the times, the place and the raw lines of its block, and nothing else yet."""
    lines = [entry.line for entry in block.entries]
    first, last = lines[0], lines[-1]
    return Report(
        family=family,
        provider=provider,
        reason=reason,
        host=first.host,
        when=first.when,
        ended=last.when,
        uptime_us=first.uptime_us,
        ended_uptime_us=last.uptime_us,
        origin=first.origin,
        completeness=completeness,
        closed_by=block.closed_by,
        outcome=outcome,
        lines=tuple([line.raw for line in lines]),
        scope=Scope(None),
        unread_lines=sum([entry.unread for entry in block.entries]),
        shape=first.shape,
        metadata=next((line.metadata for line in lines if line.metadata), None),
    )
