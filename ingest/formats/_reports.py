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
    first, last = block.entries[0].line, block.entries[-1].line
    return Report(
        family=family,
        provider=provider,
        reason=reason,
        host=first.host,
        when=first.when,
        ended=last.when,
        uptime_us=first.uptime_us,
        origin=first.origin,
        completeness=completeness,
        closed_by=block.closed_by,
        outcome=outcome,
        lines=tuple([entry.line.raw for entry in block.entries]),
        scope=Scope(None),
        unread_lines=sum([entry.unread for entry in block.entries]),
        shape=first.shape,
        metadata=next((entry.line.metadata for entry in block.entries if entry.line.metadata), None),
    )
