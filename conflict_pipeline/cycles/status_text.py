"""The status of a cycle as text for a terminal, made for 80 columns. Counts only, never a data value."""

import time
from collections.abc import Collection, Mapping
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.status import Row, Status, read_status
from conflict_pipeline.cycles.summary import in_order, label
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

BAR_WIDTH = 8
REFRESH_SECONDS = 1
# An error that many chunks share is printed once, with the first of them.
MAX_NAMED_CHUNKS = 3

_STYLES = {"failed": "red", "stuck": "bold red", "running": "yellow", "completed": "green", "skipped": "dim"}


def show(status: Status) -> None:
    """Print the status."""
    Console().print(render(status))


def watch(session: Session, status: Status, *, all_chunks: bool) -> Status:
    """Print the status and refresh it until the cycle has ended; return the last status."""
    with Live(render(status), auto_refresh=False) as live:
        while status.is_running:
            time.sleep(REFRESH_SECONDS)
            status = read_status(session, all_chunks=all_chunks)
            live.update(render(status), refresh=True)
    return status


def render(status: Status) -> RenderableType:
    """Return the status: cycle, progress, steps, chunks, their errors, the last cycles, and what to do."""
    cycle = status.cycle
    if cycle is None:
        return Text(ledger.NOTHING_PLANNED)
    parts: list[RenderableType] = [Text(_headline(cycle)), _bar(cycle), Text(_progress(cycle))]
    parts += ["", _step_table(cycle, status.steps)]
    if status.chunks:
        parts += ["", _chunk_table(status.chunks)]
    if errors := _errors(status):
        parts += ["", *(Text(error) for error in errors)]
    if len(status.last_cycles) > 1:
        parts += ["", _cycle_table(status.last_cycles)]
    if advice := _advice(status):
        parts += ["", Text(advice, style="bold")]
    return Group(*parts)


def _headline(cycle: Cycle) -> str:
    ended = f", ended {_format(cycle.closed_at)}" if cycle.closed_at else ""
    reason = f" ({cycle.mode_reason})" if cycle.mode_reason else ""
    return (
        f"Cycle {cycle.cycle_key} is {cycle.state}.\n"
        f"Started {_format(cycle.opened_at)}{ended}.\n"
        f"Mode {cycle.mode}{reason}, visit dates {cycle.window}."
    )


def _format(moment: datetime) -> str:
    """Format a time with the offset of the report time zone, which is that of the session."""
    return moment.isoformat(" ", "seconds")


def _bar(cycle: Cycle) -> Table:
    grid = Table.grid()
    grid.add_row(ProgressBar(total=max(cycle.planned, 1), completed=cycle.planned_of_completed, width=60))
    return grid


def _progress(cycle: Cycle) -> str:
    by_status = ("completed", "running", "pending", "failed", "stuck", "skipped")
    counts = [f"{getattr(cycle, name):,} {name}" for name in by_status if getattr(cycle, name)]
    line = f"{cycle.planned_of_completed:,} of {cycle.planned:,} rows; chunks: {', '.join(counts) or 'none'}"
    if cycle.rows_per_second is None:
        return line
    line += f"; {cycle.rows_per_second:,.0f} rows/s"
    if cycle.state == "open" and cycle.running:
        left = (cycle.planned - cycle.planned_of_completed) / cycle.rows_per_second
        line += f"; about {left:,.0f} s left"
    return line


def _step_table(cycle: Cycle, steps: list[Row]) -> Table:
    """Build a table with a line for each step; numbers by name are lines below it."""
    table = _table("step", "state", "seconds", "counts", numbers=["seconds"])
    table.columns[-1].no_wrap = False
    for row in steps:
        state = row["state"] or f"{cycle.completed:,} of {cycle.chunks:,} chunks"
        seconds = "" if row["seconds"] is None else f"{row['seconds']:,.1f}"
        counts = row["counts"]
        single = {name: count for name, count in counts.items() if not isinstance(count, Mapping)}
        table.add_row(row["step"], _status(state), seconds, _counts(single))
        for name in counts.keys() - single.keys():
            by_name = {part: count for part, count in in_order(counts[name]) if count}
            table.add_row("", "", "", f"{label(name)}: {_counts(by_name) or 'none'}")
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{label(name)} {count:,}" for name, count in counts.items())


def _chunk_table(chunks: list[Row]) -> Table:
    numbers = ["attempts", "rows", "seconds", "rows/s"]
    table = _table("chunk", "status", *numbers, numbers=numbers)
    for chunk in chunks:
        is_done = chunk["status"] == "completed" and chunk["seconds"]
        table.add_row(
            chunk["partition_key"],
            _status(chunk["status"]),
            f"{chunk['attempts']:,}",
            f"{chunk['planned']:,}",
            f"{chunk['seconds']:,.1f}" if is_done else "",
            f"{chunk['planned'] / chunk['seconds']:,.0f}" if is_done else "",
        )
    return table


def _errors(status: Status) -> list[str]:
    """Return a line for each error, which names the step or the first chunks that it belongs to."""
    places: dict[str, list[str]] = {}
    for row in [*status.steps, *status.chunks]:
        if row["error"]:
            places.setdefault(row["error"], []).append(row.get("partition_key") or f"step {row['step']}")
    return [f"{_first(names)}: {error}" for error, names in places.items()]


def _first(names: list[str]) -> str:
    more = len(names) - MAX_NAMED_CHUNKS
    return ", ".join(names[:MAX_NAMED_CHUNKS]) + (f" and {more:,} more" if more > 0 else "")


def _cycle_table(cycles: list[Row]) -> Table:
    """Build a table with a line for each cycle, oldest first, and a bar for its rows."""
    numbers = ["rows", "seconds", "retries"]
    table = _table("last cycles", "state", "mode", "rows", "", "seconds", "retries", numbers=numbers)
    largest = max(cycle["planned"] for cycle in cycles) or 1
    for cycle in reversed(cycles):
        table.add_row(
            cycle["cycle_key"],
            _status(cycle["state"]),
            cycle["mode"],
            f"{cycle['planned']:,}",
            Text(_blocks(cycle["planned"] / largest), style="cyan"),
            f"{cycle['seconds']:,.0f}",
            f"{cycle['repeated_attempts']:,}",
        )
    return table


def _blocks(share: float) -> str:
    """Return a bar of up to BAR_WIDTH characters, to an eighth of one."""
    eighths = round(share * BAR_WIDTH * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _table(*names: str, numbers: Collection[str]) -> Table:
    """Return a table without frame; columns of numbers are right-aligned."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in names:
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    return table


def _status(status: str) -> Text:
    return Text(status, style=_STYLES.get(status, ""))


def _advice(status: Status) -> str:
    cycle = status.cycle
    if cycle is None or not status.is_running:
        return ""
    if status.failed_steps:
        return "Remove the cause of the failed step, then run the job conflict_report again."
    if cycle.failed or cycle.stuck:
        return "Remove the cause of failed and stuck chunks, then run conflict-pipeline retry."
    if cycle.state == "open" and not cycle.pending and not cycle.running:
        return "All chunks are completed. Run the job conflict_report, which closes the cycle."
    return ""
