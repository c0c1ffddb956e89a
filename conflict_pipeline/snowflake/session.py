"""Sessions on Snowflake, through dagster-snowflake's resource and Snowflake's own connector.

Statements are files of sql/snowflake/, with `{identifier}` and `%(value)s` places as for Postgres: the two
quote identifiers alike, and the connector binds values by the same marks.

The two libraries are imported where they are used: that takes longer than to import all the rest, and
most runs, a chunk's above all, have nothing to do with Snowflake.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa
from psycopg import sql

from conflict_pipeline import statements
from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource
    from snowflake.connector import SnowflakeConnection, errors

    from conflict_pipeline.snowflake.emulator import SnowflakeStandIn

# Snowflake's error numbers, as its connector gives them; these messages name objects, and no row's values.
_NO_OBJECT = {2003, 2043, 3001}
_NO_WAREHOUSE = {606, 90073, 90084}
_OBJECT = re.compile(r"(?:object|table|schema|database) '[^']+'", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


class SnowflakeSession:
    """One connection, and the statements of sql/snowflake/ by name.

    Statements know `{source}`, the schema of the analytics tables, and `{information_schema}`, its
    database's; further identifiers or fragments are passed as `parts`.
    """

    def __init__(self, conn: "SnowflakeConnection", settings: Settings) -> None:
        self.conn = conn
        database = folded(settings.snowflake_database)
        self.source_schema = folded(settings.snowflake_schema)
        self.source_name = f"{database}.{self.source_schema}"
        self._names = {
            "source": sql.Identifier(database, self.source_schema),
            "information_schema": sql.Identifier(database, "INFORMATION_SCHEMA"),
        }

    def statement(self, name: str, **parts: sql.Composable) -> str:
        return statements.load(name).format(**self._names, **parts).as_string()

    def rows(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> list[dict[str, Any]]:
        """All rows, as dictionaries whose names are in lower case."""
        from snowflake.connector import DictCursor  # noqa: PLC0415

        with clear_errors(), self.conn.cursor(DictCursor) as cursor:
            # Without values the connector leaves percent signs alone; statements are written for bound ones.
            cursor.execute(self.statement(name, **parts), dict(values or {"none": None}))
            return [{key.lower(): value for key, value in row.items()} for row in cursor]

    def one(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> dict[str, Any]:
        """The only row of a statement that always returns one."""
        (row,) = self.rows(name, values, **parts)
        return row

    def batches(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> Iterator[pa.Table]:
        """The rows as they arrive, some ten thousand at a time; none at all if there are none.

        Timestamps are in microseconds, which is all that Postgres keeps: nanoseconds would not reach the
        years 1 and 9999.
        """
        with clear_errors(), self.conn.cursor() as cursor:
            cursor.execute(self.statement(name, **parts), dict(values or {"none": None}))
            yield from cursor.fetch_arrow_batches(force_microsecond_precision=True)

    def can_read(self, table_name: str) -> bool:
        """Whether the table is there for this role; needs a running warehouse, as reading does."""
        rows = self.rows("loads/select_columns", {"schema": self.source_schema, "table": table_name})
        if not rows:
            return False
        self.one("loads/select_one_row", None, table=sql.Identifier(rows[0]["table_name"]))
        return True


class Snowflake:
    """The configured account."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @contextmanager
    def session(self, work: str) -> Iterator[SnowflakeSession]:
        """A session whose query tag names `work`; raises PipelineError if there is no way to get one."""
        missing = self.settings.missing_for_snowflake()
        if missing:
            raise PipelineError(
                f"Snowflake cannot be reached without {', '.join(missing)}. See .env.example."
            )
        # It logs, with what went wrong, addresses from which everybody can read rows. Errors say the rest.
        logging.getLogger("snowflake.connector").setLevel(logging.CRITICAL)
        with ExitStack() as stack:
            with clear_errors(), self._key_is_readable():
                conn = stack.enter_context(self._resource(work).get_connection())
            # The resource closes it after a block that ends well only.
            stack.callback(conn.close)
            yield SnowflakeSession(conn, self.settings)

    def _resource(self, work: str) -> "SnowflakeResource":
        from dagster_snowflake import SnowflakeResource  # noqa: PLC0415

        settings = self.settings
        connection: dict[str, Any] = {
            "session_parameters": {
                "QUERY_TAG": f"conflict_pipeline {work}",
                # Nothing goes anywhere but to Snowflake.
                "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False,
                # As in Postgres: decides what a timestamp without a zone means beside one with it.
                "TIMEZONE": settings.report_timezone,
            },
            # Without it, numbers with decimals come as floating point.
            "arrow_number_to_decimal": True,
            "client_session_keep_alive": True,
            # It would ask the network which cloud this machine is in.
            "platform_detection_timeout_seconds": 0,
        }
        if settings.snowflake_host:
            connection |= {"host": settings.snowflake_host, "port": settings.snowflake_port}
            connection["protocol"] = settings.snowflake_protocol
        given: dict[str, Any] = {
            "account": settings.snowflake_account,
            "user": settings.snowflake_user,
            "warehouse": settings.snowflake_warehouse,
            "role": settings.snowflake_role,
            "autocommit": True,
            "database": settings.snowflake_database,
            "schema": settings.snowflake_schema,
            "login_timeout": settings.snowflake_login_timeout_seconds,
            "network_timeout": settings.snowflake_network_timeout_seconds,
            "additional_snowflake_connection_args": connection,
            **self._credentials(),
        }
        return SnowflakeResource(**{name: value for name, value in given.items() if value is not None})

    def _credentials(self) -> dict[str, str]:
        settings = self.settings
        if settings.snowflake_password:
            return {"password": settings.snowflake_password.get_secret_value()}
        assert settings.snowflake_private_key is not None
        # In an environment variable a PEM's line breaks are often written as \n.
        key = settings.snowflake_private_key.get_secret_value().replace("\\n", "\n")
        passphrase = settings.snowflake_private_key_passphrase
        found = {"private_key": key}
        if passphrase:
            found["private_key_password"] = passphrase.get_secret_value()
        return found

    @contextmanager
    def _key_is_readable(self) -> Iterator[None]:
        try:
            yield
        except (TypeError, ValueError):
            if not self.settings.snowflake_private_key:
                raise
            raise PipelineError(
                "SNOWFLAKE_PRIVATE_KEY is not a PEM that can be read. Check it, and "
                "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE if it is encrypted."
            ) from None


