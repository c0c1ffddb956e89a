import re
from datetime import time
from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import Settings, asset_owner, load_settings, loads_from_snowflake

SERVER = {"POSTGRES_HOST": "db", "POSTGRES_DATABASE": "report", "POSTGRES_USER": "me"}
SECRET = "do-not-show-me"
EXAMPLE = Path(__file__).parents[1] / ".env.example"


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def fault(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """Return the message about these variables, one line."""
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


def test_the_environment_takes_precedence_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("REPORT_TIMEZONE=Asia/Tokyo\nPOSTGRES_PORT=1\nUNKNOWN_NAME=x\n")

    settings = load(monkeypatch, POSTGRES_PORT="2")

    assert (settings.report_timezone, settings.postgres_port) == ("Asia/Tokyo", 2)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
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
        ("SNOWFLAKE_PORT", "0"),
        ("SNOWFLAKE_PROTOCOL", "ftp"),
        ("SNOWFLAKE_LOGIN_TIMEOUT_SECONDS", "0"),
        ("SNOWFLAKE_NETWORK_TIMEOUT_SECONDS", "soon"),
        ("LOAD_FROM_SNOWFLAKE", "perhaps"),
        ("LOAD_OVERLAP_HOURS", "-1"),
        ("LOAD_SLICE_ROWS", "0"),
        ("LOG_FORMAT", "xml"),
        ("CYCLE_MODE", "changed"),
        ("ASSET_OWNER", "data-platform"),
        ("ASSET_OWNER", "team:"),
        ("ASSET_OWNER", "data platform@example.org"),
        ("NOTIFY_SNS_TOPIC_ARN", "operators"),
        ("NOTIFY_SNS_TOPIC_ARN", "arn:aws:sqs:us-east-1:123456789012:operators"),
        ("NOTIFY_SNS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:operators.fifo"),
        ("LOAD_AT", "25:00"),
        ("LOAD_AT", "at night"),
        ("LOAD_AT", "02:00Z"),
        ("LOAD_AT", "02:00:30"),
        ("LOAD_OVERLAP_HOURS", "inf"),
        ("PARITY_WARN_ABOVE_ROWS", "-1"),
        ("PARITY_FAIL_ABOVE_ROWS", "many"),
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
def test_an_incomplete_server_is_reported_by_its_missing_settings(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    message = fault(monkeypatch, **{name: value for name, value in SERVER.items() if name != missing})

    assert [name for name in SERVER if name in message] == [missing]


def test_a_password_alone_is_an_incomplete_server(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_PASSWORD=SECRET)

    assert all(name in message for name in SERVER)


def test_missing_and_invalid_settings_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_HOST="db", REPORT_TIMEZONE="Mars")

    assert all(name in message for name in ("REPORT_TIMEZONE", "POSTGRES_DATABASE", "POSTGRES_USER"))


def test_the_two_schemas_must_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, POSTGRES_CONFLICT_SCHEMA="same", POSTGRES_ANALYTICS_SCHEMA="same")

    assert "POSTGRES_CONFLICT_SCHEMA and POSTGRES_ANALYTICS_SCHEMA must differ" in message


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DAGSTER_POSTGRES_PASSWORD": SECRET}, "DAGSTER_POSTGRES_PASSWORD needs DAGSTER_POSTGRES_USER"),
        ({"POSTGRES_IAM_AUTHENTICATION": "true"}, "needs POSTGRES_SSLMODE=verify-full"),
        ({"POSTGRES_IAM_AUTHENTICATION": "1", "POSTGRES_SSLMODE": "prefer"}, "POSTGRES_SSLMODE=verify-full"),
        (
            {"POSTGRES_IAM_AUTHENTICATION": "true", "POSTGRES_PASSWORD": SECRET},
            "replaces POSTGRES_PASSWORD: unset one",
        ),
        (
            {
                "POSTGRES_IAM_AUTHENTICATION": "true",
                "DAGSTER_POSTGRES_USER": "d",
                "DAGSTER_POSTGRES_PASSWORD": SECRET,
            },
            "replaces DAGSTER_POSTGRES_PASSWORD: unset one",
        ),
        ({"POSTGRES_SSLROOTCERT": "/no/such.pem"}, "POSTGRES_SSLROOTCERT is not a file that can be read"),
        ({"POSTGRES_SSLROOTCERT": "/"}, "POSTGRES_SSLROOTCERT is not a file that can be read"),
    ],
)
def test_ambiguous_or_unsafe_logins_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    found = fault(monkeypatch, **SERVER, **variables)

    assert message in found
    assert SECRET not in found


