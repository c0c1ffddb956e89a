"""Any environment and any `.env` yield settings, or an error of one line without any of their values."""

import os
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import Settings, load_settings

# Does not occur in any message by chance.
MARK = "zq9x"
NAMES = sorted(name.upper() for name in Settings.model_fields)
ODD = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "1_000",
        "9" * 400,
        "NaN",
        "inf",
        "true",
        "null",
        "[]",
        "{}",
        "02:00",
        "json",
    ),
    *(
        "\n",
        "a\nb",
        "%s",
        "{x}",
        "$HOME",
        "${X}",
        "\\",
        "'; DROP TABLE settings; --",
        "\u202e",
        "\uff11\uff12",
    ),
    *(
        "s3://bucket/folder",
        "s3://",
        "arn:aws:sns:us-east-1:123456789012:t",
        "UTC",
        "/etc/localtime",
        "\udcff",
    ),
)
values = st.one_of(st.sampled_from(ODD), st.text(max_size=80)).filter(lambda text: "\0" not in text)
EXAMPLES = hypothesis.settings(max_examples=150, derandomize=True, database=None, deadline=None)


def outcome(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> Settings | str:
    """Return the settings, or the message of the error."""
    with monkeypatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        load_settings.cache_clear()
        try:
            return load_settings()
        except PipelineError as error:
            return str(error)


def assert_clear(found: Settings | str) -> None:
    if isinstance(found, str):
        assert found.startswith("Settings (environment or .env): ")
        assert len(found.splitlines()) == 1
        assert MARK not in found


def test_any_environment_yields_settings_or_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: set[bool] = set()

    @EXAMPLES
    @given(st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=5), st.booleans())
    def check(environment: dict[str, str], marked: bool) -> None:
        if marked:
            environment = {name: f"{MARK}{value}" for name, value in environment.items()}
        try:
            for name, value in environment.items():
                os.fsencode(f"{name}{value}")
        except UnicodeEncodeError:
            return  # no process can have such a variable
        found = outcome(monkeypatch, environment)
        assert_clear(found)
        refused.add(isinstance(found, str))

    check()
    assert refused == {True, False}


@pytest.mark.parametrize("value", ODD)
def test_every_setting_bears_each_odd_value(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    # All at once, because every invalid field is reported, not only the first.
    assert_clear(outcome(monkeypatch, dict.fromkeys(NAMES, value)))
    assert_clear(outcome(monkeypatch, dict.fromkeys(NAMES, f"{MARK}{value}")))


@pytest.mark.parametrize("secret", [name for name in NAMES if "PASS" in name or "KEY" in name])
def test_secrets_occur_in_no_message_and_no_repr(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    found = outcome(monkeypatch, {secret: MARK})
    beside_faults = outcome(monkeypatch, {secret: MARK, "POSTGRES_PORT": "x", "LOAD_AT": "y"})

    assert MARK not in repr(found)
    assert "POSTGRES_PORT" in str(beside_faults)
    assert MARK not in str(beside_faults)


@EXAMPLES
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def check_file(content: bytes) -> None:
    Path(".env").write_bytes(content)
    load_settings.cache_clear()
    try:
        load_settings()
    except PipelineError as error:
        assert_clear(str(error))


def test_any_file_yields_settings_or_one_line() -> None:
    check_file()


def test_a_binary_file_is_an_error() -> None:
    Path(".env").write_bytes(b"POSTGRES_PASSWORD=\xff\xfe" + MARK.encode())
    load_settings.cache_clear()

    with pytest.raises(PipelineError, match=r"\.env is not a text in UTF-8") as error:
        load_settings()

    assert error.value.__suppress_context__
