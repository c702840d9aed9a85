"""Finds what travels with the package: ``mappings/``, ``dashboards/`` and sample logs, in a wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent
_SAMPLES_IN_CHECKOUT = _CHECKOUT / "tests" / "corpus" / "openvz"


def mappings() -> list[Path]:
    """The index templates, one JSON file each, by name."""
    return sorted(_folder("mappings", _CHECKOUT / "mappings").glob("*.json"))


def dashboards() -> Path:
    """The folder of Kibana's saved objects."""
    return _folder("dashboards", _CHECKOUT / "dashboards")


def sample(name: str) -> Path:
    """A sample log by its file name."""
    return _folder("samples", _SAMPLES_IN_CHECKOUT) / name


def _folder(name: str, in_checkout: Path) -> Path:
    """The wheel's copy (``ingest/_assets``) if there is one, else the checkout's folder."""
    for folder in (_PACKAGE / "_assets" / name, in_checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"oom-ingest was installed without its {name}; install it again from a wheel")
