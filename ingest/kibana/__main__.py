"""``python -m ingest.kibana`` writes what goes to Kibana to ``dashboards/``, and ``docs/alerts.md``."""

from __future__ import annotations

import sys

from ingest.kibana import bundle, rules_files
from ingest.kibana.validate import problems

if wrong := problems(bundle.text()):
    sys.exit("\n".join(f"{problem.rule}: {problem.where}" for problem in wrong))
for path, text in (bundle.generated() | rules_files.generated()).items():
    path.write_text(text, encoding="utf-8")
    sys.stderr.write(f"wrote {path.name}\n")
