"""The report as one HTML page: opens offline, without scripts, in light, dark and on paper.

Tables are plain HTML of the template: great-tables has no stable support for Arrow, brings a style sheet with
fixed colours into the page for each table, and brings 33 MB of locales. Jinja comes with Dagster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import jinja2

from conflict_pipeline.report.charts import Chart
from conflict_pipeline.report.figures import Report, Row

NO_CONFLICTS = "No conflicts."


@dataclass(frozen=True)
class Card:
    """A number that stands alone."""

    value: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Lines of text; `numbers` are the columns that hold numbers, from 0, `unbroken` those kept on one line.

    On a phone a table that `stacks` has its cells below one another, each with the name of its column.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    unbroken: Sequence[int] = ()
    stacks: bool = False


@dataclass(frozen=True)
class Block:
    """A figure as it is shown: a chart with its table behind it, or a table alone.

    `figure` names what it rests on, whose definition the page quotes; `empty` is said where nothing is.
    """

    figure: str
    title: str
    text: str = ""
    chart: Chart | None = None
    table: Table | None = None
    cards: Sequence[Card] = ()
    is_wide: bool = False
    is_tall: bool = False
    empty: str = ""


@dataclass(frozen=True)
class Section:
    """Blocks that answer one question."""

    name: str
    title: str
    blocks: list[Block] = field(default_factory=list)


def chart_block(
    figure: str,
    title: str,
    text: str,
    rows: Sequence[Row],
    draw: Callable[[str], Chart],
    table: Table,
    *,
    is_wide: bool = False,
    is_tall: bool = False,
    empty: str = NO_CONFLICTS,
) -> Block:
    """A chart and its table, or that there is nothing to draw."""
    if not rows:
        return Block(figure, title, is_wide=is_wide, empty=empty)
    chart = draw(f"{title}. {text} The numbers are in the table below.")
    return Block(figure, title, text, chart, table, is_wide=is_wide, is_tall=is_tall)


def number(number: Any) -> str:
    return f"{number:,}"


def money(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def render(report: Report, sections: Sequence[Section]) -> str:
    """The whole page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("conflict_pipeline.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    values: dict[str, Any] = {
        "report": report,
        "sections": sections,
        # Each once, where the first block that rests on it is.
        "definitions": {
            block.figure: (block.title, report.figures[block.figure].definition)
            for section in reversed(sections)
            for block in reversed(section.blocks)
        },
    }
    return environment.get_template("report.html").render(values)
