"""The end of the demo: the numbers of cycle and sample compared, what was planted, and what to type next."""

from collections.abc import Iterator

from rich.console import Console

from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import RULE_COLUMNS, Cycle
from conflict_pipeline.parity.known_differences import UNEXPECTED
from conflict_pipeline.report.files import PAGE
from conflict_pipeline.settings import Settings


def show(
    cycle: Cycle,
    counts: SampleCounts | None,
    differences: dict[str, int] | None,
    settings: Settings,
    prefix: str,
    out: Console,
) -> None:
    """Print how the demo ended; the summary of the cycle itself is in the output of its job.

    `counts` is None if an earlier demo loaded the sample, `differences` if there is no emulator. Raises
    PipelineError if the cycle found other numbers than the sample holds.
    """
    lines = ["", planted_warnings(counts)]
    if counts:
        require_known_numbers(cycle, counts)
        lines.append("The cycle found what the sample holds: all numbers agree, in total and for each rule.")
    page = settings.report_folder.resolve() / cycle.cycle_key / PAGE
    if page.is_file():
        lines.append(f"HTML report: {page}")
    if differences:
        lines.append(planted_differences(differences))
    lines += ["", *next_commands(prefix, differences)]
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True, markup=False)


def planted_warnings(counts: SampleCounts | None) -> str:
    """Return a sentence that explains the warnings of the checks."""
    orphans = f"{counts.orphans:,} rows without a parent" if counts else "rows without a parent"
    texts = f"{counts.bad_gps:,} unreadable GPS texts" if counts else "unreadable GPS texts"
    return (
        f"The warnings above are planted: the sample holds {orphans}, a speed band that ends before it "
        f"begins and {texts}, so that you see checks that do not pass."
    )


def planted_differences(differences: dict[str, int]) -> str:
    """Return a sentence about the rows that differ in Snowflake."""
    known = ", ".join(f"{name} {rows}" for name, rows in differences.items() if name != UNEXPECTED)
    return (
        f"Differences from Snowflake are planted too: rows with known errors ({known}), and "
        f"{differences[UNEXPECTED]} rows that none explains."
    )


def require_known_numbers(cycle: Cycle, counts: SampleCounts) -> None:
    """Raise PipelineError, which names the numbers, if the cycle found others than the sample holds."""
    wrong = [
        f"{name} {found:,} instead of {known:,}"
        for name, found, known in _numbers(cycle, counts)
        if found != known
    ]
    if wrong:
        raise PipelineError(
            f"Cycle {cycle.cycle_key} did not find what the sample holds: {'; '.join(wrong)}."
        )


def next_commands(prefix: str, differences: dict[str, int] | None) -> list[str]:
    """Return what to type next; `prefix` precedes commands where they are not on PATH."""
    commands = {
        "status": "the cycle and its chunks",
        "dev": "Dagster's UI on http://127.0.0.1:3000",
    }
    if differences:
        commands["parity"] = f"compare with Snowflake: {sum(differences.values())} rows differ"
    return [
        "What to type next:",
        *(f"  {prefix}conflict-pipeline {name:<7} {text}" for name, text in commands.items()),
        "For your own database: cp .env.example .env, enter the database there, and type",
        f"  {prefix}conflict-pipeline schema apply --seed",
    ]


def _numbers(cycle: Cycle, counts: SampleCounts) -> Iterator[tuple[str, int, int]]:
    """Yield name, found and known of each number."""
    found = cycle.counts["redetect"]
    yield "rows", found["rows"], counts.eligible
    for name in ("redetected", "not_redetected", "guarded", "bad_gps"):
        yield name.replace("_", " "), found[name], getattr(counts, name)
    for rule, text in RULE_COLUMNS.items():
        yield text, found["redetected_by_rule"].get(rule, 0), counts.redetected_by_rule[rule]
