"""What a step of the night declares, and what is derived from the declarations of all steps.

Assets and their dependencies, ops of the whole-cycle job, asset checks, grants, change tracking, metadata and
the lines of `status` come from here; no other file is touched when a step is added.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from conflict_pipeline.model import Chunk, Counts, Cycle
from conflict_pipeline.postgres.session import Session


class When(Enum):
    """The place of a cycle step in the night."""

    BEFORE_PLAN = "before the plan"
    AFTER_CHUNKS = "after the chunks"


class Severity(Enum):
    """What a check that does not pass means: ERROR fails the cycle, WARN is logged."""

    ERROR = "ERROR"
    WARN = "WARN"


@dataclass(frozen=True)
class Check:
    """A claim about a table, evaluated once a cycle.

    `name` is the asset check's, without the table; the statement is `check_<name>.sql` in the step's folder.
    Its row is numbers, of which those in `failing` must be 0. It may use `{is_looked_at}`: that the cycle
    looks at row cvm.
    """

    name: str
    severity: Severity
    description: str
    failing: tuple[str, ...] = ("failing",)


@dataclass(frozen=True)
class Step:
    """What both kinds of steps declare.

    `name` is that of the module, of the folder below sql/steps and of the section in docs/rules.md. `table`
    is the table that the step keeps, and the asset. `reads` maps each table that it reads to the key column
    by which a changed row is traced to visits or rows, or to None where an incremental cycle compares the
    table as a whole or not at all. Tables of the application that a chunk step maps to None must be small:
    each plan copies them (cycles/inputs.py), and the step reads the copy, `{planned_mph}`. `writes` maps
    tables to the privileges that the step needs there.
    """

    name: str
    table: str
    group: str
    description: str
    counts: type[Counts]
    reads: Mapping[str, str | None]
    writes: Mapping[str, frozenset[str]]
    checks: tuple[Check, ...] = ()
    # Raises PipelineError where the step cannot run, before anything is written.
    require: Callable[[Session], None] | None = None


@dataclass(frozen=True, kw_only=True)
class CycleStep(Step):
    """A step that runs once a cycle, in one transaction together with its row in conflict_step.

    `announced`: settings."InProgressFlag" asks the application to wait from the start of this step on.
    """

    when: When
    run: Callable[[Session, Cycle], Counts]
    announced: bool = False


@dataclass(frozen=True, kw_only=True)
class ChunkStep(Step):
    """A step that runs in every chunk, in the transaction that also records the chunk as completed.

    `run` finds the rows of the chunk in the temporary table chunk_row (sql/cycles/create_chunk_row.sql).
    """

    run: Callable[[Session, Chunk], Counts]


def tracked_keys(steps: Iterable[Step]) -> dict[str, str]:
    """Return the tables whose changed keys triggers note, each with its key column."""
    return {table: key for step in steps for table, key in step.reads.items() if key}


def written_tables(steps: Iterable[Step]) -> dict[str, frozenset[str]]:
    """Return the privileges that the steps need together, by table."""
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        for table, privileges in step.writes.items():
            found[table] = found.get(table, frozenset()) | privileges
    return found
