"""The HTML report as one page that works offline, without scripts, in light, in dark and on paper.

Tables are plain HTML in the template: great-tables has no stable support for Arrow, adds a style sheet with
fixed colours for each table, and installs 33 MB of locales. Jinja is a dependency of Dagster anyway.
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
    """A single number with its name and an optional note."""

    value: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text with column headings.

    `numbers` are the indexes of right-aligned columns, `unbroken` those of columns without line breaks. On a
    phone, a table that `stacks` shows the cells of a row below one another, each with its heading.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    unbroken: Sequence[int] = ()
    stacks: bool = False


@dataclass(frozen=True)
class Block:
    """A block of the page: cards, a chart with its table, or a table alone.

    `figure` names the figure whose definition the page quotes; `empty` is shown if there is nothing else.
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
    """A heading of the page and the blocks below it."""

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
    """Return a block with a chart and its table, or one with the text `empty` if there are no rows."""
    if not rows:
        return Block(figure, title, is_wide=is_wide, empty=empty)
    chart = draw(f"{title}. {text} The table below holds the numbers.")
    return Block(figure, title, text, chart, table, is_wide=is_wide, is_tall=is_tall)


def number(value: Any) -> str:
    return f"{value:,}"


def money(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def render(report: Report, sections: Sequence[Section]) -> str:
    """Return the page as HTML."""
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
        # A definition is quoted once, under the title of the first block that uses it.
        "definitions": {
            block.figure: (block.title, report.figures[block.figure].definition)
            for section in reversed(sections)
            for block in reversed(section.blocks)
        },
    }
    return environment.get_template("report.html").render(values)
