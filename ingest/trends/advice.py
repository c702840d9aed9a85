"""Advice on memory limits, out of what was in use when the killer came, with the numbers that it rests on.

A kill at a limit shows that the limit was too small for what ran, and never how much would have been enough: the next
limit is a step, not an answer. A victim of a machine without memory shows what it held: a limit below that would have
ended it before the machine ran out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from ingest.trends.facts import Sizes

_STEP = 1.25
_GRAIN = 16 << 20
"""Limits are proposed in steps of 16 MiB, below that as they are."""


class Proposal(StrEnum):
    """What is proposed."""

    RAISE = "raise"
    BOUND = "bound"


class LimitAdvice(Struct, frozen=True, kw_only=True):
    """What is proposed for one workload, and why. Sizes are bytes."""

    signature: str
    name: str
    kills: int
    proposal: Proposal
    proposed: int
    limit_least: int | None
    limit_most: int | None
    usage_most: int | None
    victim_least: int | None
    victim_most: int | None
    victim_p95: float | None
    """What 95 of 100 victims did not exceed; see ``approximate`` of the report."""
    reason: str
    """How it was killed, in a few words."""


def advise(sizes: Sizes, name: str, kills: int) -> LimitAdvice | None:
    """Advice for a workload; ``None`` where its kills tell neither a limit nor what the victims held."""
    limit, victim = sizes.limit, sizes.victim
    if limit is not None:
        proposed, proposal = _up(limit.most * _STEP), Proposal.RAISE
        several = "at several limits, the highest too: a leak?"
        reason = several if limit.least < limit.most else "at its limit"
    elif victim is not None:
        proposed, proposal = _down(victim.least), Proposal.BOUND
        reason = "no limit: the machine ran out"
    else:
        return None
    return LimitAdvice(
        signature=sizes.signature,
        name=name,
        kills=kills,
        proposal=proposal,
        proposed=proposed,
        limit_least=limit.least if limit else None,
        limit_most=limit.most if limit else None,
        usage_most=sizes.usage.most if sizes.usage else None,
        victim_least=victim.least if victim else None,
        victim_most=victim.most if victim else None,
        victim_p95=sizes.most_victims,
        reason=reason,
    )


def _up(size: float) -> int:
    return -int(-size // _GRAIN) * _GRAIN


def _down(size: int) -> int:
    return size // _GRAIN * _GRAIN or size
