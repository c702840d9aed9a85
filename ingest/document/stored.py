"""What stored documents say, back in the model's words: for episodes and kills that memory no longer holds."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ingest.document._shipped import shipped_in
from ingest.model import (
    Code,
    Confidence,
    Constraint,
    Culprit,
    CulpritKind,
    Doubt,
    Episode,
    Group,
    Host,
    KnownKill,
    Member,
    Origin,
    Outcome,
    Scope,
    ScopeKind,
    TimeSource,
    When,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Source = dict[str, Any]
"""The ``_source`` of a document."""

CONFIRMED = 1 << 40
"""Added to the version of a kill that was told: no longer report that only tells who was chosen ever replaces it."""

_SHORT_ID = 12


def members_of(reports: Iterable[tuple[Source, int]], kills: Iterable[Source]) -> tuple[Member, ...]:
    """What an episode remembers of its reports, in the order in which it keeps them.

    Args:
        reports: Stored reports of the episode, each with its version.
        kills: Stored kills of the episode.
    """
    victims: dict[str, list[tuple[str, str, bool]]] = {}
    for kill in kills:
        confirmed = kill["event"]["outcome"] == "success"
        victim = (kill["event"]["id"], kill["process"]["name"], confirmed)
        victims.setdefault(kill["oom"]["report"]["id"], []).append(victim)
    found = [_member(source, version, sorted(victims.get(source["event"]["id"], []))) for source, version in reports]
    return tuple(sorted(found, key=attrgetter("order")))


def episode_of(source: Source, members: tuple[Member, ...]) -> Episode:
    """The episode of a stored document and its reports."""
    oom = source["oom"]
    kafka = source.get("kafka", {})
    return Episode(
        id=oom["episode"]["id"],
        host=Host(source["host"]["name"], source["host"].get("hostname")),
        scope=Scope(ScopeKind(oom["scope"]) if "scope" in oom else None, oom.get("scope_name")),
        family=oom["family"],
        origin=Origin(kafka.get("topic", ""), kafka.get("partition"), kafka.get("offset", 0)),
        members=members,
        open=oom["episode"]["open"],
        when=When(
            datetime.fromisoformat(source["@timestamp"]),
            TimeSource(oom["time"]["source"]),
            oom["time"]["year_inferred"],
            oom["time"]["zone_inferred"],
        ),
        provider=source["event"]["provider"],
        metadata=shipped_in(source),
    )


def known_kill_of(source: Source, version: int) -> KnownKill:
    """What is remembered of a stored kill with a document of this version."""
    container = source.get("container", {}).get("id")
    return KnownKill(
        kill_id=source["event"]["id"],
        report_id=source["oom"]["report"]["id"],
        pid=source["process"]["pid"],
        name=source["process"]["name"],
        at=datetime.fromisoformat(source["@timestamp"]),
        zone_inferred=source["oom"]["time"]["zone_inferred"],
        version=version % CONFIRMED,
        shape=source["oom"].get("envelope", ""),
        container=container[:_SHORT_ID] if container else None,
    )


def holds(reports: Iterable[Source], lines: Iterable[str]) -> bool:
    """Whether stored reports have all of these lines between them."""
    return set(lines) <= {line for source in reports for line in source["event"]["original"].split("\n")}


def _member(source: Source, version: int, victims: Sequence[tuple[str, str, bool]]) -> Member:
    oom = source["oom"]
    timed = TimeSource(oom["time"]["source"]).in_the_line
    told = oom.get("kernel", {}).get("timestamp", {}).get("us")
    uptime = None if timed else told
    return Member(
        report_id=source["event"]["id"],
        version=version,
        start=datetime.fromisoformat(source["event"]["start"]),
        end=datetime.fromisoformat(source["event"]["end"]),
        signature=oom["signature"],
        signature_name=oom["signature_name"],
        victims=tuple((kill_id, name) for kill_id, name, _ in victims),
        outcome=Outcome(oom["report"]["outcome"]),
        killed_path=oom.get("cgroup", {}).get("killed", {}).get("path"),
        unconfirmed=sum(not confirmed for _, _, confirmed in victims),
        uptime_us=uptime,
        ended_uptime_us=None if uptime is None else uptime + source["event"].get("duration", 0) // 1_000,
        verdict=tuple(Code(code) for code in oom.get("verdict", ())),
        culprit=_culprit(oom.get("culprit")),
        constraint=Constraint(oom["constraint"]) if "constraint" in oom else None,
        place=(told or 0, source.get("kafka", {}).get("offset", 0)),
    )


def _culprit(found: Mapping[str, Any] | None) -> Culprit | None:
    if found is None:
        return None
    group = found.get("group")
    return Culprit(
        kind=CulpritKind(found["kind"]),
        name=found.get("name"),
        pid=found.get("pid"),
        rss=_bytes(found),
        freed_pages=_pages(found),
        share=found.get("share"),
        confidence=Confidence(found["confidence"]),
        rule=found["rule"],
        is_victim=found["is_victim"],
        group=Group(name=group["name"], count=group["count"], rss=_bytes(group), freed_pages=_pages(group))
        if group
        else None,
        doubts=tuple(Doubt(doubt) for doubt in found.get("doubts", ())),
    )


def _bytes(found: Mapping[str, Any]) -> int | None:
    return found.get("rss", {}).get("bytes")  # type: ignore[no-any-return]  # JSON


def _pages(found: Mapping[str, Any]) -> int | None:
    return found.get("freed", {}).get("pages")  # type: ignore[no-any-return]  # JSON
