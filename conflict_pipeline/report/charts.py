"""What all charts of the HTML report share: rendering as SVG in several widths, colours and axes.

Altair is the best maintained declarative charting library, and its renderer vl-convert needs neither a
browser nor the network. A chart is a few kilobytes of static text, identical for identical data, and is drawn
in 50 ms. Plotly would add 4 MB of JavaScript to the page.

Colours are CSS variables of the page (report.html), so the same drawing works in light, in dark and on paper.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import altair as alt
import vl_convert

from conflict_pipeline.report.figures import Row

# Width in pixels: the whole page, half of it, a sheet of paper, and a phone, which also fits half a sheet.
Width = Literal["full", "half", "paper", "narrow"]
_PIXELS: dict[Width, int] = {"full": 1140, "half": 560, "paper": 690, "narrow": 340}

FIRST, SECOND = "var(--first)", "var(--second)"
INK, FAINT, GRID, PAGE = "var(--ink)", "var(--faint)", "var(--grid)", "var(--page)"
_MAX_PIXELS_PER_LETTER = 7
# These fonts have the same widths, so a label is as wide in a browser as where it was measured.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Chart:
    """One chart as SVG in each width in which the page shows it; its label is the text alternative."""

    wide: str
    narrow: str
    paper: str


def draw(make: Callable[[Width], alt.TopLevelMixin], label: str, *, full: bool = False) -> Chart:
    """Render the chart in each width; `full` charts take the whole width of the page, others half of it."""
    narrow = _svg(make("narrow"), label)
    paper = _svg(make("paper"), label) if full else narrow
    return Chart(_svg(make("full" if full else "half"), label), narrow, paper)


def chart_of(data: Sequence[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(data)))


def sized(chart: Any, width: Width, *, height: int, names: Sequence[str] = ()) -> alt.TopLevelMixin:
    """Set the size; `names` are the labels on the left, which need room even in a font wider than `FONT`."""
    longest = min(max(map(len, names), default=0) * _MAX_PIXELS_PER_LETTER, _name_limit(width))
    sized: alt.TopLevelMixin = chart.properties(
        width=_PIXELS[width],
        height=max(height, 30),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        # Where no font of Arial's width is installed, labels are up to a sixth wider than measured.
        padding={"left": 16 + longest // 6, "right": 2, "top": 2, "bottom": 2},
        background="transparent",
    )
    return sized


def names_axis(width: Width) -> alt.Axis:
    return alt.Axis(labelLimit=_name_limit(width), domain=False, ticks=False, labelPadding=6)


def _name_limit(width: Width) -> int:
    return 140 if width == "narrow" else 230


def counts_axis(width: Width) -> alt.Axis:
    # Counts are whole numbers, so fractional ticks get no label.
    millions = "format(datum.value / 1e6, ',') + ' M'"
    text = f"datum.value % 1 ? '' : datum.value < 1e6 ? format(datum.value, ',') : {millions}"
    return alt.Axis(labelExpr=text, tickCount=3 if width == "narrow" else 5, tickMinStep=1)


def from_zero(numbers: Iterable[float]) -> alt.Scale:
    """Return a scale that starts at zero and is valid even if all numbers are zero."""
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
    """Replace characters that XML forbids, because one in a name makes vl-convert abort the process."""
    if isinstance(value, dict):
        return {_in_xml(name): _in_xml(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_in_xml(one) for one in value]
    return _NOT_IN_XML.sub("\ufffd", value) if isinstance(value, str) else value
