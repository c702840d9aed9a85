"""The ``oom-kill:`` line of 5.0 and later: constraint, both cgroups, the chosen process."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import comm, integer, pattern, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart
from ingest.formats.linux.header import NODES
from ingest.model import Constraint, Role


class Summary(LinuxPart, frozen=True, kw_only=True):
    """The ``oom-kill:`` line: constraint, both cgroups and the chosen process."""

    pid: int
    name: str
    uid: int
    constraint: Constraint
    nodemask: str | None
    cpuset: str
    mems_allowed: str | None
    limit_path: str | None
    task_path: str

    @classmethod
    def read(cls, found: Fields) -> Summary:
        """From the summary's grammar."""
        nodemask = found["nodemask"]
        return cls(
            pid=found["pid"],
            name=found["name"],
            uid=found["uid"],
            constraint=Constraint(found["constraint"].lower()),
            nodemask=None if nodemask == "(null)" else nodemask,
            cpuset=found["cpuset"],
            mems_allowed=found.get("mems"),
            limit_path=found.get("limit"),
            task_path=found["path"],
        )


def _summary() -> pp.ParserElement:
    """The ``oom-kill:`` line, split on its known keys in order; its paths and names may hold commas and equal signs."""
    whose = pp.Literal(",global_oom")("machine") | (word(",oom_memcg=") + pattern(r".*?(?=,task_memcg=)", "limit"))
    return (
        word("oom-kill:constraint=CONSTRAINT_")
        + pp.one_of("NONE CPUSET MEMORY_POLICY MEMCG")("constraint")
        + word(",nodemask=")
        + pattern(NODES, "nodemask")
        + word(",cpuset=")
        + pattern(r".*?(?=,mems_allowed=[\d,-]*,(?:global_oom|oom_memcg=))", "cpuset")
        + word(",mems_allowed=")
        + pp.Optional(pattern(r"\d{1,5}(?:[,-]\d{1,5})*(?=,)", "mems"))
        + whose
        + word(",task_memcg=")
        # A name has at most 15 bytes (60 characters when none is UTF-8), so the path ends as early as that allows.
        + pattern(r".*?(?=,task=.{0,60},pid=\d+,uid=\d+(?!\w))", "path")
        + word(",task=")
        + comm(r",pid=\d+,uid=\d+(?!\w)")
        + word(",pid=")
        + integer("pid")
        + word(",uid=")
        + integer("uid")
    )


WORDINGS = (
    Wording(
        id="linux.summary",
        role=Role.VICTIM,
        anchors=("oom-kill:constraint=",),
        grammar=_summary,
        part=Summary.read,
        source="dump_oom_summary, mem_cgroup_print_oom_context",
        versions="5.0 to 7.1",
        example="oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom,"
        "task_memcg=/system.slice/mysql.service,task=mysqld,pid=1873,uid=27",
    ),
)
