"""Why there is no connection to Postgres: what libpq and the server say, in words of the settings."""

import re
import socket
import ssl
import struct
from collections.abc import Mapping
from typing import Any

import psycopg

from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.settings import Settings

Conninfo = Mapping[str, Any]
# What a server says that refuses a connection for the time being.
_PASSING = ("starting up", "shutting down", "recovery", "too many", "remaining connection slots")
# What libpq sends first where it wants TLS: a length of 8, and a number that is no version.
_TLS_REQUEST = struct.pack("!II", 8, 80877103)
_MISMATCH = re.compile(r'server certificate for "(?P<name>[^"]*)".* does not match host name')
_ROOT_FILE = re.compile(r'root certificate file "(?P<file>[^"]*)"(?P<is_missing> does not exist)?')


def explain(settings: Settings, conninfo: Conninfo, error: psycopg.OperationalError) -> PipelineError:
    """The message to a person; an UnreachableError where it may be otherwise later."""
    text = str(error)
    target = f"Postgres at {conninfo['host']}:{conninfo['port']}"
    user = conninfo["user"]
    uses_tokens = settings.postgres_iam_authentication
    prefix = "DAGSTER_POSTGRES" if user == settings.dagster_postgres_user else "POSTGRES"
    # RDS asks for a token by way of PAM.
    if "PAM authentication failed" in text or (uses_tokens and "password authentication failed" in text):
        return PipelineError(
            f"{target} refused the token of user {user}. Check that the user has the role rds_iam, that the "
            "policy of whoever runs this allows rds-db:connect, and POSTGRES_HOST, which the token names."
        )
    if "password authentication failed" in text or "no password supplied" in text:
        return PipelineError(f"{target} refused user {user}. Check {prefix}_USER and {prefix}_PASSWORD.")
    if f'database "{conninfo["dbname"]}" does not exist' in text:
        return PipelineError(f"{target} has no database {conninfo['dbname']}. Check POSTGRES_DATABASE.")
    if fault := _fault_of_tls(conninfo, text):
        return PipelineError(f"{target}: {fault}")
    if "FATAL" not in text:
        return UnreachableError(f"{target} does not answer. Check POSTGRES_HOST and POSTGRES_PORT.")
    if any(reason in text for reason in _PASSING):
        return UnreachableError(f"{target} takes no connection now: it is starting, stopping or full.")
    return PipelineError(
        f"{target} refused user {user} for database {conninfo['dbname']}. Check {prefix}_USER and "
        "POSTGRES_DATABASE, the user's rights to log in and to connect, and the server's pg_hba.conf."
    )


def _fault_of_tls(conninfo: Conninfo, text: str) -> str:
    """Empty if TLS is not what it failed at."""
    mode = f"POSTGRES_SSLMODE={conninfo['sslmode']}"
    if mismatch := _MISMATCH.search(text):
        return (
            f"its certificate is for {mismatch['name']}, another host. Set POSTGRES_HOST to a name that the "
            "certificate holds."
        )
    if root := _ROOT_FILE.search(text):
        if root["is_missing"]:
            return (
                f"{mode} needs the certificates of whom to trust, and {root['file']} does not exist. Set "
                "POSTGRES_SSLROOTCERT (on RDS to AWS's bundle, global-bundle.pem)."
            )
        return f"{root['file']} holds no certificate. Check POSTGRES_SSLROOTCERT."
    if "certificate verify failed" in text:
        return f"{_fault_of_certificate(conninfo)}, and {mode} asks for a valid one."
    if "server does not support SSL" in text:
        return f"it does not offer TLS, and {mode} asks for it. Turn on ssl on the server."
    if "no encryption" in text and "SSL encryption" not in text:
        return f"it takes encrypted connections only. {mode} made a plain one: set it to verify-full."
    # "SSL SYSCALL error" is a connection that broke.
    if "SSL error" in text:
        return f"no encrypted connection with {mode}. Check POSTGRES_SSLMODE and POSTGRES_SSLROOTCERT."
    return ""


def _fault_of_certificate(conninfo: Conninfo) -> str:
    """What is wrong with the server's certificate: libpq does not say, OpenSSL itself does."""
    file = conninfo["sslrootcert"]
    unknown = f"its certificate is not signed by one in {file or 'the default file'} (POSTGRES_SSLROOTCERT)"
    if not file or file == "system":
        return unknown
    try:
        context = ssl.create_default_context(cafile=file)
        context.check_hostname = False
        address = (conninfo["host"], int(conninfo["port"]))
        with socket.create_connection(address, conninfo["connect_timeout"]) as plain:
            plain.sendall(_TLS_REQUEST)
            plain.recv(1)
            with context.wrap_socket(plain):
                return unknown
    except ssl.SSLCertVerificationError as error:
        if "expired" in error.verify_message or "not yet valid" in error.verify_message:
            return f"its {error.verify_message}"
        return unknown
    except OSError:
        return unknown
