"""Specifications to pictures, by vl-convert: Vega in a library, without a browser, a network or a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vl_convert

if TYPE_CHECKING:
    from ingest.charts.spec import Spec

_VEGA_LITE = "5.21"
_SCALE = 2.0
"""Pixels of a PNG for each of the specification's: sharp on today's screens."""


def svg(spec: Spec) -> str:
    """The picture as SVG. Text of the specification is escaped, and nothing in it is fetched or run."""
    return vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE, allowed_base_urls=[])


def png(spec: Spec) -> bytes:
    """The picture as PNG."""
    return vl_convert.vegalite_to_png(spec, vl_version=_VEGA_LITE, scale=_SCALE, allowed_base_urls=[])
