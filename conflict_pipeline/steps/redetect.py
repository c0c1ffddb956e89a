"""Redetect: known pairs of visits are judged again and brought up to date (docs/rules.md, "redetect").

Every row is written at most once, and only where it differs: re-detected rows get the values of their two
visits, and the others the mark `UpdateFlag` 1. Everything happens in the transaction of the chunk.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import RULE_COLUMNS, Chunk, Counts
from conflict_pipeline.postgres.adopted_columns import (
    cast_to_column,
    naming_narrow_columns,
    require_not_generated,
)
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import Check, ChunkStep, Severity

_COMMA = sql.SQL(",\n        ")


@dataclass(frozen=True)
class RedetectCounts(Counts):
    """Rows of the chunk: `rows` = `redetected` + `not_redetected` + `guarded` + `changed_meanwhile`.

    `redetected`: a rule holds. `not_redetected`: no rule holds, so the row keeps its values and bears the
    mark. `guarded`: under in-service or PTO, marked and never updated. `changed_meanwhile`: another session
    gave it other visits, deleted it or made it ineligible, and it is left alone. `bad_gps`, `bad_times`: GPS
    texts of the chunk's visits that are no coordinates, and times that are none; two chunks may name the same
    visit. `written`: rows that were written; `marked`: those of them that got the mark. `redetected_by_rule`:
    rows by rule column; a row can hold several.
    """

    rows: int
    redetected: int
    not_redetected: int
    guarded: int
    changed_meanwhile: int
    bad_gps: int
    bad_times: int
    written: int
    marked: int
    redetected_by_rule: dict[str, int]


def redetect_rows(session: Session, chunk: Chunk) -> RedetectCounts:
    """Judge the pairs of the chunk's rows, and write the rows that differ."""
    _require_usable(session, _planned(session), chunk.cycle_id)
    values = asdict(chunk)
    # The joins of the wide visits of a chunk stay in memory.
    session.conn.execute("SET LOCAL work_mem = '64MB'")
    session.execute("steps/redetect/create_visits", values)
    # Only the column of the join, because analyzing the whole wide table takes as long as filling it.
    session.conn.execute('ANALYZE visit ("VisitID")')
    session.execute("steps/redetect/create_pairs", values)
    session.conn.execute("ANALYZE pair (row_id)")
    marked = session.execute("steps/redetect/mark_undetected_rows", values).rowcount
    updated = update_rows(session, chunk)
    return RedetectCounts(**count_rows(session, chunk), written=marked + updated, marked=marked)


def require_usable_tables(session: Session) -> None:
    """Raise PipelineError where settings, mph or columns of conflictvisitmaps stop the step."""
    require_usable_settings(session)
    # The update leaves generated columns to the table, but it writes these in any case.
    require_not_generated(session, "conflictvisitmaps", [*RULE_COLUMNS, "StatusFlag", "UpdateFlag"])


def require_usable_settings(session: Session) -> None:
    """Raise PipelineError unless settings and mph say how long a way takes.

    Without one factor and a speed, the rule DistanceFlag would hold for no pair, and nothing would show it.
    """
    names = ("settings", "mph")
    _require_usable(session, {name: sql.Identifier(session.schema_names["conflict"], name) for name in names})


def _planned(session: Session) -> dict[str, sql.Composable]:
    """Return settings and mph as the cycle was planned with them."""
    return {name: session.statement(f"fragments/planned_{name}") for name in ("settings", "mph")}


def _require_usable(
    session: Session, sources: Mapping[str, sql.Composable], cycle_id: int | None = None
) -> None:
    found = session.one("steps/redetect/select_setting_faults", {"cycle_id": cycle_id}, **sources)
    fault = _fault(**found)
    if fault:
        raise PipelineError(f"Schema {session.schema_names['conflict']}: {fault} Nothing was written.")


def _fault(*, settings: int, factors: int, bands_without_speed: int, usable_bands: int) -> str:
    """Return what is wrong with the tables and what to do, or an empty string."""
    if settings != 1:
        todo = "Run: conflict-pipeline schema apply --seed." if settings == 0 else "Delete all rows but one."
        return f"table settings must hold exactly one row, it holds {settings}. {todo}"
    if factors != 1:
        return (
            'settings."ExtraDistancePer" must be a number above 0, or impossible travel is never found. '
            "Set it; 1 takes distances as they are."
        )
    if bands_without_speed:
        return (
            f'{bands_without_speed} rows of table mph have no "AverageMilesPerHour" above 0. '
            "Correct or delete them."
        )
    if usable_bands == 0:
        return (
            'table mph holds no speed band ("From" up to "To"), so impossible travel is never found. '
            "Enter speed bands, or run: conflict-pipeline schema apply --seed (if mph is empty)."
        )
    return ""


def update_rows(session: Session, chunk: Chunk) -> int:
    """Update the rows of the temporary table pair that differ; return their number."""
    # Cached for the connection, because composing the parts takes as long as updating some hundred rows.
    parts: dict[str, sql.SQL] = session.once("redetect parts", lambda: update_parts(session))
    with naming_narrow_columns(session, "conflictvisitmaps"):
        return int(session.one("steps/redetect/update_rows", asdict(chunk), **parts)["updated"])


