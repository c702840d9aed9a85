"""What the OOM reaper got back of a victim's memory, or that it could not."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import comm, integer, kibibytes, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart
from ingest.model import ReaperOutcome, Role


class Reaped(LinuxPart, frozen=True, kw_only=True):
    """What the reaper said of a victim; sizes in bytes are what was left afterwards."""

    pid: int
    name: str
    outcome: ReaperOutcome
    anon_rss: int | None = None
    file_rss: int | None = None
    shmem_rss: int | None = None

    @classmethod
    def read(cls, found: Fields) -> Reaped:
        """From the grammar of a reaped process."""
        return cls(
            pid=found["pid"],
            name=found["name"],
            outcome=ReaperOutcome.REAPED,
            anon_rss=found["anon_rss"],
            file_rss=found.get("file_rss"),
            shmem_rss=found.get("shmem_rss"),
        )

    @classmethod
    def read_unable(cls, found: Fields) -> Reaped:
        """From the grammar of a process that could not be reaped."""
        return cls(pid=found["pid"], name=found["name"], outcome=ReaperOutcome.UNABLE)


def _reaped() -> pp.ParserElement:
    return (
        word("oom_reaper: reaped process")
        + integer("pid")
        + word("(")
        + comm(r"\), now anon-rss:")
        + word("), now")
        + kibibytes("anon-rss", "anon_rss")
        + pp.Optional(
            word(",") + kibibytes("file-rss", "file_rss") + word(",") + kibibytes("shmem-rss", "shmem_rss")
        )  # which wrapped logs without any prefix have on a line of their own
    )


def _unable() -> pp.ParserElement:
    said = pp.Suppress(pp.Regex(r"oom_reaper: (?:unable to reap|giving up) pid:"))
    return said + integer("pid") + word("(") + comm(r"\)\s*$") + word(")")


WORDINGS = (
    Wording(
        id="linux.reaped",
        role=Role.VICTIM,
        anchors=("oom_reaper: reaped process ",),
        grammar=_reaped,
        part=Reaped.read,
        source="oom_reap_task_mm",
        versions="4.6 to 7.1",
        example="oom_reaper: reaped process 238343 (go-oom-test), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
    ),
    Wording(
        id="linux.unable_to_reap",
        role=Role.VICTIM,
        anchors=("oom_reaper: unable to reap pid:", "oom_reaper: giving up pid:"),
        grammar=_unable,
        part=Reaped.read_unable,
        source="oom_reap_task",
        versions="4.6 to 7.1",
        example="oom_reaper: unable to reap pid:4123 (java)",
    ),
)
