"""Settings: flags over environment over one TOML file over defaults.

Environment variables are ``OOM_INGEST_<TABLE>__<KEY>``, lists separated by commas: ``OOM_INGEST_KAFKA__TOPICS=a,b``.
"""

from ingest.config.load import ConfigError, Effective, effective, load
from ingest.config.secret import Secret
from ingest.config.settings import (
    DeadLetterSettings,
    ElasticsearchSettings,
    EnvelopeSettings,
    EpisodeSettings,
    KafkaSettings,
    KibanaSettings,
    LookupSettings,
    MetricsSettings,
    ReportSettings,
    RouteSettings,
    Settings,
)

__all__ = [
    "ConfigError",
    "DeadLetterSettings",
    "Effective",
    "ElasticsearchSettings",
    "EnvelopeSettings",
    "EpisodeSettings",
    "KafkaSettings",
    "KibanaSettings",
    "LookupSettings",
    "MetricsSettings",
    "ReportSettings",
    "RouteSettings",
    "Secret",
    "Settings",
    "effective",
    "load",
]
