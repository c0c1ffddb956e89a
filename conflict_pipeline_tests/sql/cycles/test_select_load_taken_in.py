from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import at, cycle


def test_the_newest_load_of_any_cycle_counts(scratch: Session) -> None:
    for key, state, load in (
        ("a", "superseded", at("02:30")),
        ("b", "completed", at("01:30")),
        ("c", "open", None),
    ):
        cycle(scratch, cycle_key=key, state=state, upstream_finished_at=load)

    assert scratch.one("cycles/select_load_taken_in") == {"finished_at": at("02:30")}


def test_before_any_cycle_there_is_none(scratch: Session) -> None:
    assert scratch.one("cycles/select_load_taken_in") == {"finished_at": None}
