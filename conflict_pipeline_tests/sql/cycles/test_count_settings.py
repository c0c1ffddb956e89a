from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import settings


def test_every_row_of_settings_is_counted(scratch: Session) -> None:
    counts = [scratch.one("cycles/count_settings")["rows"]]
    for number in (1, 2):
        settings(scratch, ID=number)
        counts.append(scratch.one("cycles/count_settings")["rows"])

    assert counts == [0, 1, 2]
