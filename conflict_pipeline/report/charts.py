"""What the report's charts have in common: their SVG in each width, their colours, their axes.

Altair, because it is the best kept of the libraries that draw from a declaration, and vl-convert, its own
renderer, because it needs neither browser nor network: a chart is static text of some kilobytes, the same for
the same data, in a twentieth of a second. Plotly would put 4 MB of JavaScript into the page.

Colours are CSS variables of the page (report.html), so one drawing serves light, dark and paper.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import altair as alt
import vl_convert

from conflict_pipeline.report.figures import Row

# Pixels: across the page, half of it, across a sheet of paper, and a phone, which is also half a sheet.
Width = Literal["full", "half", "paper", "narrow"]
_PIXELS: dict[Width, int] = {"full": 1140, "half": 560, "paper": 690, "narrow": 340}

FIRST, SECOND = "var(--first)", "var(--second)"
INK, FAINT, GRID, PAGE = "var(--ink)", "var(--faint)", "var(--grid)", "var(--page)"
_MOST_PIXELS_A_LETTER = 7
# Of the same width wherever it is measured and shown.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Chart:
    """One chart as SVG in the widths that it is shown in; those who do not see it get its label."""

    wide: str
    narrow: str
    paper: str


def draw(make: Callable[[Width], alt.TopLevelMixin], label: str, *, full: bool = False) -> Chart:
    """`full`: across the page; else across half of it."""
    narrow = _svg(make("narrow"), label)
    paper = _svg(make("paper"), label) if full else narrow
    return Chart(_svg(make("full" if full else "half"), label), narrow, paper)


def chart_of(data: Sequence[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(data)))


def sized(chart: Any, width: Width, *, height: int, names: Sequence[str] = ()) -> alt.TopLevelMixin:
    """`names`: those at the left, for which it takes room also in a font wider than the one of `FONT`."""
    longest = min(max(map(len, names), default=0) * _MOST_PIXELS_A_LETTER, _name_limit(width))
    sized: alt.TopLevelMixin = chart.properties(
        width=_PIXELS[width],
        height=max(height, 30),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        # Where no font of Arial's width is installed, labels are up to a sixth wider than reckoned.
        padding={"left": 16 + longest // 6, "right": 2, "top": 2, "bottom": 2},
        background="transparent",
    )
    return sized


def names_axis(width: Width) -> alt.Axis:
    return alt.Axis(labelLimit=_name_limit(width), domain=False, ticks=False, labelPadding=6)


def _name_limit(width: Width) -> int:
    return 140 if width == "narrow" else 230


def counts_axis(width: Width) -> alt.Axis:
    # Half a conflict is no number to show.
    millions = "format(datum.value / 1e6, ',') + ' M'"
    text = f"datum.value % 1 ? '' : datum.value < 1e6 ? format(datum.value, ',') : {millions}"
    return alt.Axis(labelExpr=text, tickCount=3 if width == "narrow" else 5, tickMinStep=1)


def from_zero(numbers: Iterable[float]) -> alt.Scale:
    """Upwards from zero, also where there is nothing but zeros."""
    return alt.Scale(zero=True) if any(numbers) else alt.Scale(domain=[0, 1])


def two_colours(titles: Sequence[str], field: str) -> alt.Color:
    scale = alt.Scale(domain=list(titles), range=[FIRST, SECOND])
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def _svg(chart: Any, label: str) -> str:
    axis = {
        "labelColor": INK, "titleColor": INK, "gridColor": GRID, "domainColor": FAINT, "tickColor": FAINT,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 6,
    }  # fmt: skip
    spec = _in_xml(chart.to_dict())
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


def _in_xml(value: Any) -> Any:
    """The same without characters that XML cannot hold: on one in a name, the converter ends the process."""
    if isinstance(value, dict):
        return {_in_xml(name): _in_xml(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_in_xml(one) for one in value]
    return _NOT_IN_XML.sub("\ufffd", value) if isinstance(value, str) else value
