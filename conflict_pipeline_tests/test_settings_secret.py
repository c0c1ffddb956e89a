"""Settings that one secret holds, in moto's Secrets Manager."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import Settings, load_settings

NAME = "conflict_pipeline/settings"
SECRET = "do-not-show-me"
SERVER = {"POSTGRES_HOST": "db", "POSTGRES_DATABASE": "report", "POSTGRES_USER": "me"}
Put = Callable[[Any], None]


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("SETTINGS_SECRET_ID", NAME)
    with mock_aws():
        yield


@pytest.fixture
def put() -> Put:
    """Makes the secret; what is no text or bytes becomes JSON."""

    def create(content: Any) -> None:
        client = boto3.Session().client("secretsmanager")
        if isinstance(content, bytes):
            client.create_secret(Name=NAME, SecretBinary=content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            client.create_secret(Name=NAME, SecretString=text)

    return create


def fault() -> str:
    with pytest.raises(PipelineError) as error:
        load_settings()
    assert "\n" not in str(error.value)
    assert error.value.__cause__ is None
    assert SECRET not in str(error.value)
    return str(error.value)


def test_settings_come_from_the_secret(put: Put) -> None:
    put({**SERVER, "POSTGRES_PASSWORD": SECRET, "POSTGRES_PORT": 6543, "LOAD_FROM_SNOWFLAKE": True})

    settings = load_settings()

    assert (settings.postgres_host, settings.postgres_port) == ("db", 6543)
    assert settings.postgres_password is not None
    assert settings.postgres_password.get_secret_value() == SECRET
    assert settings.load_from_snowflake
    assert SECRET not in repr(settings)


def test_environment_and_env_file_go_before_it(
    put: Put, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put({**SERVER, "REPORT_TIMEZONE": "Asia/Tokyo", "KEEP_CYCLES": "9"})
    (tmp_path / ".env").write_text("REPORT_TIMEZONE=America/New_York\nPOSTGRES_HOST=of-the-file\n")
    monkeypatch.setenv("POSTGRES_HOST", "of-the-environment")

    settings = load_settings()

    assert (settings.postgres_host, settings.report_timezone, settings.keep_cycles) == (
        "of-the-environment",
        "America/New_York",
        9,
    )


def test_the_env_file_may_name_the_secret(put: Put, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put({"KEEP_CYCLES": "9"})
    monkeypatch.delenv("SETTINGS_SECRET_ID")
    (tmp_path / ".env").write_text(f"SETTINGS_SECRET_ID={NAME}\n")

    assert load_settings().keep_cycles == 9


@pytest.mark.parametrize("name", [" ", "a b", "a\nb", "a\udcff", "*", "'; --", "9" * 2049])
def test_what_cannot_be_its_name_is_not_asked_for_nor_shown(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SETTINGS_SECRET_ID", name)

    assert fault() == "SETTINGS_SECRET_ID is not the name or the ARN of a secret."


def test_what_is_empty_is_as_good_as_none(put: Put) -> None:
    put({"POSTGRES_HOST": "", "KEEP_CYCLES": None})

    assert (load_settings().postgres_host, load_settings().keep_cycles) == (None, 3)


def test_values_are_checked_as_those_of_the_environment(put: Put) -> None:
    put({"POSTGRES_HOST": "db", "KEEP_CYCLES": SECRET})

    message = fault()

    assert "POSTGRES_DATABASE, POSTGRES_USER missing" in message
    assert "KEEP_CYCLES" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(SECRET, "it is not a JSON object", id="text"),
        pytest.param([SECRET], "it is not a JSON object", id="array"),
        pytest.param(SECRET.encode(), "it is not a JSON object", id="binary"),
        pytest.param({"POSTGRES_PASWORD": SECRET}, "it holds POSTGRES_PASWORD, no setting of", id="typo"),
        pytest.param({"postgres_password": SECRET}, "it holds postgres_password, no", id="lower case"),
        pytest.param({"SETTINGS_SECRET_ID": SECRET}, "it holds SETTINGS_SECRET_ID, no", id="another"),
        pytest.param(
            {"POSTGRES_PASSWORD": {"a": SECRET}}, "its POSTGRES_PASSWORD is not one text", id="nested"
        ),
    ],
)
def test_what_is_wrong_with_it_is_said_without_a_value(put: Put, content: Any, said: str) -> None:
    put(content)

    message = fault()

    assert message.startswith(f"SETTINGS_SECRET_ID, secret {NAME}: {said}")


def test_a_secret_that_is_not_there_is_named() -> None:
    assert fault() == (
        f"SETTINGS_SECRET_ID, secret {NAME}: there is none of that name in this account and region."
    )


def test_a_secret_that_may_not_be_read_says_what_to_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    # As AWS answers; moto answers otherwise.
    def refuse(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": SECRET}}, "GetSecretValue")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)

    assert "allow secretsmanager:GetSecretValue" in fault()


def test_a_region_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert fault().endswith("no region is named. Set AWS_DEFAULT_REGION.")


def test_credentials_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "")  # in the place of moto's own

    assert "there are no credentials of AWS." in fault()


def test_without_a_secret_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SETTINGS_SECRET_ID")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert load_settings() == Settings()
