"""Writes the made cases of the corpus: ``python -m tests.generator.cases``. Seeds are names, so every run writes the same.

Each kernel generation has three reports (machine, cgroup, either), each family three logs of all its sequences, and each
family one log of its lines as another program quotes them, which must give nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from msgspec.structs import replace

from ingest import formats
from ingest.envelope import Envelope, Unreadable
from ingest.model import Origin, Raw
from tests.generator.kernels import GENERATIONS, report, truth
from tests.generator.scripts import DAEMONS, KERNEL, TAGS
from tests.generator.wordings import line, printed, shapes

CORPUS = Path(__file__).parent.parent / "corpus"
COPIES = 3
_AT = datetime(2026, 3, 5, 2, tzinfo=UTC)


def main() -> None:
    """Write every made case."""
    for old in [*CORPUS.rglob("made_*.log"), *CORPUS.rglob("made_*.toml")]:
        old.unlink()
    for generation in GENERATIONS:
        for copy in range(1, COPIES + 1):
            random = Random(f"{generation.name} {copy}")
            told = truth(random, generation, memcg=copy == 2)
            lines = [_stamped("node-7", "kernel", each, copy, at) for at, each in enumerate(report(random, told))]
            why = f"a report of Linux {generation.release}: {'a cgroup at its limit' if told.limit else 'the whole machine'}"
            _write(CORPUS / "linux" / f"made_{generation.name}_{copy}", lines, why)
    for family, scripts in {**DAEMONS, "linux": KERNEL}.items():
        for copy in range(1, COPIES + 1):
            random = Random(f"{family} {copy}")
            name = "made_sequences" if family == "linux" else "made"
            lines = [each for at, script in enumerate(scripts) for each in _script(random, family, script, at, copy)]
            _write(CORPUS / family / f"{name}_{copy}", lines, "every sequence of lines that the family prints")
    for family in {each.family for each in printed().values()}:
        random = Random(f"{family} quoted")
        quoted = [line(random, each.id) for each in printed().values() if each.family == family]
        lines = [f"2026-03-05T01:00:00Z h1 myapp[77]: it said: {each}" for each in quoted]
        lines += [f"2026-03-05T01:00:01Z h1 myapp[77]: {each.strip()}" for each in quoted]
        _write(CORPUS / "near_miss" / f"made_{family}", lines, "the same lines as another program quotes them")


def covered(text: str) -> list[str]:
    """The ids of the formats of which a log has a line that their reader reads, or would where the line is quoted."""
    found = set()
    for raw in text.splitlines():
        record = Envelope().read(Raw(Origin("f", None, 1), raw.encode(), _AT))
        if isinstance(record, Unreadable):
            continue
        line = record.whole
        for identity in (each for each, shape in shapes().items() if shape.search(raw.rstrip())):
            known = printed()[identity]
            own = line if line.tag != "myapp" else replace(line, tag=None, said=line.text.removeprefix("it said: "))
            match = formats.read(own, {known.family})
            if match and match.wording.id == known.reader:
                found.add(identity)
    return [identity for identity in printed() if identity in found]


def _script(random: Random, family: str, script: Iterable[str], at: int, copy: int) -> list[str]:
    host, tag = f"h{at}", TAGS.get(family, "kernel")
    pid, name, container = random.randint(2, 99_999), "java", random.randint(100, 9_999)
    given: dict[str, object] = {"pid": pid, "name": name, "key": container, "order": 0, "ub": 1234}
    if "manual.new" in script:
        given["order"] = -1
    if any(identity.startswith(("task_in", "memcg_")) for identity in script):
        given["message"] = "Memory cgroup out of memory"
    lines = [line(random, f"{family}.{identity}", given) for identity in script]
    return [_stamped(host, tag, each, copy, 10 * at + after) for after, each in enumerate(lines)]


def _stamped(host: str, tag: str, text: str, copy: int, at: int) -> str:
    """The envelope of a copy: file format, wire format, ISO. Kernel lines have an uptime in two of them."""
    uptime = f"[12345.{at:06d}] " if tag == "kernel" and copy > 1 else ""
    stamp = ("Mar  5 01:00:00", "<4>Mar  5 01:00:00", "2026-03-05T01:00:00.000000+01:00")[copy - 1]
    return f"{stamp} {host} {tag}: {uptime}{text}"


def _write(case: Path, lines: list[str], why: str) -> None:
    case.parent.mkdir(exist_ok=True)
    text = "\n".join(lines) + "\n"
    case.with_suffix(".log").write_text(text, encoding="utf-8")
    ids = ", ".join(f'"{identity}"' for identity in covered(text))
    facts = f'source = "made by tests/generator from the format strings"\nmade = true\nrecorded_at = 2026-03-05T02:00:00Z\nwhy = "{why}"\n'
    case.with_suffix(".toml").write_text(facts + f"covers = [{ids}]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
