"""``python -m ingest`` is ``oom-ingest``."""

from ingest.cli import main

main()
