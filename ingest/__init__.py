"""oom-ingest: OOM-killer records from Kafka to Elasticsearch."""

try:
    from ingest._version import __version__
except ModuleNotFoundError:  # the build writes it; this checkout was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
