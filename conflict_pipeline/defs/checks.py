"""What must hold after a plan and after a cycle: one definition each, for UI and whole-cycle job."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, LiteralString

import dagster as dg
from psycopg import sql

from conflict_pipeline.cycles.ledger import require_cycle
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

# Of a cycle that looks only at what has changed.
IN_SCOPE: LiteralString = (
    'cvm."ID" IN (SELECT row_id FROM {conflict}.conflict_scope_row WHERE cycle_id = %(cycle_id)s)'
)
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@dataclass(frozen=True)
class Check:
    """A claim about an asset; `count` returns numbers, of which those named `failing` must be zero."""

    name: str
    asset: str
    severity: dg.AssetCheckSeverity
    description: str
    count: Callable[[Session, Cycle], dict[str, int]]
    failing: tuple[str, ...] = ("failing",)


def _statement(name: str) -> Callable[[Session, Cycle], dict[str, int]]:
    def count(session: Session, cycle: Cycle) -> dict[str, int]:
        return session.one(f"{name}", asdict(cycle))

    return count


def _by_scope(full: str, changed: str) -> Callable[[Session, Cycle], dict[str, int]]:
    """A cycle that looks only at what has changed is judged by that."""

    def count(session: Session, cycle: Cycle) -> dict[str, int]:
        return _statement(full if cycle.scope == "full" else changed)(session, cycle)

    return count


def _of_rows_looked_at(name: str, in_full: LiteralString) -> Callable[[Session, Cycle], dict[str, int]]:
    """The same of the rows that the cycle looks at: `in_full` says which of the window's these are."""

    def count(session: Session, cycle: Cycle) -> dict[str, int]:
        is_looked_at = sql.SQL(in_full if cycle.scope == "full" else IN_SCOPE).format(**session.schemas)
        return session.one(f"{name}", asdict(cycle), is_looked_at=is_looked_at)

    return count


CHECKS = (
    Check(
        "conflict_chunks_are_disjoint",
        "conflict_chunks",
        ERROR,
        "No two chunks of the cycle share a key.",
        _statement("cycles/check_overlapping_chunks"),
    ),
    Check(
        "conflict_chunks_cover_every_eligible_row",
        "conflict_chunks",
        ERROR,
        "Every row that the cycle has to look at is in the range of a chunk.",
        _by_scope("cycles/check_uncovered_rows", "cycles/check_uncovered_scope_rows"),
    ),
    Check(
        "conflictvisitmaps_rows_are_updated_or_marked",
        "conflict_report",
        ERROR,
        "Every row that the cycle looks at was updated in it or bears the mark.",
        _of_rows_looked_at("steps/redetect/check_untouched_rows", 'cvm."ID" <= cycle.last_row_id'),
    ),
    Check(
        "conflictvisitmaps_counts_add_up",
        "conflict_report",
        ERROR,
        "In each chunk, marked rows = re-detected + not re-detected + guarded.",
        _statement("steps/redetect/check_unbalanced_chunks"),
    ),
    Check(
        "conflictvisitmaps_marked_rows_were_planned",
        "conflict_report",
        WARN,
        "In each chunk, planned rows = marked rows; else others added or removed rows during the cycle.",
        _statement("steps/redetect/check_unbalanced_chunks"),
        ("planned_is_not_marked",),
    ),
    Check(
        "conflictvisitmaps_rows_have_a_parent",
        "conflict_report",
        WARN,
        "Every row that the cycle looks at has its CONFLICTID in conflicts; others are not in the snapshot.",
        _of_rows_looked_at("steps/redetect/check_orphan_rows", "TRUE"),
    ),
    Check(
        "mph_bands_are_contiguous",
        "conflict_report",
        WARN,
        "Speed bands have no gap, no overlap and a speed: in a gap, impossible travel is not found.",
        _statement("steps/redetect/check_flawed_bands"),
        ("gaps", "overlaps", "unusable"),
    ),
    Check(
        "gps_texts_are_readable",
        "conflict_report",
        WARN,
        "Every GPS text of the visits gives two numbers; others are passed over.",
        lambda _, cycle: {"failing": cycle.bad_gps},
    ),
)


def evaluate(check: Check, session: Session, cycle: Cycle) -> dg.AssetCheckEvaluation:
    """The outcome of one check on the newest cycle; its numbers are its metadata."""
    numbers = check.count(session, cycle)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(check.asset),
        check_name=check.name,
        passed=all(numbers[name] == 0 for name in check.failing),
        severity=check.severity,
        metadata={"cycle": cycle.cycle_key, **numbers},
        description=check.description,
    )


def evaluate_all(session: Session, cycle: Cycle, asset: str) -> list[dg.AssetCheckEvaluation]:
    return [evaluate(check, session, cycle) for check in CHECKS if check.asset == asset]


def _asset_check(check: Check) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=check.asset, name=check.name, description=check.description)
    def run(postgres: PostgresResource) -> dg.AssetCheckResult:
        with as_dagster_failures(), postgres.database().session(check.name) as session:
            outcome = evaluate(check, session, require_cycle(session))
        return dg.AssetCheckResult(
            passed=outcome.passed, severity=outcome.severity, metadata=outcome.metadata
        )

    definition: Any = run
    return definition  # type: ignore[no-any-return]


asset_checks = [_asset_check(check) for check in CHECKS]
