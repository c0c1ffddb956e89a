"""Bar charts: horizontal ones for named things, vertical ones for months and cycles."""

import json
from collections.abc import Sequence
from functools import partial

import altair as alt

from conflict_pipeline.report.charts import (
    FIRST,
    INK,
    Chart,
    Width,
    chart_of,
    counts_axis,
    draw,
    from_zero,
    names_axis,
    sized,
    two_colours,
)
from conflict_pipeline.report.figures import Row


def bars(rows: Sequence[Row], label: str, *, name: str, value: str = "value") -> Chart:
    """Draw horizontal bars in the order of the rows, each with its number at the end."""
    return draw(partial(_bars, rows, name, value), label)


def split_bars(rows: Sequence[Row], label: str, *, name: str, parts: tuple[str, str]) -> Chart:
    """Draw horizontal bars of two stacked parts; `parts` are keys of the rows and the legend."""
    return draw(partial(_split_bars, rows, name, parts), label)


def columns(rows: Sequence[Row], label: str, *, value: str, axis: str) -> Chart:
    """Draw vertical bars by month; each row has a `month`."""
    return draw(partial(_columns, rows, value, axis), label)


def cycles(rows: Sequence[Row], label: str) -> Chart:
    """Draw one vertical bar of detected rows for each cycle, coloured by its mode."""
    return draw(partial(_cycles, rows), label)


def _bars(rows: Sequence[Row], name: str, value: str, width: Width) -> alt.TopLevelMixin:
    data = [{"name": row[name], "value": float(row[value]), "text": f"{row[value]:,.0f}"} for row in rows]
    base = chart_of(data).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=names_axis(width)),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domainMax=_with_room(data, width))),
    )
    bar = base.mark_bar(color=FIRST, height={"band": 0.7})
    text = base.mark_text(align="left", dx=4, color=INK, fontSize=12).encode(text="text:N")
    return sized(alt.layer(bar, text), width, height=24 * len(data), names=[row["name"] for row in data])


def _with_room(data: Sequence[Row], width: Width) -> float:
    """Return the end of the axis that leaves room for the numbers beside the bars."""
    return max((row["value"] for row in data), default=1) * (1.2 if width != "narrow" else 1.5) or 1


def _split_bars(rows: Sequence[Row], name: str, parts: tuple[str, str], width: Width) -> alt.TopLevelMixin:
    data = [
        {"name": row[name], "part": part, "order": order, "value": row[part]}
        for row in rows
        for order, part in enumerate(parts)
    ]
    chart = (
        chart_of(data)
        .mark_bar(height={"band": 0.7})
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=names_axis(width)),
            x=alt.X("value:Q", title=None, axis=counts_axis(width)),
            order="order:Q",
            color=two_colours(parts, "part"),
        )
    )
    return sized(chart, width, height=24 * len(rows), names=[row[name] for row in rows])


def _columns(rows: Sequence[Row], value: str, axis: str, width: Width) -> alt.TopLevelMixin:
    data = [
        {"month": row["month"].isoformat(), "text": f"{row['month']:%b %y}", "value": float(row[value])}
        for row in rows
    ]
    # Label every first month of a quarter, or fewer: there is room for five labels on a phone, else for nine.
    quarters = -(-len(data) // (3 * (5 if width == "narrow" else 9)))
    shown = [row["text"] for row in data[:: 3 * quarters]]
    chart = (
        chart_of(data)
        .mark_bar(color=FIRST, width={"band": 0.8})
        .encode(
            x=alt.X(
                "text:N", sort=None, title=None, axis=alt.Axis(values=shown, labelAngle=0, labelOverlap=False)
            ),
            y=alt.Y(
                "value:Q", title=axis, axis=counts_axis(width), scale=from_zero(row["value"] for row in data)
            ),
        )
    )
    return sized(chart, width, height=170)


def _cycles(rows: Sequence[Row], width: Width) -> alt.TopLevelMixin:
    data = [
        {
            "name": f"{row['opened_at']:%d %b}\n{row['opened_at']:%H:%M}",
            "key": row["cycle_key"],
            "value": row["redetected"],
            "mode": row["mode"],
        }
        for row in (rows if width != "narrow" else rows[-6:])
    ]
    chart = (
        chart_of(data)
        .mark_bar(width=28)
        .encode(
            x=alt.X(
                "key:N",
                sort=None,
                title=None,
                axis=alt.Axis(labelExpr=f"split({_names_by_key(data)}[datum.value], '\\n')", labelAngle=0),
            ),
            y=alt.Y(
                "value:Q",
                title="detected rows",
                axis=counts_axis(width),
                scale=from_zero(row["value"] for row in data),
            ),
            color=two_colours(["full", "incremental"], "mode"),
        )
    )
    return sized(chart, width, height=170)


def _names_by_key(data: Sequence[Row]) -> str:
    return json.dumps({row["key"]: row["name"] for row in data})
