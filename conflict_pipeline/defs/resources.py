"""Dagster's resources. They have no fields, so no password or key reaches run config or storage."""

import dagster as dg

from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.snowflake.account import Snowflake, open_snowflake


class PostgresResource(dg.ConfigurableResource[Postgres]):
    """The Postgres that the environment names (POSTGRES_HOST, …), or else the embedded server."""

    def database(self) -> Postgres:
        return open_postgres()


class SnowflakeResource(dg.ConfigurableResource[Snowflake]):
    """The Snowflake account that the environment names (SNOWFLAKE_ACCOUNT, …), or locally the emulator."""

    def account(self) -> Snowflake:
        return open_snowflake()
