from pathlib import Path

import psycopg
import pytest

from conflict_pipeline.devtools.bench import explain
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.one_chunk import key
from conflict_pipeline_tests.rows import SSN

__all__ = ["key"]  # fixture

MESSAGE = f"""duration: 1234.500 ms  plan:
Query Text: -- What a provider's rows are.
SELECT * FROM visit WHERE ssn = $1 AND name = 'fixed'
Query Parameters: $1 = '{SSN}'
Index Scan using visit_ssn on visit  (cost=0.1..2.3 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=1)
  Index Cond: (ssn = '{SSN}'::text)
  Filter: (name = 'O''Hara'::text) AND (kind = ANY ('{{a,b}}'::text[]))"""


def test_a_plan_keeps_the_first_line_of_its_statement_and_no_value() -> None:
    assert explain.readable(MESSAGE) == (
        "1.234 s  -- What a provider's rows are.\n"
        "Index Scan using visit_ssn on visit  (cost=0.1..2.3 rows=1 width=4) "
        "(actual time=0.1..0.2 rows=1 loops=1)\n"
        "  Index Cond: (ssn = '…'::text)\n"
        "  Filter: (name = '…'::text) AND (kind = ANY ('…'::text[]))\n"
    )


@pytest.mark.parametrize("message", ["", "relation exists, skipping", "duration: 1.0 ms  plan:\nnothing"])
def test_other_messages_are_no_plans(message: str) -> None:
    assert explain.readable(message) is None


def has_auto_explain(database: Postgres) -> bool:
    with database.session("test") as session:
        try:
            session.conn.execute("LOAD 'auto_explain'")
        except psycopg.Error:
            return False
    return True


def test_the_plans_of_a_chunk_are_written_or_it_is_said_why_not(
    database: Postgres, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "reports" / "plans.txt"
    if not has_auto_explain(database):  # the embedded server
        with pytest.raises(PipelineError, match="auto_explain"):
            explain.require(database)
        return

    explain.require(database)
    count = explain.write_plans(database, key, file)

    text = file.read_text()
    assert count > 10
    assert "-- Mark the rows of the chunk" in text
    assert "actual time" in text
    assert SSN not in text
