"""Reports without what must not leave the place where they were logged: names, users, paths and raw text as tokens.

A token is the same for the same value under the same key, so that documents can still be counted, joined and found
again after a restart; nobody without the key can tell, or try out, what it stands for.
"""

from __future__ import annotations

import hmac
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest.model import ScopeKind

if TYPE_CHECKING:
    from ingest.model import CgroupState, Report, Victim

_TOKEN = 12
"""Hex digits of a token."""
_SEGMENT = 8
"""Hex digits of one step of a path; each step has its own, so that a path stays below its parents."""
_USER_BITS = 31


class Redacted(StrEnum):
    """What is replaced. The raw text holds all of it, so it goes with any of the others."""

    NAMES = "names"
    """Processes: those that died, asked, or stand in the table; their command lines are left out."""
    USERS = "users"
    """Numbers of users."""
    PATHS = "paths"
    """Cgroups and cpusets, step by step; pods, containers and units are no longer told from them."""
    TEXT = "text"
    """The log lines themselves."""


class Redaction(Struct, frozen=True):
    """What is replaced, and the key of the tokens."""

    what: frozenset[Redacted]
    key: bytes

    def of(self, report: Report) -> Report:
        """A report with tokens in place of what is redacted. Its numbers, times and host stay as they are."""
        names, users, paths = (each in self.what for each in (Redacted.NAMES, Redacted.USERS, Redacted.PATHS))
        trigger, request, cgroup, scope = report.trigger, report.request, report.cgroup, report.scope
        tasks = report.tasks
        if names:
            trigger = trigger and replace(trigger, name=self._token(trigger.name))
            tasks = tuple(replace(task, name=self._token(task.name)) for task in tasks)
        if users:
            trigger = trigger and replace(trigger, uid=self._user(trigger.uid))
            tasks = tuple(replace(task, uid=self._user(task.uid)) for task in tasks)
        if paths:
            request = request and replace(request, cpuset=self._path(request.cpuset))
            cgroup = cgroup and self._cgroup(cgroup)
            # The kernel and OpenVZ number their containers; a runtime's id stands in paths.
            if scope.kind is not ScopeKind.CONTAINER or not (scope.name or "").isdigit():
                scope = replace(scope, name=self._path(scope.name))
        return replace(
            report,
            trigger=trigger,
            request=request,
            cgroup=cgroup,
            scope=scope,
            tasks=tasks,
            victims=tuple(self._victim(victim) for victim in report.victims),
            lines=tuple(map(self._token, report.lines)),
            head=self._token(report.head) if report.head else "",
        )

    def _victim(self, victim: Victim) -> Victim:
        names, users, paths = (each in self.what for each in (Redacted.NAMES, Redacted.USERS, Redacted.PATHS))
        return replace(
            victim,
            name=self._token(victim.name) if names else victim.name,
            command_line=None if names else victim.command_line,
            uid=self._user(victim.uid) if users else victim.uid,
            cgroup=self._path(victim.cgroup) if paths else victim.cgroup,
            lines=tuple(map(self._token, victim.lines)),
        )

    def _cgroup(self, state: CgroupState) -> CgroupState:
        return replace(state, limit_path=self._path(state.limit_path), killed_path=self._path(state.killed_path))

    def _token(self, value: str) -> str:
        return self._digest(value)[:_TOKEN]

    def _path(self, path: str | None) -> str | None:
        if path is None:
            return None
        return "/".join(self._digest(step)[:_SEGMENT] if step else "" for step in path.split("/"))

    def _user(self, uid: int | None) -> int | None:
        return None if uid is None else int(self._digest(str(uid))[:_SEGMENT], 16) % 2**_USER_BITS

    def _digest(self, value: str) -> str:
        return hmac.digest(self.key, value.encode("utf-8", "surrogateescape"), "sha256").hex()
