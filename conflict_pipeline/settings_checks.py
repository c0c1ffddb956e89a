"""What can be wrong with settings that are right one by one."""

from collections.abc import Iterator, Mapping
from typing import Any

# With these nothing is sent in the clear.
_ALWAYS_TLS = ("require", "verify-ca", "verify-full")
# What pydantic takes for true.
_TRUE = ("true", "1", "yes", "on", "t", "y")


def of_several_fields(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """A message for each fault; `values` are as given, before anything has been checked."""
    needed = ("postgres_host", "postgres_database", "postgres_user")
    missing = [name.upper() for name in needed if not values.get(name)]
    if missing and any(values.get(name) for name in (*needed, "postgres_password")):
        yield f"{', '.join(missing)} missing (name all of them, or none for the embedded server)"
    yield from _of_users(values)
    schemas = ("postgres_conflict_schema", "postgres_analytics_schema")
    names = [values.get(name, defaults[name]) for name in schemas]
    if names[0] == names[1]:
        yield "POSTGRES_CONFLICT_SCHEMA and POSTGRES_ANALYTICS_SCHEMA must differ"
    if values.get("snowflake_password") and values.get("snowflake_private_key"):
        yield "SNOWFLAKE_PASSWORD and SNOWFLAKE_PRIVATE_KEY are both set: one of them is needed"


def _of_users(values: Mapping[str, Any]) -> Iterator[str]:
    if values.get("dagster_postgres_password") and not values.get("dagster_postgres_user"):
        yield "DAGSTER_POSTGRES_PASSWORD needs DAGSTER_POSTGRES_USER"
    if str(values.get("postgres_iam_authentication")).lower() not in _TRUE:
        return
    passwords = ("postgres_password", "dagster_postgres_password")
    if given := [name.upper() for name in passwords if values.get(name)]:
        yield f"POSTGRES_IAM_AUTHENTICATION is in the place of {' and '.join(given)}: unset one or the other"
    if values.get("postgres_sslmode") not in _ALWAYS_TLS:
        yield "POSTGRES_IAM_AUTHENTICATION needs POSTGRES_SSLMODE=verify-full (or require)"
