"""Charts without a browser: typed values to a Vega-Lite specification, and that to SVG or PNG.

``spec.py`` says what is drawn, ``units.py`` how numbers read, ``draw.py`` draws it. Boards' previews and trend reports
use the same charts, so a host or a constraint looks the same in both. Needs the extra ``charts``.
"""

from ingest.charts.draw import png, svg
from ingest.charts.spec import (
    Bar,
    Cell,
    Mark,
    Point,
    Size,
    Spec,
    donut,
    heatmap,
    over_time,
    ranking,
)
from ingest.charts.units import Unit, text

__all__ = [
    "Bar",
    "Cell",
    "Mark",
    "Point",
    "Size",
    "Spec",
    "Unit",
    "donut",
    "heatmap",
    "over_time",
    "png",
    "ranking",
    "svg",
    "text",
]
