"""What the report's charts have in common: their SVG in two widths, their colours, their axes.

Altair, because it is the best kept of the libraries that draw from a declaration, and vl-convert, its own
renderer, because it needs neither browser nor network: a chart is static text of some kilobytes, the same for
the same data, in a twentieth of a second. Plotly would put 4 MB of JavaScript into the page.

Colours are CSS variables of the page (report.html), so one drawing serves light, dark and paper.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import altair as alt
import vl_convert

from conflict_pipeline.report.figures import Row

Width = Literal["wide", "narrow"]
WIDTHS: dict[Width, int] = {"wide": 560, "narrow": 340}
FULL_WIDTH = 1140

FIRST, SECOND = "var(--first)", "var(--second)"
INK, FAINT, GRID, PAGE = "var(--ink)", "var(--faint)", "var(--grid)", "var(--page)"
# Of the same width wherever it is measured and shown.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


@dataclass(frozen=True)
class Chart:
    """One chart in both widths; `label` says what it shows to those who do not see it."""

    wide: str
    narrow: str
    label: str


def draw(make: Callable[[Width], alt.TopLevelMixin], label: str) -> Chart:
    return Chart(_svg(make("wide"), label), _svg(make("narrow"), label), label)


def chart_of(data: Sequence[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(data)))


def sized(chart: Any, width: Width, *, height: int, full: bool = False) -> alt.TopLevelMixin:
    pixels = FULL_WIDTH if full and width == "wide" else WIDTHS[width]
    sized: alt.TopLevelMixin = chart.properties(
        width=pixels,
        height=max(height, 30),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        # At the left for labels that are wider than reckoned, where no font of Arial's width is installed.
        padding={"left": 16, "right": 2, "top": 2, "bottom": 2},
        background="transparent",
    )
    return sized


def names_axis(width: Width) -> alt.Axis:
    return alt.Axis(labelLimit=230 if width == "wide" else 140, domain=False, ticks=False, labelPadding=6)


def counts_axis(width: Width) -> alt.Axis:
    text = "datum.value < 1e6 ? format(datum.value, ',') : format(datum.value / 1e6, ',') + ' M'"
    return alt.Axis(labelExpr=text, tickCount=5 if width == "wide" else 3, tickMinStep=1)


def two_colours(titles: Sequence[str], field: str) -> alt.Color:
    scale = alt.Scale(domain=list(titles), range=[FIRST, SECOND])
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def _svg(chart: Any, label: str) -> str:
    axis = {
        "labelColor": INK, "titleColor": INK, "gridColor": GRID, "domainColor": FAINT, "tickColor": FAINT,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 6,
    }  # fmt: skip
    spec = chart.to_dict()
    spec["config"] = {
        "font": FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": {**axis, "aria": False},
        "legend": {
            "labelColor": INK,
            "titleColor": INK,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "aria": False,
        },
    }
    svg = vl_convert.vegalite_to_svg(spec)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
