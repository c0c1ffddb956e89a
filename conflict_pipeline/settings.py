"""Settings from the environment and from `.env` in the working folder; no other module reads either."""

import os
import re
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from conflict_pipeline import settings_checks
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Mode

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

# Postgres keeps timeouts as milliseconds in 31 bits.
_MAX_TIMEOUT = 2_147_483


class Settings(BaseSettings):
    """The settings of `.env.example`, by their names in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    postgres_host: str | None = Field(default=None, description="If unset, the embedded server is used.")
    postgres_port: int = Field(default=5432, ge=1, le=65535)
    postgres_database: str | None = None
    postgres_user: str | None = None
    postgres_password: SecretStr | None = None
    postgres_iam_authentication: bool = Field(
        default=False, description="On RDS: IAM tokens instead of passwords."
    )
    postgres_sslmode: SslMode = "prefer"
    postgres_sslrootcert: Path | None = None
    postgres_conflict_schema: str = Field(default="conflict", min_length=1, max_length=63)
    postgres_analytics_schema: str = Field(default="analytics", min_length=1, max_length=63)
    postgres_connect_timeout_seconds: int = Field(default=10, ge=1, le=_MAX_TIMEOUT)
    postgres_statement_timeout_seconds: int = Field(default=1800, ge=1, le=_MAX_TIMEOUT)
    postgres_lock_timeout_seconds: int = Field(default=60, ge=1, le=_MAX_TIMEOUT)
    postgres_idle_in_transaction_timeout_seconds: int = Field(default=300, ge=1, le=_MAX_TIMEOUT)
    dagster_postgres_schema: str = Field(
        default="dagster", min_length=1, max_length=63, description="Holds Dagster's own tables."
    )
    dagster_postgres_user: str | None = Field(default=None, description="If unset, POSTGRES_USER.")
    dagster_postgres_password: SecretStr | None = None
    embedded_postgres_folder: Path = Path(".embedded_postgres")
    report_timezone: str = Field(default="UTC", description="IANA name; the time zone of every session.")

    cycle_job: Literal["start_cycle", "conflict_report"] = Field(
        default="start_cycle",
        description="Job that a load starts: a run per chunk, or one run for the whole cycle.",
    )
    cycle_mode: Mode = Field(default="full", description="Mode of the cycles that a load starts.")
    resume_max_age_hours: float = Field(default=24, gt=0, description="Older open cycles are not resumed.")
    keep_cycles: int = Field(default=3, ge=1, description="Cycles whose partition keys Dagster keeps.")
    chunk_retry_delay_seconds: float = Field(default=10, ge=0, description="Doubles with each retry.")
    asset_owner: str = Field(
        default="team:data-platform", description="E-mail address or team:NAME, shown on every asset."
    )

    snowflake_account: str | None = None
    snowflake_user: str | None = None
    snowflake_password: SecretStr | None = None
    snowflake_private_key: SecretStr | None = Field(
        default=None, description="PEM; a literal backslash n stands for a line break."
    )
    snowflake_private_key_passphrase: SecretStr | None = None
    snowflake_database: str = Field(default="ANALYTICS", min_length=1)
    snowflake_schema: str = Field(default="BI", min_length=1)
    snowflake_conflict_database: str = Field(default="CONFLICTREPORT", min_length=1)
    snowflake_conflict_schema: str = Field(default="PUBLIC", min_length=1)
    snowflake_warehouse: str | None = None
    snowflake_role: str | None = None
    snowflake_host: str | None = Field(
        default=None, description="Overrides the address derived from the account."
    )
    snowflake_port: int = Field(default=443, ge=1, le=65535)
    snowflake_protocol: Literal["https", "http"] = "https"
    snowflake_login_timeout_seconds: int = Field(default=60, ge=1)
    snowflake_network_timeout_seconds: int = Field(default=300, ge=1)
    snowflake_emulator_folder: Path = Path(".snowflake_emulator")

    load_from_snowflake: bool | None = Field(
        default=None,
        description="Whether this pipeline loads the analytics tables; if unset, only locally.",
    )
    load_overlap_hours: float = Field(
        default=24,
        ge=0,
        le=8760,
        description="A load rereads rows changed up to this long before its watermark.",
    )
    load_slice_rows: int = Field(
        default=2_000_000, ge=1, description="Rows in a slice of a first or full load of visits."
    )
    load_at: time = Field(default=time(2, 0), description="Start of the nightly load, in REPORT_TIMEZONE.")

    report_folder: Path = Field(default=Path("reports"), description="HTML reports and lists of differences.")
    report_s3_prefix: str | None = Field(
        default=None, description="s3://bucket/folder that receives a copy of each report."
    )
    report_after_cycle: bool = Field(default=True, description="Whether a completed cycle writes a report.")
    report_shows_names: bool = Field(default=False, description="Whether reports contain aides' names.")
    report_max_plausible_amount: float = Field(
        default=10_000, gt=0, description="Visits billed above it are excluded from the sums of a report."
    )
    parity_ignored_columns: str = Field(
        default="UpdatedDate", description="Columns that may differ, separated by commas."
    )
    parity_warn_above_rows: int = Field(default=0, ge=0, description="Unexpected differences.")
    parity_fail_above_rows: int = Field(default=100, ge=0, description="Unexpected differences.")

    log_format: Literal["text", "json"] = Field(default="text", description="Format of the log on stderr.")
    notify_sns_topic_arn: str | None = Field(
        default=None, description="Topic for failed runs, stuck chunks and completed cycles."
    )

    @field_validator("report_timezone")
    @classmethod
    def _time_zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise PydanticCustomError(
                "time_zone", "is not an IANA time zone such as America/New_York"
            ) from None
        return name

    @field_validator("postgres_sslrootcert")
    @classmethod
    def _can_be_read(cls, path: Path | None) -> Path | None:
        # "system" is libpq's name for the root certificates of the machine.
        if path is None or str(path) == "system" or (path.is_file() and os.access(path, os.R_OK)):
            return path
        raise PydanticCustomError("file", "is not a file that can be read")

    @field_validator("report_s3_prefix")
    @classmethod
    def _is_in_s3(cls, prefix: str | None) -> str | None:
        if prefix and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^/]+)*/?", prefix):
            raise PydanticCustomError("report_s3_prefix", "is not a prefix such as s3://bucket/folder")
        return prefix

    @field_validator("notify_sns_topic_arn")
    @classmethod
    def _is_a_topic(cls, arn: str | None) -> str | None:
        # FIFO topics are excluded because their messages need a group.
        if arn and not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}", arn):
            raise PydanticCustomError(
                "notify_sns_topic_arn",
                "is not a standard topic such as arn:aws:sns:us-east-1:123456789012:name",
            )
        return arn

    @field_validator("load_at")
    @classmethod
    def _is_in_the_report_time_zone(cls, at: time) -> time:
        if at.tzinfo is not None or at.second or at.microsecond:
            raise PydanticCustomError("load_at", "is not hours and minutes such as 02:00")
        return at

    @field_validator("asset_owner")
    @classmethod
    def _is_an_owner(cls, owner: str) -> str:
        # Dagster's own check would fail the whole code location, without the name of the setting.
        if not re.fullmatch(r"team:\S(.*\S)?|[\w.+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,7}", owner):
            raise PydanticCustomError("asset_owner", "is neither an e-mail address nor team:NAME")
        return owner

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_fault(cls, values: dict[str, Any], handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Report the errors of single fields together with those that concern several fields.

        Pydantic alone would check the latter only after every field is valid.
        """
        defaults = {name: field.default for name, field in cls.model_fields.items()}
        faults = [_fault(text) for text in settings_checks.of_several_fields(values, defaults)]
        try:
            settings = handler(values)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            faults = [_fault(fault["msg"], *fault["loc"]) for fault in found] + faults
            raise ValidationError.from_exception_data(cls.__name__, faults, hide_input=True) from None
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults, hide_input=True)
        return settings

    @property
    def is_local(self) -> bool:
        """Whether the databases are the embedded Postgres and, without an account, the emulator."""
        return self.postgres_host is None

    @property
    def uses_emulator(self) -> bool:
        """Whether the local emulator takes the place of Snowflake."""
        return self.is_local and self.snowflake_account is None

    @property
    def loads_from_snowflake(self) -> bool:
        """Whether this pipeline, and not another tool, loads the analytics tables."""
        return self.is_local if self.load_from_snowflake is None else self.load_from_snowflake

    @property
    def loads_from_emulator(self) -> bool:
        """Whether loads read from the emulator of a process that outlives them."""
        return self.uses_emulator and self.loads_from_snowflake

    @property
    def names_snowflake(self) -> bool:
        """Whether account, user or warehouse of Snowflake is set."""
        return any((self.snowflake_account, self.snowflake_user, self.snowflake_warehouse))

    def missing_for_snowflake(self) -> list[str]:
        """Return the names of the unset variables that a connection to Snowflake needs."""
        missing = [
            name.upper()
            for name in ("snowflake_account", "snowflake_user", "snowflake_warehouse")
            if getattr(self, name) is None
        ]
        if self.snowflake_password is None and self.snowflake_private_key is None:
            missing.append("SNOWFLAKE_PASSWORD or SNOWFLAKE_PRIVATE_KEY")
        return missing


