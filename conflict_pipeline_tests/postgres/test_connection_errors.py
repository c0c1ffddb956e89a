"""What libpq says, as texts of its own; test_tls.py has them from a server."""

import psycopg
import pytest

from conflict_pipeline.errors import UnreachableError
from conflict_pipeline.postgres.connection_errors import explain
from conflict_pipeline.settings import Settings

INFO = {
    "host": "db.example.org",
    "port": 5432,
    "user": "me",
    "dbname": "reports",
    "sslmode": "verify-full",
    "sslrootcert": None,
    "connect_timeout": 1,
}
SETTINGS = Settings.model_construct()
AT = 'connection to server at "db.example.org" (192.0.2.1), port 5432 failed: '


def message(text: str, settings: Settings = SETTINGS, **info: object) -> str:
    error = explain(settings, {**INFO, **info}, psycopg.OperationalError(AT + text))
    assert not isinstance(error, UnreachableError)
    assert "\n" not in str(error)
    return str(error).removeprefix("Postgres at db.example.org:5432").lstrip(": ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'server certificate for "a.org" (and 2 other names) does not match host name "db.example.org"',
            "its certificate is for a.org, another host",
        ),
        ('root certificate file "/r.crt" does not exist\nEither provide', "POSTGRES_SSLROOTCERT (on RDS"),
        ('could not read root certificate file "/r.crt": no certificate', "/r.crt holds no certificate."),
        ("SSL error: certificate verify failed", "not signed by one in the default file"),
        ("server does not support SSL, but SSL was required", "it does not offer TLS"),
        (
            'FATAL:  no pg_hba.conf entry for host "h", user "me", database "d", no encryption',
            "it takes encrypted connections only.",
        ),
        ("SSL error: unsupported protocol", "no encrypted connection with POSTGRES_SSLMODE=verify-full."),
        ('FATAL:  PAM authentication failed for user "me"', "refused the token of user me."),
    ],
)
def test_what_is_wrong_is_told_apart(text: str, said: str) -> None:
    assert said in message(text)


def test_who_is_in_no_line_of_pg_hba_with_tls_or_without_is_not_told_of_tls() -> None:
    line = 'FATAL:  no pg_hba.conf entry for host "h", user "me", database "d", '

    found = message(f"{line}SSL encryption\n{AT}{line}no encryption", sslmode="prefer")

    assert "and the server's pg_hba.conf." in found
    assert "encrypted" not in found


def test_a_connection_that_broke_meanwhile_may_be_there_later() -> None:
    broken = psycopg.OperationalError(f"{AT}SSL SYSCALL error: Connection reset by peer")

    assert isinstance(explain(SETTINGS, INFO, broken), UnreachableError)


def test_a_certificate_that_cannot_be_seen_again_is_said_to_be_one_of_the_two() -> None:
    found = message("SSL error: certificate verify failed", host="127.0.0.1", port=1, sslrootcert=__file__)

    assert "its certificate is not signed by one in" in found


def test_dagsters_user_is_named_by_its_own_settings() -> None:
    text = 'FATAL:  password authentication failed for user "me"'

    assert message(text, SETTINGS.model_copy(update={"dagster_postgres_user": "me"})).endswith(
        "Check DAGSTER_POSTGRES_USER and DAGSTER_POSTGRES_PASSWORD."
    )
