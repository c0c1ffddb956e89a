from collections.abc import Iterator

import pytest
from psycopg import sql

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.sql.parity.hashes import IDS

PARTS = {"table": sql.Identifier("CONFLICTREPORT", "PUBLIC", "ROWS"), "id": sql.Identifier("ID")}


@pytest.fixture
def rows(emulator: SnowflakeEmulator) -> Iterator[SnowflakeSession]:
    """A session on a table whose Text is its ID."""
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    create = 'CREATE TABLE ROWS ("ID" NUMBER(38, 0), "Text" VARCHAR)'
    emulator.execute("CONFLICTREPORT", "PUBLIC", create)
    values = ", ".join(f"({row_id}, '{row_id}')" for row_id in IDS)
    emulator.execute("CONFLICTREPORT", "PUBLIC", f"INSERT INTO ROWS VALUES {values}")
    with open_snowflake().session("test") as session:
        yield session
