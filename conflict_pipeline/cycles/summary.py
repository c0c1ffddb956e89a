"""A cycle as lines of name and figure, for terminals and logs. Counts only, never a data value."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rich.table import Table

from conflict_pipeline import steps
from conflict_pipeline.model import RULE_COLUMNS, Cycle
from conflict_pipeline.steps.step import Step

Lines = list[tuple[str, str]]


def cycle_lines(cycle: Cycle) -> Lines:
    """Return the cycle, and below it each of its steps with its counts, in the order of the night."""
    lines = [
        ("Cycle", cycle.cycle_key),
        ("Mode", cycle.mode),
        ("Visit dates", f"{cycle.window_start} to {cycle.window_end}"),
        ("Rows planned", f"{cycle.planned:,}"),
        ("Chunks", f"{cycle.completed:,} of {cycle.chunks:,} completed"),
        ("Seconds", f"{cycle.seconds:,.1f}"),
    ]
    for step in steps.STEPS:
        counts = cycle.counts.get(step.name)
        if counts is not None:
            lines += [(step.name, ""), *count_lines(in_declared_order(step, counts))]
    return lines


def count_lines(counts: Mapping[str, Any]) -> Lines:
    """Return the counts of a step; numbers by name are indented below their total."""
    lines = []
    for name, value in counts.items():
        if isinstance(value, Mapping):
            lines += [(f"    {label(part)}", f"{number:,}") for part, number in in_order(value)]
        else:
            lines.append((f"  {label(name)}", f"{value:,}"))
    return lines


def in_declared_order(step: Step, counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts in the order of the step's class, which a JSON object of Postgres does not keep."""
    return {field.name: counts[field.name] for field in fields(step.counts) if field.name in counts}


def label(name: str) -> str:
    """Return the name of a count as readers see it."""
    return RULE_COLUMNS.get(name, name.replace("_", " "))


def as_table(lines: Lines, known: Mapping[str, str] | None = None) -> Table:
    """Return the lines as a table for a terminal; `known` adds a column of expected figures, by line name."""
    table = Table("", "found", "in the sample") if known else Table("", "found")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, figure in lines:
        table.add_row(name, figure, *([known.get(name, "")] if known else []))
    return table


def as_text(lines: Lines) -> str:
    width = max(len(name) for name, _ in lines)
    figures = max(len(figure) for _, figure in lines)
    return "\n".join(f"  {name:<{width}}  {figure:>{figures}}".rstrip() for name, figure in lines)


def in_order(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sort rules in the order of the rules, and other names alphabetically."""
    order = [name for name in RULE_COLUMNS if name in numbers]
    return [(name, numbers[name]) for name in [*order, *sorted(set(numbers) - set(order))]]
