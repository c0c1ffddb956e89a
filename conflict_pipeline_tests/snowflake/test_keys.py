"""Log-in at Snowflake with a private key, however it is written into the environment."""

import base64
import hashlib
import json
import traceback
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat

from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline_tests.snowflake.answering_snowflake import AnsweringSnowflake, answering

__all__ = ["answering"]  # fixture

KEY, PASSPHRASE = "SNOWFLAKE_PRIVATE_KEY", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"
RIGHT = "the right passphrase"
LogIn = Callable[..., None]

_private = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(passphrase: str | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    return _private.private_bytes(Encoding.PEM, form, encryption).decode()


def public_key(encoding: Encoding) -> bytes:
    return _private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def log_in(answering: AnsweringSnowflake, monkeypatch: pytest.MonkeyPatch) -> LogIn:
    """Opens a session with these settings, `log_in(SNOWFLAKE_PRIVATE_KEY="…")`."""

    def try_it(**variables: str) -> None:
        for name, value in {**answering.environment(), **variables}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        with open_snowflake().session("test"):
            pass

    return try_it


def refusal(log_in: LogIn, **variables: str) -> str:
    """The one line with which it fails; nothing of the secrets is in it or in its traceback."""
    with pytest.raises(PipelineError) as error:
        log_in(**variables)
    assert "\n" not in str(error.value)
    assert not isinstance(error.value, UnreachableError)
    shown = "".join(traceback.format_exception(error.value))
    assert not [line for value in variables.values() for line in value.splitlines() if line in shown]
    return str(error.value)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({KEY: pem()}, id="line breaks"),
        pytest.param({KEY: pem().replace("\n", "\\n")}, id="literal backslash n"),
        pytest.param({KEY: pem().replace("\n", "\r\n")}, id="line breaks of Windows"),
        pytest.param({KEY: pem(form=PrivateFormat.TraditionalOpenSSL)}, id="the old form"),
        pytest.param({KEY: base64.b64encode(pem().encode()).decode()}, id="base64 of all of it"),
        pytest.param({KEY: pem(RIGHT), PASSPHRASE: RIGHT}, id="encrypted"),
        pytest.param({KEY: pem(RIGHT).replace("\n", "\\n"), PASSPHRASE: RIGHT}, id="encrypted, backslash n"),
    ],
)
def test_a_key_logs_in_with_a_token_that_it_has_signed(
    log_in: LogIn, answering: AnsweringSnowflake, variables: dict[str, str]
) -> None:
    log_in(**variables)

    (login,) = answering.logins
    assert login["AUTHENTICATOR"] == "SNOWFLAKE_JWT"
    assert "PASSWORD" not in login
    claims = login["TOKEN"].split(".")[1]
    issuer = json.loads(base64.urlsafe_b64decode(claims + "=="))["iss"]
    fingerprint = base64.b64encode(hashlib.sha256(public_key(Encoding.DER)).digest()).decode()
    assert issuer == f"AN_ACCOUNT.A_USER.SHA256:{fingerprint}"


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({KEY: pem(RIGHT), PASSPHRASE: "a wrong passphrase"}, id="wrong passphrase"),
        pytest.param({KEY: pem(RIGHT)}, id="no passphrase"),
        pytest.param({KEY: pem(), PASSPHRASE: "a needless passphrase"}, id="needless passphrase"),
        pytest.param({KEY: "do-not-show-me"}, id="garbage"),
        pytest.param({KEY: "schlüssel"}, id="garbage beyond ASCII"),
        pytest.param({KEY: pem()[:300]}, id="a part of it"),
        pytest.param({KEY: "".join(pem().splitlines()[1:-1])}, id="without its first and last line"),
        pytest.param({KEY: public_key(Encoding.PEM).decode()}, id="the public key"),
    ],
)
def test_a_key_that_cannot_be_read_is_named_before_any_connection(
    log_in: LogIn, answering: AnsweringSnowflake, variables: dict[str, str]
) -> None:
    message = refusal(log_in, **variables)

    assert message == (
        "SNOWFLAKE_PRIVATE_KEY is not a PEM that can be read. Check it, and SNOWFLAKE_PRIVATE_KEY_PASSPHRASE "
        "if it is encrypted."
    )
    assert answering.logins == []


def test_a_key_that_snowflake_does_not_know_is_named(log_in: LogIn, answering: AnsweringSnowflake) -> None:
    answering.refuse_login("390144", "JWT token is invalid. [0ce9eb56-821d-4ca9-a774-04ae89a0cf5a]")

    assert refusal(log_in, **{KEY: pem()}) == (
        "Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and SNOWFLAKE_PASSWORD or "
        "SNOWFLAKE_PRIVATE_KEY."
    )
