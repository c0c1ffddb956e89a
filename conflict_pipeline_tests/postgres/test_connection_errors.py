"""Messages for the texts of libpq, which test_database.py and end_to_end/test_tls.py get from a server."""

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
    ("text", "expected"),
    [
        (
            'server certificate for "a.org" (and 2 other names) does not match host name "db.example.org"',
            "its certificate is for a.org, another host",
        ),
        ('root certificate file "/r.crt" does not exist\nEither provide', "POSTGRES_SSLROOTCERT (on RDS"),
        ('could not read root certificate file "/r.crt": no certificate', "/r.crt contains no certificate."),
        ("SSL error: certificate verify failed", "has expired, or is not signed by one in the default file"),
        ("server does not support SSL, but SSL was required", "it does not offer TLS"),
        (
            'FATAL:  no pg_hba.conf entry for host "h", user "me", database "d", no encryption',
            "it accepts encrypted connections only",
        ),
        ("SSL error: unsupported protocol", "no encrypted connection with POSTGRES_SSLMODE=verify-full."),
        ('FATAL:  PAM authentication failed for user "me"', "refused the token of user me."),
    ],
)
def test_each_fault_has_its_own_message(text: str, expected: str) -> None:
    assert expected in message(text)


def test_a_user_without_a_line_in_pg_hba_is_not_referred_to_tls() -> None:
    line = 'FATAL:  no pg_hba.conf entry for host "h", user "me", database "d", '

    found = message(f"{line}SSL encryption\n{AT}{line}no encryption", sslmode="prefer")

    assert "and the server's pg_hba.conf." in found
    assert "encrypted" not in found


@pytest.mark.parametrize(
    "text",
    [
        "SSL SYSCALL error: Connection reset by peer",
        "FATAL:  the database system is starting up",
        "FATAL:  sorry, too many clients already",
    ],
)
def test_a_transient_failure_may_be_retried(text: str) -> None:
    assert isinstance(explain(SETTINGS, INFO, psycopg.OperationalError(AT + text)), UnreachableError)


def test_dagsters_user_is_referred_to_its_own_settings() -> None:
    text = 'FATAL:  password authentication failed for user "me"'

    assert message(text, SETTINGS.model_copy(update={"dagster_postgres_user": "me"})).endswith(
        "Check DAGSTER_POSTGRES_USER and DAGSTER_POSTGRES_PASSWORD."
    )