def _fault(text: str, *place: str | int) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("setting", "{text}", {"text": text}), loc=place, input=None
    )


def dagster_home() -> str | None:
    """Return DAGSTER_HOME, the folder of dagster.yaml, from the environment or `.env`."""
    return _read_raw("DAGSTER_HOME")


def _read_raw(name: str) -> str | None:
    """Return an unvalidated value of the environment or `.env`."""
    try:
        return os.environ.get(name) or dotenv_values(".env").get(name)
    except (OSError, UnicodeDecodeError):
        return None  # load_settings reports it


@cache
def load_settings() -> Settings:
    """Return the settings of this process.

    Raises PipelineError with one line that names every missing, invalid and misspelt setting, without values.
    """
    try:
        faults = list(
            settings_checks.misspelt_names(Settings.model_fields, dotenv_values(".env"), os.environ)
        )
        settings = Settings()
    except OSError as error:
        raise _settings_error(f".env cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise _settings_error(".env is not a text in UTF-8.") from None
    except ValidationError as error:
        faults += [
            " ".join([*(str(part).upper() for part in fault["loc"]), fault["msg"]])
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise _settings_error(f"{'; '.join(faults)}. See .env.example.") from None
    if faults:
        raise _settings_error(f"{'; '.join(faults)}. See .env.example.")
    return settings


def _settings_error(message: str) -> PipelineError:
    return PipelineError(f"Settings (environment or .env): {message}")


def log_format() -> str:
    """Return LOG_FORMAT, even where another setting is invalid, so that the error has it too."""
    settings = _settings_if_valid()
    if settings is not None:
        return settings.log_format
    return "json" if _read_raw("LOG_FORMAT") == "json" else "text"


# The asset graph is built from these three. Invalid settings are reported when a run starts; until then the
# graph has default values, so that the UI can show it.


def loads_from_snowflake() -> bool:
    """Return whether the graph contains loads; False for invalid settings."""
    settings = _settings_if_valid()
    return settings is not None and settings.loads_from_snowflake


def asset_owner() -> str:
    """Return ASSET_OWNER, or its default for invalid settings."""
    settings = _settings_if_valid()
    return settings.asset_owner if settings else str(Settings.model_fields["asset_owner"].default)


def schema_name(role: str) -> str:
    """Return what the schema `conflict` or `analytics` is called; `role` itself for invalid settings."""
    settings = _settings_if_valid()
    if settings is None:
        return role
    return {
        "conflict": settings.postgres_conflict_schema,
        "analytics": settings.postgres_analytics_schema,
    }[role]


def _settings_if_valid() -> Settings | None:
    try:
        return load_settings()
    except PipelineError:
        return None
