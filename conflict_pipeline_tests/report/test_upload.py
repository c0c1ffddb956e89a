"""Reports in S3, as moto answers for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.report import publish
from conflict_pipeline.report.files import upload
from conflict_pipeline.resources.postgres import Postgres, Session
from conflict_pipeline_tests.report.cycles import complete, one_conflict

FILES = {"report.html": b"page", "totals.parquet": b"table"}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an account with the empty bucket `reports`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="reports")
        yield client


def found(s3: Any) -> dict[str, bytes]:
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="reports").get("Contents", [])]
    return {key: s3.get_object(Bucket="reports", Key=key)["Body"].read() for key in keys}


@pytest.mark.parametrize(
    ("prefix", "folder"),
    [
        ("s3://reports", ""),
        ("s3://reports/", ""),
        ("s3://reports/a", "a/"),
        ("s3://reports/a/b/", "a/b/"),
    ],
)
def test_the_files_are_below_the_prefix_in_a_folder_of_the_cycle(s3: Any, prefix: str, folder: str) -> None:
    path = upload("c1", FILES, prefix)

    assert path == f"s3://reports/{folder}c1/report.html"
    assert found(s3) == {f"{folder}c1/report.html": b"page", f"{folder}c1/totals.parquet": b"table"}


def test_a_browser_is_told_what_they_are(s3: Any) -> None:
    upload("c1", FILES, "s3://reports")

    kinds = [s3.head_object(Bucket="reports", Key=f"c1/{name}")["ContentType"] for name in FILES]
    assert kinds == ["text/html; charset=utf-8", "application/vnd.apache.parquet"]


def test_the_report_of_a_cycle_is_in_both_places(
    database: Postgres, session: Session, environment: Callable[..., Postgres], s3: Any
) -> None:
    one_conflict(session)
    cycle = complete(database, session)
    there = environment(database.conninfo["dbname"], REPORT_S3_PREFIX="s3://reports/conflicts")

    published = publish.publish_newest(there)

    assert published.s3_path == f"s3://reports/conflicts/{cycle.cycle_key}/report.html"
    here = {path.name: path.read_bytes() for path in published.path.parent.iterdir()}
    assert found(s3) == {f"conflicts/{cycle.cycle_key}/{name}": content for name, content in here.items()}


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_named_in_one_line(
    database: Postgres, session: Session, environment: Callable[..., Postgres], tmp_path: Path
) -> None:
    one_conflict(session)
    cycle = complete(database, session)
    there = environment(database.conninfo["dbname"], REPORT_S3_PREFIX="s3://no-such-bucket")

    with pytest.raises(PipelineError) as caught:
        publish.publish_newest(there)

    assert "S3 says NoSuchBucket (REPORT_S3_PREFIX is s3://no-such-bucket)" in str(caught.value)
    assert (tmp_path / "reports" / cycle.cycle_key / "report.html").is_file()


@pytest.mark.parametrize("prefix", ["bucket", "s3://", "s3://Bucket", "s3://bucket//a", "https://bucket"])
def test_what_is_no_place_in_s3_is_refused(environment: Callable[..., Postgres], prefix: str) -> None:
    with pytest.raises(PipelineError, match="REPORT_S3_PREFIX is not a place such as s3://bucket/folder"):
        environment("any", REPORT_S3_PREFIX=prefix)
