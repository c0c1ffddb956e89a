"""Which values must stay in the database, and everything outside its tables where they could be."""

from pathlib import Path

from conflict_pipeline.postgres.database import Postgres

_PRIVATE = (
    """SELECT DISTINCT btrim("SSN") FROM analytics.dimcaregiver WHERE length(btrim("SSN")) > 4""",
    """SELECT DISTINCT "Caregiver Fullname" FROM analytics.dimcaregiver WHERE "Caregiver Fullname" <> ''""",
    """SELECT DISTINCT "Patient Name" FROM analytics.dimpatient WHERE "Patient Name" <> ''""",
    """SELECT DISTINCT "Medicaid Number" FROM analytics.dimpatient WHERE length("Medicaid Number") > 4""",
    """SELECT DISTINCT "Address Line 1" FROM analytics.dimpatientaddress WHERE "Address Line 1" <> ''""",
)


def private_values(database: Postgres) -> set[bytes]:
    """SSNs, names, Medicaid numbers and addresses that the tables hold."""
    with database.session("private") as session:
        return {
            str(value).encode()
            for query in _PRIVATE
            for row in session.conn.execute(query)
            for value in row.values()
        }


def dagster_storage(database: Postgres) -> list[bytes]:
    """Every row of every table of Dagster's own records."""
    with database.session("storage") as session:
        tables = session.conn.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname = 'dagster'"
        ).fetchall()
        return [
            str(row["text"]).encode()
            for table in tables
            for row in session.conn.execute(f"SELECT t::text AS text FROM {table['name']} AS t")
        ]


def everything_outside(database: Postgres, dagster_home: Path, *outputs: str) -> bytes:
    """What runs have left outside the tables: their outputs, and Dagster's records as files and as tables."""
    seen = [output.encode() for output in outputs]
    seen += [path.read_bytes() for path in dagster_home.rglob("*") if path.is_file()]
    return b"\n".join(seen + dagster_storage(database))
