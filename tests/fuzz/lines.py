"""A coverage-guided fuzz target: any bytes through the whole parser. ``make fuzz`` runs it for 30 seconds.

Ten minutes by hand: ``make fuzz SECONDS=600``. It fails on any exception and on any input that takes longer than 5 s.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest.assemble import Bounds
    from ingest.envelope import Envelope
    from ingest.model import Origin, Raw
    from ingest.offline import documents

_AT = datetime(2026, 11, 22, tzinfo=UTC)


def target(data: bytes) -> None:
    """Every line of the input is one record of one partition."""
    raws = [Raw(Origin("fuzz", 0, at), line, _AT) for at, line in enumerate(data.split(b"\n"))]
    for document in documents(raws, Envelope(), Bounds(), timedelta(minutes=5)):
        assert document.id


if __name__ == "__main__":
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
