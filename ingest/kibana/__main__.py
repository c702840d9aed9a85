"""``python -m ingest.kibana`` writes what is imported into Kibana to ``dashboards/``."""

from __future__ import annotations

import sys

from ingest.kibana.bundle import generated

for path, text in generated().items():
    path.write_text(text, encoding="utf-8")
    sys.stderr.write(f"wrote {path.name}\n")
