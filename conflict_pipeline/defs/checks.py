"""The checks of cycles/checks.py as Dagster's asset checks: on the page of the table that they are about."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import dagster as dg

from conflict_pipeline.cycles import checks, ledger
from conflict_pipeline.cycles.checks import CheckOutcome, TableCheck
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource


def evaluation(outcome: CheckOutcome) -> dg.AssetCheckEvaluation:
    """Return the outcome of a check as an event, with its numbers as metadata."""
    check = outcome.table_check.check
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(outcome.table_check.table),
        check_name=outcome.table_check.name,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity(check.severity.value),
        metadata={"cycle": outcome.cycle_key, **outcome.numbers},
        description=check.description,
    )


def asset_checks() -> list[dg.AssetChecksDefinition]:
    """Return one definition for each table: the checks of the plan, and those of the steps."""
    of_steps = sorted(checks.step_checks(), key=lambda one: one.table)
    return [
        _checks_of(checks.PLAN_TABLE, checks.plan_checks(), after="planned"),
        *(
            _checks_of(table, list(found), after="completed")
            for table, found in groupby(of_steps, lambda one: one.table)
        ),
    ]


def _checks_of(table: str, table_checks: Sequence[TableCheck], *, after: str) -> dg.AssetChecksDefinition:
    by_name = {one.name: one for one in table_checks}

    @dg.multi_asset_check(
        name=f"{table}_checks",
        specs=[
            dg.AssetCheckSpec(one.name, asset=table, description=one.check.description)
            for one in table_checks
        ],
        # Chunks are partitions of a table whose checks are about the whole cycle: while it is open there is
        # no result.
        can_subset=True,
    )
    def run(
        context: dg.AssetCheckExecutionContext, postgres: PostgresResource
    ) -> Iterator[dg.AssetCheckResult]:
        with as_dagster_failures(), postgres.database().session(f"{table}_checks") as session:
            cycle = ledger.require_cycle(session)
            if after == "completed" and cycle.completed < cycle.chunks:
                context.log.info(
                    f"Cycle {cycle.cycle_key} is open: its checks run when all chunks are completed."
                )
                return
            wanted = [by_name[key.name] for key in context.selected_asset_check_keys]
            outcomes = [evaluation(outcome) for outcome in checks.evaluate_all(session, cycle, wanted)]
        for outcome in outcomes:
            yield dg.AssetCheckResult(
                asset_key=outcome.asset_key,
                check_name=outcome.check_name,
                passed=outcome.passed,
                severity=outcome.severity,
                metadata=outcome.metadata,
            )

    definition: Any = run
    return definition  # type: ignore[no-any-return]
