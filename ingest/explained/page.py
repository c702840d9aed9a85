"""Episodes as one self-contained HTML page: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from ingest import __version__
from ingest.explained.view import percent
from ingest.explanation.sentence import size
from ingest.safe import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.explained.lines import LineView
    from ingest.explained.view import EpisodeView

_TEMPLATES = files("ingest.explained") / "templates"


def render(views: Sequence[EpisodeView], source: str, left_out: int = 0) -> str:
    """The page of some episodes of a log named ``source``. Everything that the log says is escaped.

    Args:
        views: The episodes.
        source: The log's name.
        left_out: Reports before the first that are not among them.
    """
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
    environment.filters |= {"size": size, "marked": marked, "percent": percent}
    page = environment.get_template("page.html.j2")
    return page.render(views=views, source=source, left_out=left_out, version=__version__)


def marked(line: LineView) -> Markup:
    """A raw line as HTML, each value in an element that tells what it means when it is pointed at or tapped."""
    pieces, at = [], 0
    for value in line.values:
        meaning = f"{value.label}{'' if value.proven else ' (inferred)'}: {value.text}"
        word = escape(shown(line.text[value.start : value.end]))
        pieces += [escape(shown(line.text[at : value.start])), Markup('<span class="v" tabindex="0">')]
        pieces += [word, Markup('<span class="m" role="tooltip">'), escape(meaning), Markup("</span></span>")]
        at = value.end
    return Markup("").join([*pieces, escape(shown(line.text[at:]))])
