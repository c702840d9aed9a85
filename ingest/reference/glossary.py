"""``docs/glossary.md``: the project's words, the fields of the documents and the values of the log's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import formats, meanings
from ingest.fields import FIELDS
from ingest.meanings.linux.memcg import STAT
from ingest.meanings.linux.tasks import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.fields import Field
    from ingest.meanings import About, Meaning

WORDS: dict[str, str] = {
    "anonymous memory": "What programs hold for themselves: heap, stacks. Only swap or their end frees it.",
    "badness": "The points by which a killer chooses its victim. See `oom_score_adj`.",
    "beancounter": "OpenVZ's account of what a container uses, with a limit for each kind of memory.",
    "cgroup": "A group of processes with limits of its own. Containers, pods and services are cgroups.",
    "completeness": "How much of a report was there to read: complete, or which part is missing.",
    "constraint": "What bounded the memory: nothing but the machine, a cgroup's limit, a cpuset, a memory policy, or a "
    "person who asked for a kill (SysRq).",
    "container": "Here mostly an OpenVZ container (VE, CT), known by a number. Other containers appear as cgroups.",
    "culprit": "Who used the memory. It need be neither the trigger nor a victim, and it may be many small processes.",
    "dead letter": "What looked like an OOM record and could not be read or stored, kept with the reason.",
    "episode": "The reports and kills of one host and one scope with no gap above five minutes (a setting).",
    "family": "The program that printed the lines, and its formats: `linux`, `openvz`, `earlyoom`, and so on.",
    "kill": "One process that died, however often it is told of: kill line, reaper, kubelet, two copies of a log.",
    "line": "One log record of one host, without its envelope.",
    "memcg": "Memory cgroup: the kernel's name for a cgroup with a memory limit.",
    "min mark": "The free memory of a zone below which an ordinary request fails. Out of memory does not mean 0 free.",
    "OOM": "Out of memory: a request for memory could not be met, by reclaim, by swap, or by waiting.",
    "oom_score_adj": "A process's setting, -1000 (never kill) to 1000 (kill first), that is added to its badness.",
    "order": "Size of a request for memory: 2^order pages in a row.",
    "page": "The unit of memory: mostly 4 KiB, on some processors 16 or 64 KiB.",
    "page cache": "Contents of files kept in memory. It is dropped when memory is short, so it is rarely the problem.",
    "reaper": "The part of the kernel that takes a victim's memory back before the victim itself is gone.",
    "report": "One run of a killer with everything it printed, from header to kill and reaper lines. Two runs in one "
    "second are two reports.",
    "resident memory": "RSS: what a process holds in RAM. Pages that several processes share count in each of them.",
    "scope": "Whose memory ran out: machine, cgroup, cpuset or container, and which one.",
    "shared memory": "tmpfs, System V and POSIX shared memory. It cannot be dropped, and it may outlive its writer.",
    "signature": "The same failure wherever it happens: family, constraint and workload with ids taken out.",
    "slab": "The kernel's own caches. What of them cannot be reclaimed belongs to no process.",
    "storm": "Kills that follow each other faster than a person can follow.",
    "trigger": "Who asked for memory when there was none: chance, neither the victim nor the cause by itself.",
    "victim": "Who died, or was chosen to.",
    "virtual size": "total-vm: the addresses that a process has mapped, used or not. It says nothing of guilt.",
    "wording": "One line as a program prints it, over the versions that print it alike.",
    "zone": "A range of memory with free pages and marks of its own: DMA, DMA32, Normal, HighMem, Movable.",
}
"""What a person has to know before the rest can be read."""

GROUPS: dict[str, str] = {
    "@timestamp": "When",
    "event": "What kind of event",
    "message": "In one sentence",
    "host": "The host",
    "process": "The victim, or the row of a process table",
    "oom.victim": "What the victim held",
    "oom.reaper": "What the reaper did",
    "oom.trigger": "Who asked for memory",
    "oom.request": "What was asked for",
    "oom.culprit": "Who used the memory",
    "oom.cgroup": "The cgroup at its limit",
    "oom.psi": "Memory pressure",
    "oom.system": "The machine's memory",
    "oom.host": "The machine",
    "oom.openvz": "OpenVZ and Virtuozzo",
    "oom.task": "A row of the process table",
    "oom.tasks": "The process table",
    "oom.report": "The report",
    "oom.episode": "The episode",
    "oom.time": "How far to trust the time",
    "oom.kernel": "The kernel",
    "oom.pipeline": "The service itself",
    "oom": "Everything else of an OOM event",
    "error": "Dead letters",
    "kafka": "Where it was read",
    "agent": "The shipper",
    "labels": "Labels",
    "container": "The container, as its shipper knows it",
    "kubernetes": "Kubernetes, as the shipper knows it",
    "orchestrator": "The orchestrator",
    "cloud": "The cloud",
    "systemd": "systemd",
    "ecs": "Elastic Common Schema",
}
"""Prefixes of fields in the order of the page; the longest that fits a field has it."""

_REST = "Other fields"


def text() -> str:
    """The page."""
    head = [
        "# Glossary",
        "",
        "Generated by `make generate` from `ingest/reference/glossary.py` (words), `ingest/fields.py` (fields of",
        "documents) and `ingest/meanings/` (values of log lines). Types and kinds of the fields are in",
        "[fields.md](fields.md), who prints which line in [formats.md](formats.md), and how to put them together in",
        "[how to read an OOM-killer log](how-to-read-an-oom-killer-log.md).",
    ]
    return "\n".join([*head, *_words(), *_fields(), *_values()]) + "\n"


def group_of(field: str) -> str:
    """The prefix in ``GROUPS`` that a field belongs to; empty for none."""
    fits = (prefix for prefix in GROUPS if field == prefix or field.startswith(f"{prefix}."))
    return max(fits, key=len, default="")


def _words() -> Iterator[str]:
    yield from ("", "## Words", "", "| word | meaning |", "| --- | --- |")
    yield from (f"| {word} | {meaning} |" for word, meaning in sorted(WORDS.items(), key=lambda each: each[0].lower()))


def _fields() -> Iterator[str]:
    yield from ("", "## Fields of the documents")
    for prefix, title in (*GROUPS.items(), ("", _REST)):
        members = sorted((field for field in FIELDS if group_of(field.name) == prefix), key=lambda field: field.name)
        if members:
            yield from ("", f"### {title}", "", "| field | meaning | unit |", "| --- | --- | --- |")
            yield from map(_field, members)


def _field(field: Field) -> str:
    return f"| `{field.name}` | {field.text} | {field.unit} |"


def _values() -> Iterator[str]:
    yield from (
        "",
        "## Values in the lines of a log",
        "",
        "The unit is that of the value as it is read, whatever the line prints. *Inferred*: no source is public, so",
        "the meaning is told from the shape of the lines.",
        "",
        "### In every line",
    )
    yield from _table(meanings.EVERYWHERE)
    for family in formats.formats().values():
        yield from ("", f"### {family.title}")
        for wording in family.wordings:
            yield from _wording(wording, meanings.wordings()[wording.id])


def _wording(wording: formats.Wording, about: About) -> Iterator[str]:
    yield from ("", f"#### `{wording.id}`", "", about.text, "", "```", wording.example, "```")
    told = [shape.text for shape in about.shapes if shape.text]
    if told:
        yield ""
        yield from (f"- {each}" for each in dict.fromkeys(told))
    if wording.id == "linux.tasks_heading":
        yield from _table(COLUMNS)
    elif about.keys is STAT and wording.id != "linux.memcg_stat":
        yield from ("", "Its keys are those of `linux.memcg_stat`.")
    elif about.keys or about.names:
        yield from _table({**about.names, **about.keys})


def _table(known: Mapping[str, Meaning]) -> Iterator[str]:
    yield from ("", "| value | what it is | meaning | unit |", "| --- | --- | --- | --- |")
    for name, meaning in known.items():
        doubt = "" if meaning.proven else " *Inferred.*"
        yield f"| `{name}` | {meaning.label} | {meaning.text}{doubt} | {meaning.unit} |"
