"""``python -m ingest.demo.ship``: the fleet's lines into the first topic of the settings, as a shipper would send them.

The compose stack runs it once. The topic has to be there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ingest.adapters import kafka_admin
from ingest.config import ConfigError, load
from ingest.demo import fleet


def main() -> None:
    """Send every line of the fleet; sending them again changes no document."""
    file = os.environ.get("OOM_INGEST_CONFIG")
    try:
        kafka = load(Path(file) if file else None, os.environ).kafka
    except ConfigError as error:
        sys.exit(f"oom-ingest: {error}")
    records = ((record.key, record.value, record.timestamp) for record in fleet.records())
    count = kafka_admin.produce(kafka.bootstrap_servers, kafka.topics[0], records)
    sys.stdout.write(f"Sent {count} lines to the topic {kafka.topics[0]!r}.\n")


if __name__ == "__main__":
    main()
