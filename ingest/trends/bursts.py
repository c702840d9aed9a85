"""Bursts: one signature on many hosts within minutes, which is what a bad roll-out looks like.

Time is cut into slots of five minutes. Two neighbouring slots are crowded where the signature has at least
``u + HOSTS + SIGMAS * sqrt(u)`` hosts in them, where u is its usual number of kills in ten minutes, told by all kills
but those of the two slots: more than chance gives. What kills hosts all day long is no burst. Crowded slots that touch
are one burst. Whatever happens within five minutes lies in two neighbouring slots, wherever it begins.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, sqrt
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.trends.period import Window, start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ingest.trends.facts import Crowd

WIDTH = 5 * 60_000
"""Width of a slot."""

HOSTS = 5
"""Hosts that make a crowd of a signature which is otherwise never seen."""

SIGMAS = 6
"""How far beyond chance a crowd is; the busy hours of a day stay below it."""

MOST_SLOTS = 5_000
"""Slots that are looked at closely; the most crowded ones, if there are more."""


class Burst(Struct, frozen=True, kw_only=True):
    """One signature on many hosts within minutes."""

    signature: str
    name: str
    start: int
    end: int
    """End of its last slot."""
    hosts: int
    kills: int
    first_host: str
    """The host of the first kill."""
    first: int
    """The first kill."""
    some_hosts: tuple[str, ...]
    """The hosts in the order in which they were hit, a few of them."""


def threshold(kills: int, window: Window) -> int:
    """How many hosts crowd two neighbouring slots, for a signature with so many other kills in the period."""
    usual = kills * 2 * WIDTH / (window.end - start(window))
    return HOSTS + ceil(usual + SIGMAS * sqrt(usual))


def least() -> int:
    """Kills that one of two crowded slots has at any rate."""
    return ceil(HOSTS / 2)


def candidates(
    crowded: Iterable[tuple[str, int, int]], kills: Mapping[str, int], window: Window
) -> tuple[set[tuple[str, int]], bool]:
    """Signatures and slots that may be of a burst, with their neighbours, and whether some were left out.

    A crowd has at least as many kills as hosts: half of them in one of its two slots, which is a seed. A slot that
    is not told has few kills; none of them is taken for a usual one.
    """
    counts = {(signature, slot): count for signature, slot, count in crowded}
    few = least() - 1
    seeds = []
    for (signature, slot), count in counts.items():
        beside = max(counts.get((signature, slot + step), few) for step in (-WIDTH, WIDTH))
        enough = threshold(max(0, kills.get(signature, 0) - count - beside), window)
        if 2 * count >= enough and count + beside >= enough:
            seeds.append((count, signature, slot))
    seeds.sort(key=lambda seed: (-seed[0], seed[1:]))
    chosen = seeds[:MOST_SLOTS]
    found = {(signature, slot + step) for _, signature, slot in chosen for step in (-WIDTH, 0, WIDTH)}
    return found, len(seeds) > len(chosen)


def bursts(
    crowds: Collection[Crowd], kills: Mapping[str, int], names: Mapping[str, str], window: Window, shown: int
) -> list[Burst]:
    """The bursts, the one with most hosts first."""
    by_signature: dict[str, dict[int, list[Crowd]]] = {}
    for crowd in crowds:
        by_signature.setdefault(crowd.signature, {}).setdefault(crowd.start, []).append(crowd)
    found = [
        _burst(signature, names.get(signature, signature), [slots[at] for at in run if at in slots], run[-1], shown)
        for signature, slots in by_signature.items()
        for run in _runs(slots, kills.get(signature, 0), window)
    ]
    return sorted(found, key=lambda burst: (-burst.hosts, burst.start, burst.signature))


def _runs(slots: Mapping[int, Sequence[Crowd]], kills: int, window: Window) -> list[list[int]]:
    """The slots of each burst in their order."""
    crowded: set[int] = set()
    for at in slots:
        for pair in ((at - WIDTH, at), (at, at + WIDTH)):
            crowds = [crowd for slot in pair for crowd in slots.get(slot, ())]
            others = kills - sum(crowd.count for crowd in crowds)
            if len({crowd.host for crowd in crowds}) >= threshold(others, window):
                crowded |= set(pair) & set(slots)
    ordered = sorted(crowded)
    runs = [ordered[:1]] if ordered else []
    for before, at in pairwise(ordered):
        if at - before == WIDTH:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _burst(signature: str, name: str, slots: Sequence[Sequence[Crowd]], last: int, shown: int) -> Burst:
    crowds = [crowd for slot in slots for crowd in slot]
    hosts: dict[str, int] = {}
    for crowd in sorted(crowds, key=lambda crowd: (crowd.first, crowd.host)):
        hosts.setdefault(crowd.host, crowd.first)
    first_host = next(iter(hosts))
    return Burst(
        signature=signature,
        name=name,
        start=slots[0][0].start,
        end=last + WIDTH,
        hosts=len(hosts),
        kills=sum(crowd.count for crowd in crowds),
        first_host=first_host,
        first=hosts[first_host],
        some_hosts=tuple(list(hosts)[:shown]),
    )
