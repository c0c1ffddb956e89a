"""Messages for failed connections: which setting to check, from the texts of libpq and the server."""

import re
from collections.abc import Mapping
from typing import Any

import psycopg

from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.settings import Settings

Conninfo = Mapping[str, Any]
# Messages of a server that refuses connections only temporarily.
_TRANSIENT = ("starting up", "shutting down", "recovery", "too many", "remaining connection slots")
_MISMATCH = re.compile(r'server certificate for "(?P<name>[^"]*)".* does not match host name')
_ROOT_FILE = re.compile(r'root certificate file "(?P<file>[^"]*)"(?P<is_missing> does not exist)?')


def explain(settings: Settings, conninfo: Conninfo, error: psycopg.OperationalError) -> PipelineError:
    """Return the error to show to an operator; an UnreachableError if a later attempt may succeed."""
    text = str(error)
    target = f"Postgres at {conninfo['host']}:{conninfo['port']}"
    user = conninfo["user"]
    uses_tokens = settings.postgres_iam_authentication
    prefix = "DAGSTER_POSTGRES" if user == settings.dagster_postgres_user else "POSTGRES"
    # RDS checks tokens through PAM.
    if "PAM authentication failed" in text or (uses_tokens and "password authentication failed" in text):
        return PipelineError(
            f"{target} refused the token of user {user}. Check that the user has the role rds_iam, that the "
            "policy of the AWS credentials allows rds-db:connect, and that POSTGRES_HOST is right."
        )
    if "password authentication failed" in text or "no password supplied" in text:
        return PipelineError(f"{target} refused user {user}. Check {prefix}_USER and {prefix}_PASSWORD.")
    if f'database "{conninfo["dbname"]}" does not exist' in text:
        return PipelineError(f"{target} has no database {conninfo['dbname']}. Check POSTGRES_DATABASE.")
    if fault := _tls_fault(conninfo, text):
        return PipelineError(f"{target}: {fault}")
    if "FATAL" not in text:
        return UnreachableError(f"{target} does not answer. Check POSTGRES_HOST and POSTGRES_PORT.")
    if any(reason in text for reason in _TRANSIENT):
        return UnreachableError(f"{target} accepts no connection now: it is starting, stopping or full.")
    return PipelineError(
        f"{target} refused user {user} for database {conninfo['dbname']}. Check {prefix}_USER and "
        "POSTGRES_DATABASE, the user's rights to log in and to connect, and the server's pg_hba.conf."
    )


def _tls_fault(conninfo: Conninfo, text: str) -> str:
    """Return what is wrong with TLS; empty if the connection failed for another reason."""
    mode = f"POSTGRES_SSLMODE={conninfo['sslmode']}"
    if mismatch := _MISMATCH.search(text):
        return (
            f"its certificate is for {mismatch['name']}, another host. Set POSTGRES_HOST to a name in the "
            "certificate."
        )
    if root := _ROOT_FILE.search(text):
        if root["is_missing"]:
            return (
                f"{mode} needs trusted root certificates, and {root['file']} does not exist. Set "
                "POSTGRES_SSLROOTCERT (on RDS to AWS's bundle, global-bundle.pem)."
            )
        return f"{root['file']} contains no certificate. Check POSTGRES_SSLROOTCERT."
    if "certificate verify failed" in text:
        # libpq does not tell these two apart.
        file = conninfo["sslrootcert"] or "the default file"
        return (
            f"its certificate has expired, or is not signed by one in {file} (POSTGRES_SSLROOTCERT); {mode} "
            "requires a valid one."
        )
    if "server does not support SSL" in text:
        return f"it does not offer TLS, and {mode} requires it. Turn on ssl on the server."
    if "no encryption" in text and "SSL encryption" not in text:
        return f"it accepts encrypted connections only, not {mode}. Set it to verify-full."
    # "SSL SYSCALL error" is a broken connection.
    if "SSL error" in text:
        return f"no encrypted connection with {mode}. Check POSTGRES_SSLMODE and POSTGRES_SSLROOTCERT."
    return ""
