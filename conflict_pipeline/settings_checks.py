"""Rules that concern several settings, or none: combinations, and names that are not settings."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

# Modes of libpq that never send data unencrypted.
_ALWAYS_TLS = ("require", "verify-ca", "verify-full")
# What pydantic takes for true.
_TRUE = ("true", "1", "yes", "on", "t", "y")

# No other tool is expected to use names that begin like this.
_OWN_PREFIXES = ("CYCLE_", "EMBEDDED_POSTGRES_", "PARITY_")
# Dagster, AWS and Snowflake's connector read these themselves.
_FOREIGN_NAMES = re.compile("DAGSTER_HOME|AWS_.*|SNOWFLAKE_HOME")
# Similarity of two names (difflib's ratio) from which one counts as a misspelling of the other.
_MIN_SIMILARITY_IN_FILE = 0.8
_MIN_SIMILARITY_IN_ENVIRONMENT = 0.9


def misspelt_names(settings: Iterable[str], file: Iterable[str], environment: Iterable[str]) -> Iterator[str]:
    """Yield an error for each name in `.env` and the environment that looks like a misspelt setting.

    `.env` is the pipeline's own, so a name there is misspelt if it is similar to a setting. The environment
    is shared with other tools, so there the name must also share its first word with a setting and be nearly
    equal: POSTGRES_PASWORD is misspelt, but POSTGRES_DB, POSTGRES_USERNAME and SNOWFLAKE_HOME are not. Names
    that begin with one of _OWN_PREFIXES are always misspelt, in either place.
    """
    known = {name.upper() for name in settings}
    first_words = {name.split("_")[0] for name in known}
    in_file = {name.upper() for name in file} - known
    in_environment = {name.upper() for name in environment} - known - in_file
    for name in sorted(in_file):
        yield from _misspelt(name, known, _MIN_SIMILARITY_IN_FILE)
    for name in sorted(in_environment):
        if name.split("_")[0] in first_words:
            yield from _misspelt(name, known, _MIN_SIMILARITY_IN_ENVIRONMENT)


def _misspelt(name: str, known: set[str], min_similarity: float) -> Iterator[str]:
    # A line of a pasted key or a quoted text can look like a name; such a text is not shown.
    if _FOREIGN_NAMES.fullmatch(name) or not re.fullmatch("[A-Z0-9_]{3,64}", name):
        return
    meant = get_close_matches(name, sorted(known), n=1, cutoff=min_similarity)
    if not meant and name.startswith(_OWN_PREFIXES):
        meant = get_close_matches(name, sorted(known), n=2, cutoff=0)
    if meant:
        yield f"{name} is not a setting (did you mean {' or '.join(meant)}?)"


def of_several_fields(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """Yield an error for each invalid combination; `values` are not validated yet."""
    needed = ("postgres_host", "postgres_database", "postgres_user")
    missing = [name.upper() for name in needed if not values.get(name)]
    if missing and any(values.get(name) for name in (*needed, "postgres_password")):
        yield f"{', '.join(missing)} missing (set all of them, or none for the embedded server)"
    yield from _of_users(values)
    schemas = ("postgres_conflict_schema", "postgres_analytics_schema")
    names = [values.get(name, defaults[name]) for name in schemas]
    if names[0] == names[1]:
        yield "POSTGRES_CONFLICT_SCHEMA and POSTGRES_ANALYTICS_SCHEMA must differ"
    if values.get("snowflake_password") and values.get("snowflake_private_key"):
        yield "SNOWFLAKE_PASSWORD and SNOWFLAKE_PRIVATE_KEY are both set: unset one of them"


def _of_users(values: Mapping[str, Any]) -> Iterator[str]:
    if values.get("dagster_postgres_password") and not values.get("dagster_postgres_user"):
        yield "DAGSTER_POSTGRES_PASSWORD needs DAGSTER_POSTGRES_USER"
    if str(values.get("postgres_iam_authentication")).lower() not in _TRUE:
        return
    passwords = ("postgres_password", "dagster_postgres_password")
    if given := [name.upper() for name in passwords if values.get(name)]:
        yield f"POSTGRES_IAM_AUTHENTICATION replaces {' and '.join(given)}: unset one or the other"
    if values.get("postgres_sslmode") not in _ALWAYS_TLS:
        yield "POSTGRES_IAM_AUTHENTICATION needs POSTGRES_SSLMODE=verify-full (or require)"
