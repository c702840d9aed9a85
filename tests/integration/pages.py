"""The pages that a command shows of itself, as a scraper and a probe ask for them."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def until(ask: Callable[[], tuple[int, str]], wanted: Callable[[int, str], bool]) -> str:
    deadline = time.monotonic() + 120
    status, said = ask()
    while not wanted(status, said):
        assert time.monotonic() < deadline, f"after two minutes: {status} {said}"
        time.sleep(0.2)
        status, said = ask()
    return said


def metrics(page: str) -> dict[str, float]:
    """The sum of each of our metrics over its labels; nothing where the page is none yet."""
    if not page.startswith("#"):
        return {}
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found[sample.name.removeprefix("oom_ingest_")] += sample.value  # type: ignore[assignment]
    return dict(found)