@pytest.mark.parametrize("name", ["CONNECT", "STATEMENT", "LOCK", "IDLE_IN_TRANSACTION"])
def test_a_timeout_that_the_server_would_refuse_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    message = fault(monkeypatch, **{f"POSTGRES_{name}_TIMEOUT_SECONDS": "2147484"})

    assert f"POSTGRES_{name}_TIMEOUT_SECONDS Input should be less than or equal to 2147483" in message


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_tokens_are_allowed_with_every_mode_that_always_encrypts(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    settings = load(monkeypatch, **SERVER, POSTGRES_IAM_AUTHENTICATION="true", POSTGRES_SSLMODE=mode)

    assert settings.postgres_iam_authentication


def test_system_stands_for_the_root_certificates_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(load(monkeypatch, **SERVER, POSTGRES_SSLROOTCERT="system").postgres_sslrootcert) == "system"


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
def test_settings_missing_for_snowflake_are_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: list[str]
) -> None:
    settings = load(monkeypatch, **{f"SNOWFLAKE_{name}": value for name, value in given.items()})

    assert settings.missing_for_snowflake() == [f"SNOWFLAKE_{name}" for name in missing]


def test_a_password_and_a_key_exclude_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, SNOWFLAKE_PASSWORD=SECRET, SNOWFLAKE_PRIVATE_KEY=f"{SECRET} key")

    assert "SNOWFLAKE_PASSWORD and SNOWFLAKE_PRIVATE_KEY are both set" in message
    assert SECRET not in message


def test_numbers_and_times_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, LOAD_OVERLAP_HOURS="0.5", LOAD_SLICE_ROWS="1", LOAD_AT="23:45")

    assert (settings.load_overlap_hours, settings.load_slice_rows) == (0.5, 1)
    assert settings.load_at == time(23, 45)


@pytest.mark.parametrize(
    ("variables", "local", "emulator", "loads"),
    [
        pytest.param({}, True, True, True, id="nothing said"),
        pytest.param({"LOAD_FROM_SNOWFLAKE": "false"}, True, True, False, id="local, without loads"),
        pytest.param({"SNOWFLAKE_ACCOUNT": "a"}, True, False, True, id="local, with an account"),
        pytest.param(SERVER, False, False, False, id="a server"),
        pytest.param({**SERVER, "LOAD_FROM_SNOWFLAKE": "1"}, False, False, True, id="a server, with loads"),
    ],
)
def test_the_source_of_loads_follows_from_the_settings(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], local: bool, emulator: bool, loads: bool
) -> None:
    settings = load(monkeypatch, **variables)

    assert (settings.is_local, settings.uses_emulator) == (local, emulator)
    assert settings.loads_from_snowflake == loads_from_snowflake() == loads


def test_invalid_settings_yield_a_graph_without_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch, LOAD_FROM_SNOWFLAKE="true", REPORT_TIMEZONE="Mars")

    assert not loads_from_snowflake()


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, False),
        ({"SNOWFLAKE_DATABASE": "D", "SNOWFLAKE_SCHEMA": "S", "SNOWFLAKE_ROLE": "R"}, False),
        ({"SNOWFLAKE_ACCOUNT": "a"}, True),
        ({"SNOWFLAKE_USER": "u"}, True),
        ({"SNOWFLAKE_WAREHOUSE": "w"}, True),
    ],
)
def test_account_user_or_warehouse_count_as_a_configured_snowflake(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: bool
) -> None:
    assert load(monkeypatch, **variables).names_snowflake is named


