"""The configured Snowflake account, or the emulator if none is configured on a local machine.

The connector is imported where it is used, because importing it takes longer than importing the rest of the
package.
"""

import base64
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import Settings, load_settings
from conflict_pipeline.snowflake.errors import as_pipeline_errors
from conflict_pipeline.snowflake.session import SnowflakeSession

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

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
        with closing(self._connect(work)) as conn:
            yield SnowflakeSession(conn, self.settings)

    def _connect(self, work: str) -> "SnowflakeConnection":
        import snowflake.connector  # noqa: PLC0415

        # The connector logs errors with addresses that give anyone access to rows; it raises them as well.
        logging.getLogger("snowflake.connector").setLevel(logging.CRITICAL)
        settings = self.settings
        arguments: dict[str, Any] = {
            "account": settings.snowflake_account,
            "user": settings.snowflake_user,
            "warehouse": settings.snowflake_warehouse,
            "role": settings.snowflake_role,
            "database": settings.snowflake_database,
            "schema": settings.snowflake_schema,
            "login_timeout": settings.snowflake_login_timeout_seconds,
            "network_timeout": settings.snowflake_network_timeout_seconds,
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
            **self._credentials(),
        }
        if settings.snowflake_host:
            arguments |= {"host": settings.snowflake_host, "port": settings.snowflake_port}
            arguments["protocol"] = settings.snowflake_protocol
        with as_pipeline_errors():
            return snowflake.connector.connect(
                **{name: value for name, value in arguments.items() if value is not None}
            )

    def _credentials(self) -> dict[str, Any]:
        if self.settings.snowflake_password:
            return {"password": self.settings.snowflake_password.get_secret_value()}
        return {"private_key": self._private_key()}

    def _private_key(self) -> Any:
        """Return the configured key, read from PEM or from base64 of PEM."""
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        configured, passphrase = (
            self.settings.snowflake_private_key,
            self.settings.snowflake_private_key_passphrase,
        )
        assert configured is not None
        # In environment variables the line breaks of a PEM are often written as \n.
        key = configured.get_secret_value().replace("\\n", "\n").encode()
        try:
            if not key.lstrip().startswith(b"-----BEGIN"):
                key = base64.b64decode(key)
            return load_pem_private_key(key, passphrase.get_secret_value().encode() if passphrase else None)
        except (TypeError, ValueError):
            raise PipelineError(
                "SNOWFLAKE_PRIVATE_KEY is not a readable PEM. Check it, and SNOWFLAKE_PRIVATE_KEY_PASSPHRASE "
                "if it is encrypted."
            ) from None


def open_snowflake() -> Snowflake:
    """Return the configured account, or the local emulator, which then runs as long as this process."""
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
    """Return the emulator that keeps its data in the folder, started once in this process."""
    try:
        from conflict_pipeline.snowflake.emulator import SnowflakeEmulator  # noqa: PLC0415
    except ImportError:
        raise PipelineError(
            "Without SNOWFLAKE_ACCOUNT a local emulator is used, which is not installed. Run "
            "pip install 'conflict-pipeline[embedded]'."
        ) from None
    emulator = SnowflakeEmulator(folder)
    emulator.start()
    return emulator
