"""What `conflict-pipeline status` shows: the newest cycle, how long it will take, and the last cycles."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from conflict_pipeline.cycles import ledger, summary
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

LAST_CYCLES = 10
BAR_WIDTH = 10

_NUMBERS = {"attempts": "attempts", "planned": "rows"}
_STYLES = {"failed": "red", "stuck": "bold red", "running": "yellow", "completed": "green", "skipped": "dim"}


def render(session: Session, *, only_undone: bool) -> tuple[Cycle, RenderableType]:
    """The newest cycle, and its picture; raises PipelineError before any plan."""
    cycle = ledger.require_cycle(session)
    chunks = ledger.chunks(session, cycle.cycle_id)
    if only_undone:
        chunks = _undone(chunks)
    before = ledger.last_cycles(session, LAST_CYCLES)
    parts: list[RenderableType] = [
        Text(f"Cycle {cycle.cycle_key} is {cycle.state}."),
        _bar(cycle),
        Text(_progress(cycle)),
        summary.as_table(summary.cycle_lines(cycle)),
    ]
    if chunks:
        parts.append(_chunk_table(chunks))
    if len(before) > 1:
        parts.append(_last_cycles(before))
    advice = _advice(cycle)
    if advice:
        parts.append(Text(advice, style="bold"))
    return cycle, Group(*parts)


def as_json(session: Session) -> dict[str, Any]:
    """The newest cycle, its chunks that are not done, and the last cycles; no cycle before any plan."""
    cycle = ledger.newest_cycle(session)
    if cycle is None:
        return {"cycle": None, "undone_chunks": [], "last_cycles": []}
    found: dict[str, Any] = _plain(
        {
            "cycle": {
                **asdict(cycle),
                "rows_per_second": cycle.rows_per_second,
                "steps": ledger.cycle_steps(session, cycle.cycle_id),
            },
            "undone_chunks": _undone(ledger.chunks(session, cycle.cycle_id)),
            "last_cycles": ledger.last_cycles(session, LAST_CYCLES),
        }
    )
    return found


def _undone(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [chunk for chunk in chunks if chunk["status"] not in {"completed", "skipped"}]


def _plain(value: Any) -> Any:
    """What JSON has: times as ISO 8601."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _last_cycles(cycles: list[dict[str, Any]]) -> Table:
    """A line each, oldest first, with a bar for its rows."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("last cycles", no_wrap=True)
    table.add_column("state", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("", no_wrap=True, min_width=BAR_WIDTH)
    for name in ("seconds", "again"):
        table.add_column(name, justify="right")
    most = max(cycle["planned"] for cycle in cycles) or 1
    for cycle in reversed(cycles):
        mode = "" if cycle["mode"] == "full" else f", {cycle['mode']}"
        table.add_row(
            cycle["cycle_key"],
            f"{cycle['state']}{mode}",
            f"{cycle['planned']:,}",
            Text(_blocks(cycle["planned"] / most), style="cyan"),
            f"{cycle['seconds']:,.0f}",
            f"{cycle['repeated_attempts']:,}",
        )
    return table


def _blocks(share: float) -> str:
    """A bar of up to BAR_WIDTH characters, to an eighth of one."""
    eighths = round(share * BAR_WIDTH * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


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


def _chunk_table(chunks: list[dict[str, Any]]) -> Table:
    table = Table()
    for name in ("chunk", "status"):
        table.add_column(name, no_wrap=True)
    for name in (*_NUMBERS.values(), "rows/s"):
        table.add_column(name, justify="right")
    table.add_column("error", overflow="fold")
    for chunk in chunks:
        rate = f"{chunk['planned'] / chunk['seconds']:,.0f}" if chunk["counts"] and chunk["seconds"] else ""
        table.add_row(
            chunk["partition_key"],
            Text(chunk["status"], style=_STYLES.get(chunk["status"], "")),
            *("" if chunk[name] is None else f"{chunk[name]:,}" for name in _NUMBERS),
            rate,
            Text(chunk["error"] or ""),
        )
    return table


def _advice(cycle: Cycle) -> str:
    if cycle.state != "open":
        return ""
    if cycle.failed or cycle.stuck:
        return "Failed and stuck chunks: remove the cause, then run conflict-pipeline retry."
    if not cycle.pending and not cycle.running:
        return "All chunks are completed; run the job finish_cycle to close the cycle."
    return ""
