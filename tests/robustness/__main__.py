"""``make robustness``: prints the table for the current code, and holds docs/robustness.md against it.

With ``--write`` the page is written anew. Exit status 1 where a row does not hold or the page is out of date.
"""

from __future__ import annotations

import sys
from multiprocessing import Pool
from pathlib import Path

from tests.robustness import memory
from tests.robustness.disorder import DISORDERS
from tests.robustness.score import SEEDS, Score, measure

PAGE = Path(__file__).parent.parent.parent / "docs" / "robustness.md"
_WORKERS = 2
_BEGIN, _END = "<!-- written by `make robustness WRITE=1` -->", "<!-- until here -->"


def main() -> int:
    """Measure every row for every seed, in as many processes as the smallest machine has cores."""
    work = [(row, seed) for row in range(len(DISORDERS)) for seed in SEEDS]
    scores = [Score() for _ in DISORDERS]
    running = memory.start()
    with Pool(_WORKERS) as pool:
        for (row, seed), score in zip(work, pool.imap(_measure, work, chunksize=1), strict=True):
            scores[row] += score
            if seed == SEEDS[-1]:
                print(_row(DISORDERS[row].name, scores[row]), flush=True)
                for complaint in scores[row].complaints:
                    print(f"    {complaint}")
    held = memory.finish(running)
    print(held.sentence)
    table = "\n".join(
        [*_HEADING, *(_row(each.name, scores[at]) for at, each in enumerate(DISORDERS)), "", held.promise]
    )
    return _compare(table) or int(not all(score.holds for score in scores)) or int(not held.holds)


_HEADING = (
    "| input | kills | can be found | found | extra | wrong |",
    "| --- | --- | --- | --- | --- | --- |",
)


def _measure(work: tuple[int, int]) -> Score:
    row, seed = work
    return measure(DISORDERS[row], seed)


def _row(name: str, score: Score) -> str:
    return f"| {name} | {score.kills} | {score.findable} | {score.found} | {score.extra} | {score.wrong} |"


def _compare(table: str) -> int:
    """Whether the page has another table; writes it where that is wanted."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    wanted = f"{before}{_BEGIN}\n\n{table}\n\n{_END}{after}"
    if "--write" in sys.argv:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if page != wanted:
        print("docs/robustness.md has another table: `make robustness WRITE=1` writes it; read the difference")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
