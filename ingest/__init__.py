"""oom-ingest: OOM-killer records from Kafka to Elasticsearch."""

__version__ = "0.1.0"