@pytest.mark.parametrize("owner", ["team:data-platform", "team:Data Platform", "first.last+x@example.co.uk"])
def test_an_owner_that_the_settings_accept_is_one_for_dagster(
    monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    load(monkeypatch, ASSET_OWNER=owner)

    assert dg.AssetSpec("a", owners=[asset_owner()]).owners == [owner]


def test_invalid_settings_yield_a_graph_with_the_default_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch, ASSET_OWNER="unknown")

    assert asset_owner() == "team:data-platform"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("POSTGRES_PASWORD", "POSTGRES_PASSWORD"),
        ("postgres_pasword", "POSTGRES_PASSWORD"),
        ("POSTGRES_SSL_MODE", "POSTGRES_SSLMODE"),
        ("SNOWFLAKE_ACOUNT", "SNOWFLAKE_ACCOUNT"),
        ("REPORT_TIME_ZONE", "REPORT_TIMEZONE"),
        ("CYCLE_MOD", "CYCLE_MODE"),
        ("CYCLE_SCOP", "CYCLE_JOB or CYCLE_MODE"),
    ],
)
def test_a_misspelt_setting_is_reported_with_the_one_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, meant: str
) -> None:
    expected = f"{name.upper()} is not a setting (did you mean {meant}?)"

    message = fault(monkeypatch, **{name: SECRET})
    assert expected in message
    assert SECRET not in message

    # Dagster's commands copy .env into the environment.
    (tmp_path / ".env").write_text(f"{name}={SECRET}\n")
    assert fault(monkeypatch).count(expected) == 1
    monkeypatch.delenv(name)
    assert fault(monkeypatch).count(expected) == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("POSTGRES_USERNAME", "POSTGRES_USER"),
        ("SNOWFLAKE_DB", "SNOWFLAKE_DATABASE"),
        ("POSTGRES_PASSWORD_FILE", "POSTGRES_PASSWORD"),
        ("CYLCE_MODE", "CYCLE_MODE"),
    ],
)
def test_a_name_that_may_belong_to_another_tool_is_reported_in_the_file_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, meant: str
) -> None:
    load(monkeypatch, **{name: SECRET})
    load_settings.cache_clear()
    (tmp_path / ".env").write_text(f"{name}={SECRET}\n")

    assert f"{name} is not a setting (did you mean {meant}?)" in fault(monkeypatch)


@pytest.mark.parametrize(
    "name",
    [
        *("DAGSTER_HOME", "AWS_PROFILE", "SNOWFLAKE_HOME", "POSTGRES_DB", "POSTGRES_INITDB_ARGS", "PGHOST"),
        *("DAGSTER_CODE_SERVER_HOST", "LOG_LEVEL", "LOAD_BALANCER", "CHUNK_SIZE", "HTTPS_PROXY"),
    ],
)
def test_names_of_other_tools_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text(f"{name}=x\n")

    assert load(monkeypatch, **{name: "x"}) == Settings()


def test_misspelt_and_invalid_settings_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fault(monkeypatch, CYCLE_MOD="full", POSTGRES_PORT="x")

    assert "CYCLE_MOD is not" in message
    assert "POSTGRES_PORT Input" in message


def test_the_example_names_every_setting_with_its_default() -> None:
    example = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    texts = {name: "" if default is None else str(default) for name, default in defaults.items()}
    texts |= {name: str(default).lower() for name, default in defaults.items() if isinstance(default, bool)}

    assert set(example) == {*defaults, "DAGSTER_HOME"}
    # The host is an example, and a time is written without seconds.
    differ = {name for name, text in texts.items() if example[name] != text}
    assert differ == {"POSTGRES_HOST", "LOAD_AT"}
