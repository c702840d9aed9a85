"""The files that Docker is given."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent


def context() -> dict[str, Path]:
    """What .dockerignore lets through, by path in the context: all is kept out but what it names."""
    everything, *named = (ROOT / ".dockerignore").read_text().split()
    assert everything == "*"
    paths = [ROOT / entry[1:] for entry in named if entry.startswith("!")]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    made = ("__pycache__", "_version.py")  # by Python, and by an installation
    return {str(file.relative_to(ROOT)): file for file in files if not set(made) & set(file.parts)}
