"""What ``--fail-on`` looks for: conditions under which a scheduled report ends with a status of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.trends.report import Trend
from ingest.trends.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.trends.report import Report

_INCREASE = re.compile(r"increase>(\d{1,6}(?:\.\d{1,3})?)%")


class Alarm(Struct, frozen=True):
    """A condition: a new signature, or kills that rose by more than so many percent."""

    increase: float | None = None


def alarm(text: str) -> Alarm:
    """The condition of ``new-signature`` or ``increase>20%``.

    Raises:
        Wrong: It is neither.
    """
    plain = text.replace(" ", "")
    if plain == "new-signature":
        return Alarm()
    found = _INCREASE.fullmatch(plain)
    if not found:
        raise Wrong(f"{text!r} is neither `new-signature` nor `increase>20%`")
    return Alarm(float(found[1]))


def raised(report: Report, alarms: Iterable[Alarm]) -> Iterator[str]:
    """A sentence for each condition that holds."""
    for each in alarms:
        if each.increase is None:
            count = report.changed_count.get(Trend.NEW, 0)
            if count:
                yield f"{count:,} new signature{'' if count == 1 else 's'}"
        elif report.kills.now * 100 > report.kills.before * (100 + each.increase):
            yield f"kills rose from {report.kills.before:,} to {report.kills.now:,}, by more than {each.increase:g} %"
