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
    from ingest.model import Report, Tasks, Victim

_TOKEN = 12
"""Hex digits of a token."""
_SEGMENT = 8
"""Hex digits of one step of a path; each step has its own, so that a path stays below its parents."""
_LETTERS = "abcdefabcd"
_USERS = 1 << 31


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
        trigger, request, cgroup, scope = report.trigger, report.request, report.cgroup, report.scope
        passed_over = report.passed_over
        container = scope.name if scope.kind is ScopeKind.CONTAINER else None
        return replace(
            report,
            trigger=trigger and replace(trigger, name=self.name(trigger.name), uid=self._user(trigger.uid)),
            passed_over=passed_over and replace(passed_over, name=self.name(passed_over.name)),
            request=request and replace(request, cpuset=self._path(request.cpuset)),
            cgroup=cgroup
            and replace(cgroup, limit_path=self._path(cgroup.limit_path), killed_path=self._path(cgroup.killed_path)),
            scope=replace(scope, name=self.container(container) if container else self._path(scope.name)),
            tasks=self._tasks(report.tasks),
            victims=tuple(self._victim(victim) for victim in report.victims),
            lines=tuple(map(self._token, report.lines)),
            head=self._token(report.head) if report.head else "",
        )

    def _tasks(self, tasks: Tasks) -> Tasks:
        return replace(
            tasks, name=tuple(map(self.name, tasks.name)), uid=tasks.uid and tuple(map(self._user, tasks.uid))
        )

    def _victim(self, victim: Victim) -> Victim:
        return replace(
            victim,
            name=self.name(victim.name),
            command_line=None if Redacted.NAMES in self.what else victim.command_line,
            uid=self._user(victim.uid),
            cgroup=self._path(victim.cgroup),
            openvz=victim.openvz and replace(victim.openvz, ve=self.container(victim.openvz.ve)),
            lines=tuple(map(self._token, victim.lines)),
        )

    def name(self, name: str) -> str:
        """A process's name, or its token."""
        return self._token(name) if Redacted.NAMES in self.what else name

    def _user(self, uid: int | None) -> int | None:
        if uid is None or Redacted.USERS not in self.what:
            return uid
        return int(self._digest(str(uid))[:_SEGMENT], 16) % _USERS

    def path(self, path: str) -> str:
        """A path, or its token, which has one for each step."""
        if Redacted.PATHS not in self.what:
            return path
        return "/".join(self._step(step) if step else "" for step in path.split("/"))

    def container(self, name: str) -> str:
        """The kernel and OpenVZ number their containers; a runtime's id, and that of Virtuozzo 7, stand in paths."""
        return name if name.isdigit() else self.path(name)

    def _path(self, path: str | None) -> str | None:
        return self.path(path) if path is not None else None

    def _step(self, step: str) -> str:
        """The token of one step, never a number: that would be read as a container of OpenVZ."""
        token = self._digest(step)[:_SEGMENT]
        return _LETTERS[int(token[0])] + token[1:] if token.isdigit() else token

    def _token(self, value: str) -> str:
        return self._digest(value)[:_TOKEN]

    def _digest(self, value: str) -> str:
        return hmac.digest(self.key, value.encode("utf-8", "surrogateescape"), "sha256").hex()
