"""What a test compares of whole tables."""

from typing import Any

from conflict_pipeline.postgres.database import Postgres


def conflict_rows(database: Postgres) -> dict[int, dict[str, Any]]:
    """conflictvisitmaps by ID, as text, without the time of the update."""
    with database.session("compare") as session:
        rows = session.conn.execute(
            """SELECT "ID" AS id, to_jsonb(cvm) - 'UpdatedDate' AS row
            FROM conflict.conflictvisitmaps AS cvm"""
        ).fetchall()
    return {row["id"]: row["row"] for row in rows}