def count_rows(session: Session, chunk: Chunk) -> dict[str, Any]:
    """Return the counts of count_rows.sql, after the rows were written."""
    rule_counts = _COMMA.join(
        sql.SQL("{}, count(*) FILTER (WHERE outcome = 'redetected' AND {})").format(
            sql.Literal(name), sql.Identifier(name)
        )
        for name in RULE_COLUMNS
    )
    return session.one("steps/redetect/count_rows", asdict(chunk), rule_counts=rule_counts)


def update_parts(session: Session) -> dict[str, sql.SQL]:
    """Generate the parts of update_rows.sql from the columns of the tables visit and conflictvisitmaps."""
    columns = session.rows(
        "steps/redetect/select_assignments", {"conflict_schema": session.schema_names["conflict"]}
    )
    new_values = _new_values(session, columns)
    described = session.conn.execute(
        sql.SQL("SELECT * FROM ({}) AS described LIMIT 0").format(new_values), {}
    ).description
    names = {column.name for column in described or ()}
    values = {
        column["target"]: cast_to_column(column["target"], column["type_name"])
        for column in columns
        if column["target"] in names
    }
    parts = {"new_values": new_values, **_value_parts(values), **_rule_parts()}
    # As text, because joining a thousand pieces for each chunk takes longer than all else here.
    return {name: sql.SQL(part.as_string(session.conn)) for name, part in parts.items()}


def _new_values(session: Session, columns: list[dict[str, Any]]) -> sql.Composed:
    """Return the statement of the values that the update writes; each column is named after its target."""
    return session.statement(
        "steps/redetect/select_new_values",
        visit_values=_COMMA.join(
            sql.SQL("{} AS {}").format(
                sql.Identifier(column["side"], column["source"]), sql.Identifier(column["target"])
            )
            for column in columns
            if column["side"]
        ),
    )


def _value_parts(values: Mapping[str, sql.Composable]) -> dict[str, sql.Composed]:
    """Return the assignments, and the condition that a value other than UpdatedDate differs."""
    compared = {name: value for name, value in values.items() if name != "UpdatedDate"}
    return {
        "assignments": _COMMA.join(
            sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in values.items()
        ),
        "a_value_differs": sql.SQL("({}) IS DISTINCT FROM ({})").format(
            _COMMA.join(sql.Identifier("cvm", name) for name in compared), _COMMA.join(compared.values())
        ),
    }


def _rule_parts() -> dict[str, sql.Composed]:
    """Return assignments and condition of the rule columns, which change only from N to Y."""
    rules = [
        {
            "column": sql.Identifier(name),
            "cvm": sql.Identifier("cvm", name),
            "pair": sql.Identifier("pair", name),
        }
        for name in RULE_COLUMNS
    ]
    becomes_true = [sql.SQL("({cvm} = 'N' AND {pair})").format(**rule) for rule in rules]
    return {
        "rule_assignments": _COMMA.join(
            sql.SQL("{column} = CASE WHEN {becomes_true} THEN 'Y' ELSE {cvm} END").format(
                **rule, becomes_true=condition
            )
            for rule, condition in zip(rules, becomes_true, strict=True)
        ),
        "a_rule_becomes_true": sql.SQL("\n            OR ").join(becomes_true),
    }


STEP = ChunkStep(
    name="redetect",
    table="conflictvisitmaps",
    group="conflicts",
    description="Pairs of visits by one caregiver that cannot both have happened as recorded.",
    counts=RedetectCounts,
    run=redetect_rows,
    require=require_usable_tables,
    reads={
        "factvisitcallperformance_cr": "Visit Id",
        "dimcaregiver": "Caregiver Id",
        "dimprovider": "Provider Id",
        "dimoffice": "Office Id",
        "dimpatient": "Patient Id",
        "dimpatientaddress": "Patient Id",
        "dimpayer": "Payer Id",
        "dimcontract": "Contract Id",
        "dimservicecode": "Service Code Id",
        "dimuser": "User Id",
        "settings": None,
        "mph": None,
        "excluded_agency": None,
        "excluded_ssn": None,
    },
    writes={
        "conflictvisitmaps": frozenset({"UPDATE"}),
        "conflict_moved_row": frozenset({"INSERT"}),
    },
    checks=(
        Check(
            "counts_add_up",
            Severity.ERROR,
            "In each chunk, rows = re-detected + not re-detected + guarded + changed meanwhile.",
        ),
        Check(
            "marks_match_counts",
            Severity.WARN,
            "The rows that each chunk wrote last bear the mark as it counted them; otherwise a trigger or a "
            "rule of the table changed what the chunk wrote.",
        ),
        Check(
            "rows_were_planned",
            Severity.WARN,
            "In each chunk, rows = planned rows; otherwise other sessions added or removed rows.",
        ),
        Check(
            "rows_have_a_parent",
            Severity.WARN,
            "Every row that the cycle looks at has its parent in conflicts; others are not in the snapshot.",
        ),
        Check(
            "speed_bands_are_contiguous",
            Severity.WARN,
            "Speed bands have no gap, no overlap and a speed; impossible travel is not found in a gap.",
            failing=("gaps", "overlaps", "unusable"),
        ),
        Check(
            "gps_texts_are_readable",
            Severity.WARN,
            "Every GPS text of the visits gives two numbers; other texts are ignored.",
        ),
        Check(
            "times_are_usable",
            Severity.WARN,
            "Every time of the visits is a moment of the years 1 to 9999; others count as missing.",
        ),
    ),
)
