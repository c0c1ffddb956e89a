"""Files in S3, as moto answers for it."""

import pytest

from conflict_pipeline.s3 import UploadError, upload
from conflict_pipeline_tests.conftest import Bucket

FILES = {"totals.parquet": b"table", "list.csv": b"list", "report.html": b"page"}


@pytest.mark.parametrize(
    ("prefix", "folder"),
    [
        ("s3://reports", ""),
        ("s3://reports/", ""),
        ("s3://reports/a", "a/"),
        ("s3://reports/a/b/", "a/b/"),
    ],
)
def test_the_files_are_below_the_prefix(bucket: Bucket, prefix: str, folder: str) -> None:
    assert upload(FILES, prefix) == f"s3://reports/{folder}".rstrip("/")
    assert bucket.files() == {f"{folder}{name}": content for name, content in FILES.items()}


def test_a_browser_is_told_what_they_are(bucket: Bucket) -> None:
    upload(FILES, "s3://reports")

    assert [bucket.content_type(name) for name in FILES] == [
        "application/vnd.apache.parquet",
        "text/csv; charset=utf-8",
        "text/html; charset=utf-8",
    ]


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_named_in_one_line() -> None:
    with pytest.raises(UploadError) as caught:
        upload(FILES, "s3://no-such-bucket/reports")

    assert str(caught.value) == ("S3 reports NoSuchBucket (REPORT_S3_PREFIX is s3://no-such-bucket/reports).")
