"""The analytics tables, if this pipeline loads them: one asset for each table, and one for the whole load."""

import dagster as dg

from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets.sources import spec
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.defs.run_config import LoadConfig
from conflict_pipeline.loads.load import load_table
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.settings import load_settings

REFRESH_STATUS = "factdatarefreshstatus"
LOADED_TABLES = [
    table for table in tables.all_tables() if table.schema == "analytics" and table.name != REFRESH_STATUS
]
_RETRY = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL)


def _load(
    context: dg.AssetExecutionContext,
    table: tables.Table,
    postgres: PostgresResource,
    snowflake: SnowflakeResource,
    *,
    full: bool = False,
) -> dg.MaterializeResult[None]:
    work = f"load {table.name}"
    with (
        as_dagster_failures(),
        postgres.database().session(work) as session,
        snowflake.account().session(work) as source,
    ):
        schema.require(session)
        loaded = load_table(source, session, table, load_settings(), context.log.info, full=full)
    context.log.info(loaded.summary())
    return dg.MaterializeResult(metadata=metadata.load_metadata(loaded))


def _full_load_asset(table: tables.Table) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[_spec(table)], name=table.name, retry_policy=_RETRY)
    def load(
        context: dg.AssetExecutionContext, postgres: PostgresResource, snowflake: SnowflakeResource
    ) -> dg.MaterializeResult[None]:
        return _load(context, table, postgres, snowflake)

    return load


def _incremental_load_asset(table: tables.Table) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[_spec(table)], name=table.name, retry_policy=_RETRY)
    def load(
        context: dg.AssetExecutionContext,
        config: LoadConfig,
        postgres: PostgresResource,
        snowflake: SnowflakeResource,
    ) -> dg.MaterializeResult[None]:
        return _load(context, table, postgres, snowflake, full=config.full)

    return load


def _spec(table: tables.Table) -> dg.AssetSpec:
    return spec(table).replace_attributes(kinds={"snowflake", "postgres"})


@dg.multi_asset(
    name=REFRESH_STATUS,
    specs=[
        spec(tables.get_table(REFRESH_STATUS)).replace_attributes(
            deps=[table.name for table in LOADED_TABLES]
        )
    ],
)
def factdatarefreshstatus(
    context: dg.AssetExecutionContext, postgres: PostgresResource
) -> dg.MaterializeResult[None]:
    """One row for each completed load; a new row makes a cycle due."""
    with as_dagster_failures(), postgres.database().session(REFRESH_STATUS) as session:
        schema.require(session)
        finished_at = session.one("loads/insert_refresh_status")["finished_at"]
    context.log.info("The load is complete; a new cycle is due.")
    return dg.MaterializeResult(metadata={"refresh_finished_at": str(finished_at)})


def loaded_analytics_assets() -> list[dg.AssetsDefinition]:
    """Return an asset for each analytics table; all their rows come from Snowflake."""
    return [
        *(
            _incremental_load_asset(table) if table.name in tables.STAGED_TABLES else _full_load_asset(table)
            for table in LOADED_TABLES
        ),
        factdatarefreshstatus,
    ]
