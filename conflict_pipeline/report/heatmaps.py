"""Heatmaps: the more conflicts a square stands for, the darker it is."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import altair as alt

from conflict_pipeline.report.charts import (
    FAINT,
    PAGE,
    SECOND,
    Chart,
    Width,
    chart_of,
    draw,
    names_axis,
    sized,
)
from conflict_pipeline.report.figures import Row

# Colours from few to many conflicts. A heatmap has at most as many classes as there are colours.
HEAT = [f"var(--heat-{number})" for number in range(1, 6)]
# Colours of the numbers in these squares.
_HEAT_INK = ["var(--heat-ink-few)"] * 3 + ["var(--heat-ink-many)"] * 2


def hours(rows: Sequence[Row], label: str) -> Chart:
    """Draw a heatmap of weekdays and hours; on a phone the hours run downwards."""
    return draw(partial(_hours, rows), label, full=True)


def matrix(rows: Sequence[Row], label: str, *, full: int, short: int) -> Chart:
    """Draw `rank` against `con_rank` for the first `full` ranks, or the first `short` ones on a phone."""
    return draw(partial(_matrix, rows, full, short), label, full=True)


def travel(rows: Sequence[Row], bands: Sequence[Row], grid: dict[str, float], label: str) -> Chart:
    """Draw squares of miles and minutes, and a line of the travel time for each distance."""
    return draw(partial(_travel, rows, bands, grid), label, full=True)


def classes(most: int) -> list[int]:
    """Return the upper ends of classes for counts up to `most`: round numbers, denser for small counts."""
    ends = {round_up(most * part**2 // len(HEAT) ** 2) for part in range(1, len(HEAT))}
    return [*sorted(end for end in ends if 0 < end < most), most] if most else []


def round_up(number: int) -> int:
    """Round up to two significant digits."""
    power = int(10 ** max(len(str(number)) - 2, 0))
    return -(-number // power) * power


def _hours(rows: Sequence[Row], width: Width) -> alt.TopLevelMixin:
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    found = {(row["weekday"], row["hour"]): row["pairs"] for row in rows}
    data = [
        {"day": name, "hour": hour, "pairs": found.get((number, hour), 0)}
        for number, name in enumerate(days, start=1)
        for hour in range(24)
    ]
    all_days, all_hours = alt.Scale(domain=days), alt.Scale(domain=list(range(24)))
    title = "hour in which the earlier visit starts"
    if width != "narrow":
        x = alt.X("hour:O", title=title, scale=all_hours, axis=alt.Axis(labelAngle=0))
        y = alt.Y("day:N", title=None, scale=all_days)
    else:
        x = alt.X("day:N", title=None, scale=all_days, axis=alt.Axis(orient="top", labelAngle=0))
        y = alt.Y("hour:O", title=title, scale=all_hours)
    chart = _heat(data, "pairs", width).encode(x=x, y=y)
    height = {"full": 7 * 26, "half": 7 * 26, "paper": 7 * 22, "narrow": 24 * 18}[width]
    return sized(chart, width, height=height)


def _matrix(rows: Sequence[Row], full: int, short: int, width: Width) -> alt.TopLevelMixin:
    most = full if width != "narrow" else short
    ranks = sorted({row["rank"] for row in rows if row["rank"] <= most})
    names = {row["rank"]: f"{row['rank']}  {row['provider_name'] or row['provider_id']}" for row in rows}
    found = {(row["rank"], row["con_rank"]): row["pairs"] for row in rows}
    data = [
        {"name": names[one], "other": other, "pairs": found.get((one, other), 0)}
        for one in ranks
        for other in ranks
    ]
    ranked = alt.Scale(domain=ranks)
    x = alt.X("other:O", title=None, scale=ranked, axis=alt.Axis(orient="top", labelAngle=0))
    lines = alt.Scale(domain=[names[rank] for rank in ranks])
    y = alt.Y("name:N", title=None, scale=lines, axis=names_axis(width))
    squares = _heat(data, "pairs", width).encode(x=x, y=y)
    text = (
        chart_of(data)
        .mark_text(fontSize=11)
        .encode(x=x, y=y, text="text:N", color=alt.Color("ink:N", scale=None))
    )
    both = alt.layer(squares, text)
    return sized(both, width, height=26 * len(ranks), names=list(names.values()))


def _heat(data: list[Row], value: str, width: Width) -> Any:
    """Draw squares coloured by the class of their count, with a legend; a count of zero draws nothing."""
    ends = classes(max((row[value] for row in data), default=0))
    colours = HEAT[-len(ends) :] if len(ends) < len(HEAT) else HEAT
    inks = _HEAT_INK[-len(ends) :] if ends else []
    starts = [1, *(end + 1 for end in ends)]
    names = [
        f"{start:,}" if start == end else f"{start:,} to {end:,}"
        for start, end in zip(starts, ends, strict=False)
    ]
    for row in data:
        number = next((place for place, end in enumerate(ends) if 0 < row[value] <= end), None)
        row["class"] = None if number is None else names[number]
        row["ink"] = FAINT if number is None else inks[number]
        row["text"] = "" if number is None else f"{row[value]:,}"
    scale = alt.Scale(domain=names, range=colours)
    legend = alt.Legend(
        orient="bottom",
        title=None,
        symbolType="square",
        symbolStrokeWidth=0,
        columns={"full": 5, "half": 3, "paper": 3, "narrow": 2}[width],
        columnPadding=24,
    )
    return (
        chart_of(data)
        .transform_filter("datum.class != null")
        .mark_rect(stroke=PAGE, strokeWidth=1)
        .encode(color=alt.Color("class:N", scale=scale, sort=names, legend=legend))
    )


def _travel(
    rows: Sequence[Row], bands: Sequence[Row], grid: dict[str, float], width: Width
) -> alt.TopLevelMixin:
    most_miles, most_minutes = grid["most_miles"], grid["most_minutes"]
    data = [
        {
            "miles": row["miles"],
            "end_miles": row["miles"] + grid["mile_step"],
            "minutes": row["minutes"],
            "end_minutes": row["minutes"] + grid["minute_step"],
            "pairs": row["pairs"],
        }
        for row in rows
    ]
    x = alt.X(
        "miles:Q",
        title="miles between the two visits",
        scale=alt.Scale(domain=[0, most_miles]),
        axis=alt.Axis(tickCount=10 if width != "narrow" else 5),
    )
    y = alt.Y("minutes:Q", title="minutes available", scale=alt.Scale(domain=[0, most_minutes]))
    squares = _heat(data, "pairs", width).encode(x=x, y=y, x2="end_miles:Q", y2="end_minutes:Q")
    line = _eta_line(bands, most_miles, most_minutes)
    eta = chart_of(line).mark_line(color=SECOND, strokeWidth=2.5).encode(x=x, y=y, detail="band:N")
    name = "travel time in minutes (ETA)" if width != "narrow" else "travel time (ETA)"
    end = [{"miles": 0, "minutes": most_minutes, "text": name}] if line else []
    text = (
        chart_of(end)
        .mark_text(align="left", baseline="top", dx=8, dy=6, color=SECOND, fontSize=13, fontWeight="bold")
        .encode(x=x, y=y, text="text:N")
    )
    return sized(alt.layer(squares, eta, text), width, height=320 if width != "paper" else 230)


def _eta_line(bands: Sequence[Row], most_miles: float, most_minutes: float) -> list[Row]:
    """Return the two ends of each band's line, cut off at the edges of the chart."""
    ends = []
    for number, band in enumerate(bands):
        start, speed = band["from_miles"], band["miles_per_hour"]
        end = min(band["to_miles"], most_miles, most_minutes / 60 * speed) if speed else start
        if start < end:
            ends += [{"band": number, "miles": at, "minutes": at / speed * 60} for at in (start, end)]
    return ends
