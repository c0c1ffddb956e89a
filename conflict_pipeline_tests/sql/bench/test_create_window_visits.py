from datetime import timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, visit


def test_every_visit_of_the_window_is_there_once_whatever_names_it(scratch: Session) -> None:
    days = {
        "v1": WINDOW["window_start"],
        "v2": WINDOW["window_end"],
        "v3": WINDOW["window_start"] - timedelta(days=1),
        "v4": WINDOW["window_end"] + timedelta(days=1),
    }
    for name, day in days.items():
        visit(scratch, name, {"Visit Date": day})

    scratch.conn.execute("DROP TABLE IF EXISTS pg_temp.chunk_row")
    scratch.execute("bench/create_window_visits", WINDOW)

    rows = scratch.conn.execute("SELECT * FROM chunk_row ORDER BY visit_id").fetchall()
    assert rows == [{"visit_id": name, "con_visit_id": None} for name in ("v1", "v2")]
