"""Whether two candidates leave the same conflictvisitmaps: otherwise to compare them means nothing."""

from psycopg import sql

from conflict_pipeline.devtools.bench.measurement import Outcome
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session


def read(database: Postgres, row_ids: list[int] | None = None) -> Outcome:
    """The checksums of the database's conflictvisitmaps as it is now, or of these rows of it."""
    with database.session("bench outcome") as session:
        rows, checksum = _checksum(session, {"UpdatedDate"}, row_ids)
        _, without_marks = _checksum(session, {"UpdatedDate", "UpdateFlag"}, row_ids)
    return Outcome(rows, checksum, without_marks)


def require_equal(name: str, found: Outcome, expected: Outcome, *, with_marks: bool) -> None:
    """Raises PipelineError, naming the candidate, if the tables differ.

    `with_marks` False is for one that marks nothing: it must leave the rows that are not re-detected as they
    were, as the others do but for the mark.
    """
    same = found == expected if with_marks else _without_marks(found) == _without_marks(expected)
    if not same:
        raise PipelineError(
            f"Candidate {name} leaves another conflictvisitmaps than one piece does ({found.rows:,} and "
            f"{expected.rows:,} rows; checksums differ). It is wrong, so its times mean nothing."
        )


def _without_marks(outcome: Outcome) -> tuple[int, str]:
    return outcome.rows, outcome.checksum_without_marks


def _checksum(session: Session, ignored: set[str], row_ids: list[int] | None) -> tuple[int, str]:
    names = [
        column.name for column in tables.get_table("conflictvisitmaps").columns if column.name not in ignored
    ]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    row = session.one("bench/select_outcome", {"ids": row_ids}, columns=columns)
    return row["rows"], row["checksum"]
