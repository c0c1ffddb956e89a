"""Charts: classes of counts, the line of the travel time, and the SVG itself."""

import re
from typing import Any

import pytest

from conflict_pipeline.report import bar_charts, heatmaps


@pytest.mark.parametrize(
    ("most", "ends"),
    [
        (0, []),
        (1, [1]),
        (3, [1, 3]),
        (100, [4, 16, 36, 64, 100]),
        (499, [19, 79, 179, 319, 499]),
        (1_234_567, [50_000, 200_000, 450_000, 800_000, 1_234_567]),
    ],
)
def test_classes_end_at_round_numbers_and_the_last_at_the_maximum(most: int, ends: list[int]) -> None:
    found = heatmaps.classes(most)

    assert len(found) == len(ends)
    assert found == sorted(set(found))
    assert all(abs(one - other) <= other / 10 for one, other in zip(found, ends, strict=True))
    assert not ends or found[-1] == most


def test_the_line_of_the_travel_time_ends_at_the_edge_of_the_chart() -> None:
    bands: list[dict[str, Any]] = [
        {"from_miles": 0.0, "to_miles": 10.0, "miles_per_hour": 30.0},
        {"from_miles": 10.0, "to_miles": 100.0, "miles_per_hour": 60.0},
        {"from_miles": 100.0, "to_miles": 200.0, "miles_per_hour": None},
        {"from_miles": 200.0, "to_miles": 300.0, "miles_per_hour": 60.0},
    ]

    line = heatmaps._eta_line(bands, 150, 50)

    assert [(point["band"], point["miles"], point["minutes"]) for point in line] == [
        (0, 0.0, 0.0), (0, 10.0, 20.0), (1, 10.0, 10.0), (1, 50.0, 50.0),
    ]  # fmt: skip


def test_a_chart_is_svg_with_a_label_and_with_colours_of_the_page() -> None:
    chart = bar_charts.bars([{"name": "a & b", "value": 3}], 'What it "shows"', name="name")

    for svg in (chart.wide, chart.narrow):
        assert svg.startswith('<svg role="img" aria-label="What it &quot;shows&quot;" ')
        assert "a &amp; b" in svg
        assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {
            "none", "transparent", "var(--first)", "var(--ink)", "var(--faint)", "var(--grid)",
        }  # fmt: skip


def test_equal_charts_are_equal_text() -> None:
    rows = [{"weekday": day, "hour": hour, "pairs": day * hour} for day in range(1, 8) for hour in range(24)]

    assert heatmaps.hours(rows, "label") == heatmaps.hours(rows, "label")
