"""Tokens are made locally; end_to_end/test_iam.py has a server that accepts them."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import iam_tokens


@pytest.fixture(autouse=True)
def _aws_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in (
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    iam_tokens._client.cache_clear()
    yield
    iam_tokens._client.cache_clear()


def test_a_token_is_for_one_user_of_one_server_in_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-show-me")

    token = iam_tokens.new_token("db.example.org", 6543, "conflict_worker")

    parts = urlsplit(f"https://{token}")
    query = parse_qs(parts.query)
    assert parts.netloc == "db.example.org:6543"
    assert (query["Action"], query["DBUser"]) == (["connect"], ["conflict_worker"])
    assert "/eu-west-1/rds-db/" in query["X-Amz-Credential"][0]
    assert query["X-Amz-Expires"] == ["900"]
    assert "do-not-show-me" not in token


def test_a_region_that_is_missing_is_named() -> None:
    with pytest.raises(PipelineError, match=r"^POSTGRES_IAM_AUTHENTICATION needs a region\. Set AWS_"):
        iam_tokens.new_token("db.example.org", 5432, "me")


def test_credentials_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    with pytest.raises(PipelineError, match=r"needs AWS credentials \(NoCredentialsError\)\."):
        iam_tokens.new_token("db.example.org", 5432, "me")
