"""Compares what two candidates leave in conflictvisitmaps: only equal outcomes can be compared in speed."""

from dataclasses import dataclass

from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session


@dataclass(frozen=True)
class Outcome:
    """Checksums of conflictvisitmaps without UpdatedDate; the second one also without UpdateFlag."""

    rows: int
    checksum: str
    checksum_without_marks: str


def read(database: Postgres) -> Outcome:
    """Return the checksums of the database's conflictvisitmaps as it is now."""
    with database.session("bench outcome") as session:
        rows, checksum = _checksum(session, {"UpdatedDate"})
        _, without_marks = _checksum(session, {"UpdatedDate", "UpdateFlag"})
    return Outcome(rows, checksum, without_marks)


def require_equal(name: str, found: Outcome, expected: Outcome, *, with_marks: bool) -> None:
    """Raise PipelineError, which names the candidate, if the tables differ.

    Use `with_marks` False for a candidate that leaves the rows that are not re-detected as they are.
    """
    same = found == expected if with_marks else _without_marks(found) == _without_marks(expected)
    if not same:
        raise PipelineError(
            f"Candidate {name} leaves a different conflictvisitmaps than one piece does ({found.rows:,} and "
            f"{expected.rows:,} rows; checksums differ). Its result is wrong, so its times are void."
        )


def _without_marks(outcome: Outcome) -> tuple[int, str]:
    return outcome.rows, outcome.checksum_without_marks


def _checksum(session: Session, ignored: set[str]) -> tuple[int, str]:
    names = [
        column.name for column in tables.get_table("conflictvisitmaps").columns if column.name not in ignored
    ]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    row = session.one("bench/select_outcome", columns=columns)
    return row["rows"], row["checksum"]
