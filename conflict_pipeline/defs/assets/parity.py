"""The asset that compares the conflict table in Snowflake with the one in Postgres."""

import dagster as dg

from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.metadata import Metadata
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.parity.compare import compare
from conflict_pipeline.parity.report import count_lines, first_ids, is_failure, write_file
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.settings import Settings

CHECK = "conflictvisitmaps_parity_within_thresholds"


@dg.asset(
    group_name="parity",
    kinds={"snowflake", "postgres"},
    owners=OWNERS,
    deps=[conflictvisitmaps],
    check_specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset="conflictvisitmaps_parity",
            description=(
                "At most PARITY_WARN_ABOVE_ROWS rows (otherwise a warning) and PARITY_FAIL_ABOVE_ROWS rows "
                "(otherwise an error) differ unexpectedly between Snowflake and Postgres."
            ),
        )
    ],
)
def conflictvisitmaps_parity(
    context: dg.AssetExecutionContext, postgres: PostgresResource, snowflake: SnowflakeResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # beside a check, Dagster does not know [None]
    """The conflict table in Snowflake compared with the one in Postgres: which rows and columns differ.

    Differences explained by the earlier system's known errors are counted apart from unexpected ones. Neither
    the metadata nor the file (in REPORT_FOLDER and REPORT_S3_PREFIX) holds a value of a row, only IDs and
    column names.
    """
    with as_dagster_failures():
        database = postgres.database()
        parity = compare(database, snowflake.account(), context.log.info)
        path = write_file(parity, database.settings)
    return dg.MaterializeResult(
        metadata=parity_metadata(parity, path),
        check_results=[parity_check_result(parity, database.settings)],
    )


def parity_metadata(parity: Parity, path: str) -> Metadata:
    """Return the findings as a table, every count, and where the file of IDs is."""
    missing = ", ".join(parity.missing_columns)
    return {
        "differences": _differences(parity),
        **{name: dg.IntMetadataValue(number) for name, number in count_lines(parity).items()},
        **({"columns_missing_in_snowflake": dg.TextMetadataValue(missing)} if missing else {}),
        "seconds": dg.FloatMetadataValue(round(parity.seconds, 3)),
        "file": dg.MetadataValue.path(path),
    }


def parity_check_result(parity: Parity, settings: Settings) -> dg.AssetCheckResult:
    """Return a pass, a warning or an error, depending on the thresholds in the settings."""
    warn, fail = settings.parity_warn_above_rows, settings.parity_fail_above_rows
    return dg.AssetCheckResult(
        check_name=CHECK,
        passed=parity.unexpected_rows <= min(warn, fail),
        severity=dg.AssetCheckSeverity.ERROR if is_failure(parity, settings) else dg.AssetCheckSeverity.WARN,
        metadata={
            "unexpected_rows": parity.unexpected_rows,
            "warn_above_rows": warn,
            "fail_above_rows": fail,
            "columns_not_compared": len(parity.missing_columns),
        },
    )


def _differences(parity: Parity) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {"column": column, "class": name, "rows": finding.rows, "first IDs": first_ids(finding.ids)}
        )
        for column, name, finding in parity.findings()
    ]
    columns = [dg.TableColumn("column"), dg.TableColumn("class")]
    columns += [dg.TableColumn("rows", "int"), dg.TableColumn("first IDs")]
    return dg.TableMetadataValue(records, dg.TableSchema(columns))
