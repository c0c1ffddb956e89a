from pathlib import Path

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import Settings, load_settings

SERVER = {"POSTGRES_HOST": "db", "POSTGRES_DATABASE": "report", "POSTGRES_USER": "me"}
SECRET = "do-not-show-me"


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def fault(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """The message about these variables, one line."""
    with pytest.raises(PipelineError) as error:
        load(monkeypatch, **variables)
    assert "\n" not in str(error.value)
    assert error.value.__cause__ is None
    return str(error.value)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()

    assert (settings.postgres_host, settings.report_timezone) == (None, "UTC")
    schemas = (settings.postgres_conflict_schema, settings.postgres_analytics_schema)
    assert schemas == ("conflict", "analytics")


def test_names_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **SERVER, POSTGRES_PORT="6543", REPORT_TIMEZONE="America/New_York")

    assert (settings.postgres_host, settings.postgres_port) == ("db", 6543)
    assert settings.report_timezone == "America/New_York"


def test_an_env_file_is_read_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("REPORT_TIMEZONE=Asia/Tokyo\nPOSTGRES_PORT=1\nUNKNOWN_NAME=x\n")

    settings = load(monkeypatch, POSTGRES_PORT="2")

    assert (settings.report_timezone, settings.postgres_port) == ("Asia/Tokyo", 2)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, POSTGRES_HOST="", REPORT_TIMEZONE="").report_timezone == "UTC"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_PORT", "0"),
        ("POSTGRES_PORT", "x"),
        ("POSTGRES_SSLMODE", "maybe"),
        ("REPORT_TIMEZONE", "Mars/Olympus"),
        ("REPORT_TIMEZONE", "../../etc/passwd"),
        ("REPORT_TIMEZONE", "/etc/localtime"),
        ("POSTGRES_LOCK_TIMEOUT_SECONDS", "0"),
        ("KEEP_CYCLES", "0"),
        ("POSTGRES_CONFLICT_SCHEMA", "s" * 64),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert name in fault(monkeypatch, **{name: value})


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_PORT="x", POSTGRES_SSLMODE="maybe", REPORT_TIMEZONE="Mars")

    assert all(name in message for name in ("POSTGRES_PORT", "POSTGRES_SSLMODE", "REPORT_TIMEZONE"))


@pytest.mark.parametrize("missing", SERVER)
def test_a_server_named_in_part_is_named_back_by_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    message = fault(monkeypatch, **{name: value for name, value in SERVER.items() if name != missing})

    assert [name for name in SERVER if name in message] == [missing]


def test_a_password_alone_is_a_server_named_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_PASSWORD=SECRET)

    assert all(name in message for name in SERVER)


def test_what_is_missing_and_what_is_wrong_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_HOST="db", REPORT_TIMEZONE="Mars")

    assert all(name in message for name in ("REPORT_TIMEZONE", "POSTGRES_DATABASE", "POSTGRES_USER"))


def test_the_two_schemas_must_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_CONFLICT_SCHEMA="same", POSTGRES_ANALYTICS_SCHEMA="same")

    assert "POSTGRES_CONFLICT_SCHEMA and POSTGRES_ANALYTICS_SCHEMA must differ" in message


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"])
def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings = load(monkeypatch, **SERVER, **{name: SECRET})

    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.model_dump())
    assert getattr(settings, name.lower()).get_secret_value() == SECRET


@pytest.mark.parametrize("name", ["POSTGRES_PORT", "REPORT_TIMEZONE", "POSTGRES_SSLMODE"])
def test_a_secret_in_the_wrong_place_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    message = fault(monkeypatch, **{name: SECRET}, POSTGRES_PASSWORD=SECRET)

    assert SECRET not in message


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["ACCOUNT", "USER", "WAREHOUSE", "PASSWORD or SNOWFLAKE_PRIVATE_KEY"]),
        ({"ACCOUNT": "a", "USER": "u", "WAREHOUSE": "w"}, ["PASSWORD or SNOWFLAKE_PRIVATE_KEY"]),
        ({"ACCOUNT": "a", "USER": "u", "WAREHOUSE": "w", "PRIVATE_KEY": "k"}, []),
        ({"PASSWORD": "p"}, ["ACCOUNT", "USER", "WAREHOUSE"]),
    ],
)
def test_what_snowflake_needs_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: list[str]
) -> None:
    settings = load(monkeypatch, **{f"SNOWFLAKE_{name}": value for name, value in given.items()})

    assert settings.missing_for_snowflake() == [f"SNOWFLAKE_{name}" for name in missing]
