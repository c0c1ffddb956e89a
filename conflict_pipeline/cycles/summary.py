"""What a cycle did, as metadata of materializations and as text for a person. Counts only, never a value."""

from collections.abc import Mapping

from rich.table import Table

from conflict_pipeline.cycles import ledger
from conflict_pipeline.model import RULE_COLUMNS, Cycle
from conflict_pipeline.postgres.session import Session


def cycle_lines(session: Session, cycle: Cycle) -> list[tuple[str, str]]:
    """A finished cycle as lines of name and figure."""
    by_rule = ledger.rules(session, cycle.cycle_id)
    return [
        ("Cycle", cycle.cycle_key),
        ("Visit dates", f"{cycle.window_start} to {cycle.window_end}"),
        ("Scope", cycle.scope),
        ("Rows planned", f"{cycle.planned:,}"),
        ("Re-detected", f"{cycle.redetected:,}"),
        *((f"  {text}", f"{by_rule.get(rule, 0):,}") for rule, text in RULE_COLUMNS.items()),
        ("Not re-detected (marked)", f"{cycle.not_redetected:,}"),
        ("Guarded by in-service or PTO", f"{cycle.guarded:,}"),
        ("Unreadable GPS texts", f"{cycle.bad_gps:,}"),
        ("Row versions written", f"{cycle.written:,}"),
        ("Chunks", f"{cycle.completed:,} of {cycle.chunks:,} completed"),
        ("Seconds since the plan", f"{cycle.seconds:,.1f}"),
    ]


def as_table(lines: list[tuple[str, str]], known: Mapping[str, str] | None = None) -> Table:
    """For a terminal; `known` are figures to set beside, by the lines' names."""
    table = Table("", "found", "in the sample") if known else Table("", "found")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, figure in lines:
        table.add_row(name, figure, *([known.get(name, "")] if known else []))
    return table


def as_text(lines: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in lines)
    figures = max(len(figure) for _, figure in lines)
    return "\n".join(f"  {name:<{width}}  {figure:>{figures}}" for name, figure in lines)
