"""Kills of the last minutes: so that one that several sources tell of is counted once.

Within one source a second kill line in another report is another kill. Across sources it is the same where host, pid
and name are the same within two minutes: two shippers of one host, a reaper's line that comes after its report, the
word of kubelet, containerd or node-problem-detector. Who repeats and names neither process nor container, as systemd,
tells of whatever was killed on the host about that time.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest import cgroup
from ingest.model import KnownKill, Outcome, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.model import Identified, Report

WITHIN = timedelta(minutes=2)
"""Sources of one kill are this far apart at most."""

_ZONE_STEP = timedelta(minutes=15)
"""Zones differ by multiples of this."""
_WIDEST_ZONES = timedelta(hours=26)
_SHORT_ID = 12
"""Hex digits of a container id that every runtime prints."""
_NAMED, _VAGUE = "named", "vague"
"""Who told of a kill of a host: one whose word stands, or one who repeats and names neither process nor container."""

_Key = tuple[str, str, str]


class RecentKills:
    """The newest kill of each host, pid and name, of each container, and of each two minutes of a host.

    The oldest are forgotten beyond ``limit``.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._known: OrderedDict[_Key, KnownKill] = OrderedDict()

    def add(self, identified: Identified, *, echo: bool = False) -> None:
        """Remember the kills of a report that is written."""
        report = identified.report
        for known in known_kills(identified):
            self.remember(report.host.name, known)
        if not report.victims and report.outcome is not Outcome.NO_VICTIM:
            teller = _NAMED if _of_container(report) or not echo else _VAGUE
            self._put(_about(report.host.name, teller, report.when.at), _mention(identified, None))

    def remember(self, host: str, known: KnownKill) -> None:
        """Remember one kill of a host."""
        for key in (*_keys(host, known), _about(host, _NAMED, known.at)):
            self._put(key, known)

    def recall(self, host: str, known: KnownKill) -> None:
        """Remember a kill that an earlier run wrote, unless this one knows a newer one of the process."""
        before = self._known.get(_keys(host, known)[0])
        if before is None or before.at < known.at:
            self.remember(host, known)

    def told(self, identified: Identified, *, echo: bool) -> bool:
        """Whether everything that a report tells was told before: by another source, or by a report with more lines.

        Of the longer one this is a part. Its scope may be wider, so that its episode would be another. A report with as
        many lines is written again: it may be this one, of which not all was written.

        Args:
            identified: The report.
            echo: Whether it is only a reaper's or a reporter's word, which may be of the same source.
        """
        report = identified.report
        host = report.host.name
        if echo and not report.victims and not _of_container(report):
            return self._is_of_about(host, report)

        def is_known(mention: KnownKill) -> bool:
            found = (self._known.get(key) for key in _keys(host, mention))
            return any(known and (same(known, mention, echo=echo) or _tells_more(known, mention)) for known in found)

        mentions = list(_mentions(identified, echo=echo))
        return bool(mentions) and all(map(is_known, mentions))

    def _is_of_about(self, host: str, report: Report) -> bool:
        """Whether a kill of the host was told about the time of a vague word; one that only repeats such a word, too.

        Another vague word is of another kill: nobody else told of either.
        """
        tellers = (_NAMED, _VAGUE) if report.echo else (_NAMED,)
        steps = (-WITHIN, timedelta(), WITHIN)
        return any(_about(host, teller, report.when.at + step) in self._known for teller in tellers for step in steps)

    def _put(self, key: _Key, known: KnownKill) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > self._limit:
            self._known.popitem(last=False)


def known_kills(identified: Identified) -> Iterator[KnownKill]:
    """The kills of a report, as they are remembered."""
    report = identified.report
    limit = report.cgroup.limit_path if report.cgroup else None
    for victim, kill_id in zip(report.victims, identified.kill_ids, strict=True):
        path = victim.cgroup or limit
        yield KnownKill(
            kill_id=kill_id,
            report_id=identified.id,
            pid=victim.pid,
            name=victim.name,
            at=victim.when.at,
            zone_inferred=victim.when.zone_inferred,
            version=identified.version,
            shape=report.shape,
            container=_container(path),
        )


def same(known: KnownKill, mention: KnownKill, *, echo: bool) -> bool:
    """Whether a mention is of a known kill, told by another source."""
    if known.kill_id == mention.kill_id or (known.shape == mention.shape and not echo):
        return False
    if mention.pid is not None and (known.pid, known.name) != (mention.pid, mention.name):
        return False
    if mention.pid is None and known.container != mention.container:
        return False
    return _near(known.at, mention.at, zones=known.zone_inferred or mention.zone_inferred)


def _tells_more(known: KnownKill, mention: KnownKill) -> bool:
    return known.kill_id == mention.kill_id and known.version > mention.version


def _mentions(identified: Identified, *, echo: bool) -> Iterator[KnownKill]:
    """What a report tells of: its victims, or of a mere reporter's word the container."""
    if identified.report.victims or not echo:
        yield from known_kills(identified)
    elif (container := _of_container(identified.report)) is not None:
        yield _mention(identified, container)


def _mention(identified: Identified, container: str | None) -> KnownKill:
    """A report that names no process, as a kill is remembered."""
    when = identified.report.when
    return KnownKill(
        kill_id=identified.id,
        report_id=identified.id,
        pid=None,
        name="",
        at=when.at,
        zone_inferred=when.zone_inferred,
        version=identified.version,
        shape=identified.report.shape,
        container=container,
    )


def _of_container(report: Report) -> str | None:
    if report.scope.kind is ScopeKind.CONTAINER and report.scope.name:
        return report.scope.name[:_SHORT_ID]
    return None


def _container(path: str | None) -> str | None:
    found = cgroup.decode(path).container_id if path else None
    return found[:_SHORT_ID] if found else None


def _keys(host: str, known: KnownKill) -> list[_Key]:
    process = [(host, str(known.pid), known.name)] if known.pid is not None else []
    return [*process, (host, "container", known.container)] if known.container is not None else process


def _about(host: str, teller: str, at: datetime) -> _Key:
    """The two minutes of a host in which something was told; their neighbours are asked too."""
    return (host, teller, str(int(at.timestamp() // WITHIN.total_seconds())))


def _near(one: datetime, other: datetime, *, zones: bool) -> bool:
    """Whether two times are those of one event; where a zone was guessed, whole steps of zones do not count."""
    apart = abs(one - other)
    if zones and apart <= _WIDEST_ZONES:
        apart = min(apart % _ZONE_STEP, _ZONE_STEP - apart % _ZONE_STEP)
    return apart <= WITHIN
