"""One plain sentence for each document: what a person reads first. It never blames the trigger."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ingest.model import Action, Code, Outcome, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from ingest.model import Episode, Report, Scope, Victim

_NAMES_SHOWN = 5
_WITHOUT_VICTIM = {
    Outcome.KILLED: "a process that no line names was killed",
    Outcome.PANIC: "the kernel panicked",
    Outcome.NO_VICTIM: "nothing was killed",
    Outcome.UNKNOWN: "no line tells what was killed",
    Outcome.TRUNCATED: "no line tells what was killed",
}
_DID = {True: "was killed", None: "was sent a signal to end it", False: "was sent a signal and did not end"}


def of_kill(report: Report, victim: Victim) -> str:
    """Who died, where and why."""
    did = _DID[victim.gone] if victim.action is Action.KILL else "was chosen to be killed, which is not confirmed,"
    held = f", with {size(victim.sizes.rss)} resident" if victim.sizes.rss is not None else ""
    return f"{victim.name} (pid {victim.pid}) {did} on {report.host.name}{held}: {_why(report)}"


def of_report(report: Report) -> str:
    """What one invocation of the killer came to."""
    killed = report.cgroup.killed_path if report.cgroup else None
    what = _came_to(len(report.victims), report.unconfirmed, {killed} if killed else (), report.outcome)
    if report.panicked and report.victims:
        what = _then_panicked(what)
    return f"{what} on {report.host.name}: {_why(report)}"


def of_episode(episode: Episode, outcome: Outcome) -> str:
    """How many died over which time, and their names, the most frequent first.

    Args:
        episode: The episode.
        outcome: What its reports came to together.
    """
    names = [name for member in episode.members for _, name in member.victims]
    killed = {member.killed_path for member in episode.members if member.killed_path}
    died = _came_to(len(names), sum(member.unconfirmed for member in episode.members), killed, outcome)
    if outcome is Outcome.KILLED and any(Code.PANIC in member.verdict for member in episode.members):
        died = _then_panicked(died)
    seconds = episode.lasted.total_seconds()
    over = f" within {duration(seconds)}" if round(seconds) else ""
    listed = f": {_tally(names)}" if names else ""
    return f"{died} on {episode.host.name}{_where(episode.scope)}{over}{listed}"


def process(name: str, pid: int | None) -> str:
    """A process by name and pid."""
    return f"{name} (pid {pid})" if pid is not None else name


def size(count: int) -> str:
    """Bytes for people, in binary units."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":  # noqa: PLR2004  the step between binary units
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """Seconds for people: ``47 s``, ``3 min 47 s``, ``2 h 5 min``."""
    whole = round(seconds)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minute} min"
    return f"{minutes} min {second} s" if minutes else f"{second} s"


def uptime(micros: int) -> str:
    """How long a machine was up, in whole seconds, as lines of ``dmesg`` begin."""
    return f"uptime {micros // 1_000_000} s"


def _why(report: Report) -> str:
    bound = f" of {size(report.limit)}" if report.limit is not None else ""
    return f"{report.reason}{bound}{_where(report.scope)}"


def _where(scope: Scope) -> str:
    if scope.name is None:
        return ""
    return f" in {'cgroup' if scope.kind is ScopeKind.CGROUP else scope.kind} {scope.name}"


def _came_to(victims: int, unconfirmed: int, killed: Collection[str], outcome: Outcome) -> str:
    """How many processes were killed, else which cgroups were killed as a whole, else what came of it."""
    if victims:
        return _died(victims, unconfirmed)
    if killed and outcome is Outcome.KILLED:
        return f"cgroup {min(killed)} was killed" if len(killed) == 1 else f"{len(killed)} cgroups were killed"
    return _WITHOUT_VICTIM[outcome]


def _then_panicked(what: str) -> str:
    return f"{what.removesuffix(',')}, then the kernel panicked,"


def _died(victims: int, unconfirmed: int) -> str:
    """How many processes were killed, and how many of them no line confirms."""
    noun = "process" if victims == 1 else "processes"
    if not unconfirmed:
        return f"{victims} {noun} killed"
    not_confirmed = (
        "which is not confirmed" if unconfirmed == victims else f"{unconfirmed} without a line that confirms it"
    )
    return f"{victims} {noun} chosen to be killed, {not_confirmed},"


def _tally(names: list[str]) -> str:
    counts = Counter(names).most_common()
    shown = ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts[:_NAMES_SHOWN])
    rest = sum(count for _, count in counts[_NAMES_SHOWN:])
    return f"{shown} and {rest} more" if rest else shown
