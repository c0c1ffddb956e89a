"""Turns the connector's errors into messages that name the setting to check and contain no data value."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from conflict_pipeline.errors import PipelineError, UnreachableError

if TYPE_CHECKING:
    from snowflake.connector import errors

# Snowflake's error numbers, as the connector gives them. Messages of the first group contain no values.
_NO_OBJECT = {2003, 2043, 3001}
_NO_WAREHOUSE = {606, 90073, 90084}
_OBJECT = re.compile(r"(?:object|table|schema|database) '[^']+'", re.IGNORECASE)


@contextmanager
def as_pipeline_errors() -> Iterator[None]:
    """Raise the connector's errors as PipelineErrors, without the original error and its message.

    Transient errors become UnreachableErrors.
    """
    from snowflake.connector import errors  # noqa: PLC0415

    try:
        yield
    except errors.Error as error:
        raise _pipeline_error(error) from None
    except OSError:  # from a download of rows; it holds an address that gives anyone access to them
        raise _unreachable() from None


def _pipeline_error(error: "errors.Error") -> PipelineError:
    from snowflake.connector import errors  # noqa: PLC0415

    text = " ".join(str(error.raw_msg or "").split())
    if "Incorrect username or password" in text or "JWT token is invalid" in text:
        return PipelineError(
            "Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and SNOWFLAKE_PASSWORD or "
            "SNOWFLAKE_PRIVATE_KEY."
        )
    if error.errno in _NO_WAREHOUSE:
        return PipelineError(
            "Snowflake has no running warehouse for this session: it is suspended and may not resume, it "
            "does not exist, or the role may not use it. Check SNOWFLAKE_WAREHOUSE and SNOWFLAKE_ROLE, or "
            "resume it with ALTER WAREHOUSE ... RESUME."
        )
    if error.errno in _NO_OBJECT:
        found = _OBJECT.search(text)
        return PipelineError(
            f"Snowflake has no {found[0] if found else 'such object'}, or the role may not read it. Check "
            "SNOWFLAKE_DATABASE and SNOWFLAKE_SCHEMA (for a comparison SNOWFLAKE_CONFLICT_DATABASE and "
            "SNOWFLAKE_CONFLICT_SCHEMA), and SNOWFLAKE_ROLE."
        )
    if "Role '" in text and "not authorized" in text:
        return PipelineError("Snowflake does not let the user take this role. Check SNOWFLAKE_ROLE.")
    transient = (errors.OperationalError, errors.InterfaceError, errors.HttpError, errors.ForbiddenError)
    if isinstance(error, transient):
        return _unreachable()
    return PipelineError(
        f"Snowflake refused a statement: {type(error).__name__} {error.errno:06d} ({error.sqlstate}), query "
        f"{error.sfqid or '-'}. Its message may hold data and is therefore only in Snowflake's query history."
    )


def _unreachable() -> UnreachableError:
    return UnreachableError(
        "Snowflake does not answer. Check SNOWFLAKE_ACCOUNT (and SNOWFLAKE_HOST), and the network."
    )
