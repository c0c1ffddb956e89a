"""The configured Snowflake account, or the emulator if none is configured on a local machine.

dagster-snowflake and the connector are imported where they are used, because importing them takes longer than
importing all the rest of the package.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import Settings, load_settings
from conflict_pipeline.snowflake.errors import as_pipeline_errors
from conflict_pipeline.snowflake.session import SnowflakeSession

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource

    from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


class Snowflake:
    """Opens sessions on the account that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @contextmanager
    def session(self, work: str) -> Iterator[SnowflakeSession]:
        """Open a session whose query tag names `work`; raise PipelineError if that fails."""
        missing = self.settings.missing_for_snowflake()
        if missing:
            raise PipelineError(
                f"Snowflake cannot be reached without {', '.join(missing)}. See .env.example."
            )
        # The connector logs errors with addresses that give anyone access to rows; it raises them as well.
        logging.getLogger("snowflake.connector").setLevel(logging.CRITICAL)
        with ExitStack() as stack:
            with as_pipeline_errors(), self._key_is_readable():
                conn = stack.enter_context(self._resource(work).get_connection())
            # The resource closes the connection only after a block without an error.
            stack.callback(conn.close)
            yield SnowflakeSession(conn, self.settings)

    def _resource(self, work: str) -> "SnowflakeResource":
        from dagster_snowflake import SnowflakeResource  # noqa: PLC0415

        settings = self.settings
        connection: dict[str, Any] = {
            "session_parameters": {
                "QUERY_TAG": f"conflict_pipeline {work}",
                # Otherwise the connector sends usage data to another host.
                "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False,
                # As in Postgres, used where timestamps with and without a time zone are compared.
                "TIMEZONE": settings.report_timezone,
            },
            # Otherwise numbers with decimals arrive as floating point.
            "arrow_number_to_decimal": True,
            "client_session_keep_alive": True,
            # Otherwise the connector asks the network which cloud this machine is in.
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


def open_snowflake() -> Snowflake:
    """The configured account; locally, where none is named, the emulator, for the life of this process."""
    settings = load_settings()
    if settings.uses_emulator:
        emulator = local_emulator(settings.snowflake_emulator_folder)
        variables = {name.lower(): value for name, value in emulator.environment().items()}
        settings = settings.model_copy(
            update=Settings.model_validate(variables).model_dump(include=set(variables))
        )
    return Snowflake(settings)


@cache
def local_emulator(folder: Path) -> "SnowflakeEmulator":
    """The emulator whose data is in that folder, started in this process."""
    try:
        from conflict_pipeline.snowflake.emulator import SnowflakeEmulator  # noqa: PLC0415
    except ImportError:
        raise PipelineError(
            "Without SNOWFLAKE_ACCOUNT an emulator is used, which is not installed: "
            "pip install 'conflict-pipeline[embedded]'."
        ) from None
    emulator = SnowflakeEmulator(folder)
    emulator.start()
    return emulator
