"""Publishing an HTML report to the folder and to S3, which moto emulates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.report import publish
from conflict_pipeline.report.figures import Report
from conflict_pipeline_tests.conftest import Bucket
from conflict_pipeline_tests.report.drawing import drawn_once

__all__ = ["drawn_once"]  # fixture

pytestmark = pytest.mark.usefixtures("drawn_once")


def test_a_report_is_written_to_the_folder_and_to_s3(
    one_row_database: Postgres,
    one_row_report: Report,
    environment: Callable[..., Postgres],
    bucket: Bucket,
) -> None:
    key = one_row_report.cycle.cycle_key
    database = environment(one_row_database.conninfo["dbname"], REPORT_S3_PREFIX="s3://reports/conflicts/")

    published = publish.publish_newest(database)

    assert published.location == published.s3_path == f"s3://reports/conflicts/{key}/report.html"
    files = {path.name: path.read_bytes() for path in published.path.parent.iterdir()}
    assert bucket.files() == {f"conflicts/{key}/{name}": content for name, content in files.items()}


@pytest.mark.usefixtures("bucket")
def test_a_missing_bucket_is_named_in_one_line_and_the_local_report_is_complete(
    one_row_database: Postgres,
    one_row_report: Report,
    environment: Callable[..., Postgres],
    tmp_path: Path,
) -> None:
    database = environment(one_row_database.conninfo["dbname"], REPORT_S3_PREFIX="s3://no-such-bucket")

    with pytest.raises(PipelineError) as caught:
        publish.publish_newest(database)

    assert "was not written: S3 reports NoSuchBucket (REPORT_S3_PREFIX is" in str(caught.value)
    assert (tmp_path / "reports" / one_row_report.cycle.cycle_key / "report.html").is_file()


def test_a_prefix_that_is_not_an_s3_address_is_refused(environment: Callable[..., Postgres]) -> None:
    for prefix in ("bucket", "s3://", "s3://Bucket", "s3://bucket//a", "https://bucket"):
        with pytest.raises(
            PipelineError, match="REPORT_S3_PREFIX is not a prefix such as s3://bucket/folder"
        ):
            environment("any", REPORT_S3_PREFIX=prefix)
