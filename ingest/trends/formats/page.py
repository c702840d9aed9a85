"""The report as one self-contained HTML page: no script, no font, no picture from elsewhere.

For mail there is a page of tables alone: mail programs show neither style sheets nor SVG, and many no pictures.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ingest import __version__
from ingest.safe import short, shown
from ingest.trends.formats import sections
from ingest.trends.formats.links import BOARDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from ingest.trends.formats.links import Links
    from ingest.trends.formats.plots import Plot
    from ingest.trends.report import Report

_TEMPLATES = files("ingest.trends.formats") / "templates"
_NAME, _MAIL_NAME = 160, 60
HEAT = ("#eef2f7", "#dbe5f1", "#c1d3e8", "#a2bddb", "#7fa3cb", "#5d88b9", "#4270a4", "#2f588a", "#22436c")
"""Colours of a heat map in mail; the page has its own, for light and for dark."""


def render(report: Report, links: Links | None, plots: Sequence[Plot]) -> str:
    """The page with its plots."""
    return _template("page.html.j2", _NAME).render(**_given(report, links), plots=plots)


def mail(report: Report, links: Links | None = None) -> str:
    """The page for mail: every style stands at its element, and plots are tables."""
    return _template("mail.html.j2", _MAIL_NAME).render(**_given(report, links), heat=HEAT)


def _given(report: Report, links: Links | None) -> dict[str, object]:
    boards = [(name, links.board(name)) for name in BOARDS] if links else []
    return {
        "report": report,
        "title": sections.title(report),
        "scope": sections.scope(report),
        "headline": sections.headline(report),
        "sections": list(sections.sections(report, links)),
        "footing": list(sections.footing(report)),
        "weekdays": sections.WEEKDAYS,
        "column_days": sections.column_days(report),
        "boards": [(name, address) for name, address in boards if address],
        "version": __version__,
    }


def _template(name: str, longest: int) -> Template:
    environment = Environment(
        loader=FunctionLoader(lambda name: (_TEMPLATES / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: (
            value if isinstance(value, Markup) else shown(value) if isinstance(value, str) else value
        ),
    )
    environment.filters |= {"short": lambda text: short(text, longest), "step": step}
    return environment.get_template(name)


def step(count: int, most: int) -> int:
    """Which colour of a heat map a count has."""
    return round(count / most * (len(HEAT) - 1)) if most else 0
