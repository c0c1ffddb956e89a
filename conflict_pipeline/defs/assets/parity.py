"""Whether the report in Postgres is the one in Snowflake."""

import dagster as dg

from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.parity import report
from conflict_pipeline.parity.compare import compare


@dg.asset(
    group_name="parity",
    kinds={"snowflake", "postgres"},
    owners=OWNERS,
    deps=[conflictvisitmaps],
    check_specs=[
        dg.AssetCheckSpec(
            report.CHECK,
            asset="conflictvisitmaps_parity",
            description=(
                "No more rows differ unexpectedly between Snowflake and Postgres than PARITY_WARN_ABOVE_ROWS "
                "(a warning) and PARITY_FAIL_ABOVE_ROWS (an error)."
            ),
        )
    ],
)
def conflictvisitmaps_parity(
    context: dg.AssetExecutionContext, postgres: PostgresResource, snowflake: SnowflakeResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # beside a check, Dagster does not know [None]
    """conflictvisitmaps in Snowflake compared with the one here: which rows and columns differ, and why.

    Differences that the earlier system's known errors explain are told apart from unexpected ones. Neither
    the metadata nor the file (in REPORT_FOLDER, and REPORT_S3_PREFIX) holds a value of a row, only IDs and
    names of columns.
    """
    with as_dagster_failures():
        database = postgres.database()
        with database.session("parity") as here, snowflake.account().session("parity") as there:
            parity = compare(here, there, database.settings, context.log.info)
        path = report.write_file(parity, database.settings)
    return dg.MaterializeResult(
        metadata=report.metadata(parity, path),
        check_results=[report.check_result(parity, database.settings)],
    )
