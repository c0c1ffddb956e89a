"""Reports in S3, as moto answers for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report import publish
from conflict_pipeline_tests.conftest import Bucket
from conflict_pipeline_tests.report.cycles import complete, one_conflict


@pytest.mark.parametrize("prefix", ["s3://reports/conflicts", "s3://reports/conflicts/"])
def test_the_report_of_a_cycle_is_in_both_places(
    database: Postgres, session: Session, environment: Callable[..., Postgres], bucket: Bucket, prefix: str
) -> None:
    one_conflict(session)
    cycle = complete(database, session)
    there = environment(database.conninfo["dbname"], REPORT_S3_PREFIX=prefix)

    published = publish.publish_newest(there)

    assert published.s3_path == f"s3://reports/conflicts/{cycle.cycle_key}/report.html"
    here = {path.name: path.read_bytes() for path in published.path.parent.iterdir()}
    assert bucket.files() == {f"conflicts/{cycle.cycle_key}/{name}": text for name, text in here.items()}


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_named_in_one_line(
    database: Postgres, session: Session, environment: Callable[..., Postgres], tmp_path: Path
) -> None:
    one_conflict(session)
    cycle = complete(database, session)
    there = environment(database.conninfo["dbname"], REPORT_S3_PREFIX="s3://no-such-bucket")

    with pytest.raises(PipelineError) as caught:
        publish.publish_newest(there)

    assert "The HTML report was not written: S3 reports NoSuchBucket (REPORT_S3_PREFIX is" in str(
        caught.value
    )
    assert (tmp_path / "reports" / cycle.cycle_key / "report.html").is_file()


@pytest.mark.parametrize("prefix", ["bucket", "s3://", "s3://Bucket", "s3://bucket//a", "https://bucket"])
def test_what_is_no_place_in_s3_is_refused(environment: Callable[..., Postgres], prefix: str) -> None:
    with pytest.raises(PipelineError, match="REPORT_S3_PREFIX is not a place such as s3://bucket/folder"):
        environment("any", REPORT_S3_PREFIX=prefix)