class SnowflakeAccount(dg.ConfigurableResource[Snowflake]):
    """The Snowflake account that the environment names (SNOWFLAKE_ACCOUNT, ...), or locally the stand-in."""

    # Without fields, so that no account, user or key can end up in run config or in Dagster's storage.

    def open(self) -> Snowflake:
        return open_snowflake()


def open_snowflake() -> Snowflake:
    """The configured account; locally, where none is named, the stand-in, for the life of this process."""
    settings = load_settings()
    if settings.uses_stand_in:
        stand_in = local_stand_in(settings.snowflake_stand_in_folder)
        variables = {name.lower(): value for name, value in stand_in.environment().items()}
        settings = settings.model_copy(
            update=Settings.model_validate(variables).model_dump(include=set(variables))
        )
    return Snowflake(settings)


@cache
def local_stand_in(folder: Path) -> "SnowflakeStandIn":
    """The stand-in whose data is in that folder, started in this process."""
    try:
        from conflict_pipeline.snowflake.emulator import SnowflakeStandIn  # noqa: PLC0415
    except ImportError:
        raise PipelineError(
            "Without SNOWFLAKE_ACCOUNT a stand-in is used, which is not installed: "
            "pip install 'conflict-pipeline[embedded]'."
        ) from None
    stand_in = SnowflakeStandIn(folder)
    stand_in.start()
    return stand_in


def folded(name: str) -> str:
    """A name as Snowflake stores it: one without quotes in upper case, one in double quotes as it is."""
    if len(name) > 2 and name[0] == name[-1] == '"':
        return name[1:-1]
    return name.upper() if _PLAIN_NAME.fullmatch(name) else name


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the connector's errors into PipelineErrors that say what to do, without any data value."""
    from snowflake.connector import errors  # noqa: PLC0415

    try:
        yield
    except errors.Error as error:
        raise _explained(error) from None
    except OSError:  # of the download of rows, with an address that lets everybody read them
        raise _unreachable() from None


def _explained(error: "errors.Error") -> PipelineError:
    from snowflake.connector import errors  # noqa: PLC0415

    text = " ".join(str(error.raw_msg or "").split())
    if "Incorrect username or password" in text or "JWT token is invalid" in text:
        return PipelineError(
            "Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and SNOWFLAKE_PASSWORD or "
            "SNOWFLAKE_PRIVATE_KEY."
        )
    if error.errno in _NO_WAREHOUSE:
        return PipelineError(
            "Snowflake has no running warehouse for this session: it is suspended and may not resume, does "
            "not exist, or the role may not use it. Check SNOWFLAKE_WAREHOUSE and SNOWFLAKE_ROLE, or resume "
            "it: ALTER WAREHOUSE ... RESUME."
        )
    if error.errno in _NO_OBJECT:
        found = _OBJECT.search(text)
        return PipelineError(
            f"Snowflake has no {found[0] if found else 'such object'}, or the role may not read it. Check "
            "SNOWFLAKE_DATABASE and SNOWFLAKE_SCHEMA (for a comparison SNOWFLAKE_CONFLICT_DATABASE and "
            "SNOWFLAKE_CONFLICT_SCHEMA), and SNOWFLAKE_ROLE."
        )
    if "Role '" in text and "not authorized" in text:
        return PipelineError("Snowflake does not let the user take that role. Check SNOWFLAKE_ROLE.")
    passing = (errors.OperationalError, errors.InterfaceError, errors.HttpError, errors.ForbiddenError)
    if isinstance(error, passing):
        return _unreachable()
    return PipelineError(
        f"Snowflake refused a statement: {type(error).__name__} {error.errno:06d} ({error.sqlstate}), query "
        f"{error.sfqid or '-'}; its message is kept in Snowflake's query history because it may hold data."
    )


def _unreachable() -> UnreachableError:
    return UnreachableError(
        "Snowflake does not answer. Check SNOWFLAKE_ACCOUNT (and SNOWFLAKE_HOST), and the network."
    )
