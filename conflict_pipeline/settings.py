"""The one reader of the environment, of `.env` in the working folder, and of a secret that these name."""

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
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from conflict_pipeline import settings_checks, settings_secret
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Mode

_SETTINGS = "Settings (environment, .env or secret)"
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


class Settings(BaseSettings):
    """Where the databases are and how to work on them. Names are the environment's, in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    settings_secret_id: str | None = Field(
        default=None, description="Secrets Manager; what environment and .env say goes before it."
    )
    postgres_host: str | None = Field(default=None, description="Without it the embedded server is used.")
    postgres_port: int = Field(default=5432, ge=1, le=65535)
    postgres_database: str | None = None
    postgres_user: str | None = None
    postgres_password: SecretStr | None = None
    postgres_iam_authentication: bool = Field(
        default=False, description="RDS: a token of IAM in the place of passwords."
    )
    postgres_sslmode: SslMode = "prefer"
    postgres_sslrootcert: Path | None = None
    postgres_conflict_schema: str = Field(default="conflict", min_length=1, max_length=63)
    postgres_analytics_schema: str = Field(default="analytics", min_length=1, max_length=63)
    postgres_connect_timeout_seconds: int = Field(default=10, ge=1)
    postgres_statement_timeout_seconds: int = Field(default=1800, ge=1)
    postgres_lock_timeout_seconds: int = Field(default=60, ge=1)
    postgres_idle_in_transaction_timeout_seconds: int = Field(default=300, ge=1)
    dagster_postgres_schema: str = Field(
        default="dagster", min_length=1, max_length=63, description="For Dagster's own records."
    )
    dagster_postgres_user: str | None = Field(default=None, description="Without it: the pipeline's user.")
    dagster_postgres_password: SecretStr | None = None
    embedded_postgres_folder: Path = Path(".embedded_postgres")
    report_timezone: str = Field(default="UTC", description="IANA name, set on every session.")

    cycle_job: Literal["start_cycle", "conflict_report"] = Field(
        default="start_cycle",
        description="What begins after a load: a run for each chunk, or one run for the whole cycle.",
    )
    cycle_mode: Mode = Field(default="full", description="Mode of the cycles that start after a load.")
    resume_max_age_hours: float = Field(default=24, gt=0, description="An older open cycle is not resumed.")
    keep_cycles: int = Field(default=3, ge=1, description="Cycles whose partition keys stay in Dagster.")
    chunk_retry_delay_seconds: float = Field(default=10, ge=0, description="Doubles with each retry.")

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
    snowflake_host: str | None = Field(default=None, description="Where the account's own does not serve.")
    snowflake_port: int = Field(default=443, ge=1, le=65535)
    snowflake_protocol: Literal["https", "http"] = "https"
    snowflake_login_timeout_seconds: int = Field(default=60, ge=1)
    snowflake_network_timeout_seconds: int = Field(default=300, ge=1)
    snowflake_emulator_folder: Path = Path(".snowflake_emulator")

    load_from_snowflake: bool | None = Field(
        default=None, description="Whether the analytics tables are loaded here; without it: locally, yes."
    )
    load_overlap_hours: float = Field(
        default=24,
        ge=0,
        le=8760,
        description="A load reads again what was changed so long before its watermark.",
    )
    load_slice_rows: int = Field(
        default=2_000_000, ge=1, description="Rows that a step of a first or full load of visits takes."
    )
    load_at: time = Field(
        default=time(2, 0), description="When a night's load begins, in the report time zone."
    )

    report_folder: Path = Field(default=Path("reports"), description="For files that people read.")
    report_s3_prefix: str | None = Field(
        default=None, description="s3://bucket/folder, where reports go as well."
    )
    report_after_cycle: bool = Field(default=True, description="Whether a completed cycle writes the report.")
    report_shows_names: bool = Field(default=False, description="Whether aides' names are in the report.")
    report_most_plausible_amount: float = Field(
        default=10_000, gt=0, description="A visit billed with more is left out of the report's sums."
    )
    parity_ignored_columns: str = Field(
        default="UpdatedDate", description="Of conflictvisitmaps, with commas; to differ there means nothing."
    )
    parity_warn_above_rows: int = Field(default=0, ge=0, description="Rows that differ unexpectedly.")
    parity_fail_above_rows: int = Field(default=100, ge=0, description="Rows that differ unexpectedly.")

    log_format: Literal["text", "json"] = Field(default="text", description="Of what is printed on stderr.")
    notify_sns_topic_arn: str | None = Field(
        default=None, description="Where failed runs, stuck chunks and completed cycles are told of."
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
        # libpq's word for the machine's own list.
        if path is None or str(path) == "system" or (path.is_file() and os.access(path, os.R_OK)):
            return path
        raise PydanticCustomError("file", "is not a file that can be read")

    @field_validator("report_s3_prefix")
    @classmethod
    def _is_in_s3(cls, prefix: str | None) -> str | None:
        if prefix and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^/]+)*/?", prefix):
            raise PydanticCustomError("report_s3_prefix", "is not a place such as s3://bucket/folder")
        return prefix

    @field_validator("notify_sns_topic_arn")
    @classmethod
    def _is_a_topic(cls, arn: str | None) -> str | None:
        # No .fifo: messages to such a topic need a group.
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

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_fault(cls, values: dict[str, Any], handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Pydantic looks at what concerns several fields only once each is right; a person wants it all."""
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

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: Any, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Those of pydantic, the first one going before the others, and the secret last."""
        return (*sources, *named.values(), _Secret(settings_cls))

    @property
    def is_local(self) -> bool:
        """Whether the databases are the embedded Postgres and, without an account, the emulator."""
        return self.postgres_host is None

    @property
    def uses_emulator(self) -> bool:
        """Whether what is read from Snowflake comes from the local emulator."""
        return self.is_local and self.snowflake_account is None

    @property
    def loads_from_snowflake(self) -> bool:
        """Whether the analytics tables are loaded by this pipeline, and not by another tool."""
        return self.is_local if self.load_from_snowflake is None else self.load_from_snowflake

    @property
    def loads_from_emulator(self) -> bool:
        """Whether loads take their rows from the emulator of a process that outlives them."""
        return self.uses_emulator and self.loads_from_snowflake

    @property
    def names_snowflake(self) -> bool:
        """Whether anything is said of how to reach Snowflake."""
        return any((self.snowflake_account, self.snowflake_user, self.snowflake_warehouse))

    def missing_for_snowflake(self) -> list[str]:
        """Names of the environment variables without which Snowflake cannot be reached."""
        missing = [
            name.upper()
            for name in ("snowflake_account", "snowflake_user", "snowflake_warehouse")
            if getattr(self, name) is None
        ]
        if self.snowflake_password is None and self.snowflake_private_key is None:
            missing.append("SNOWFLAKE_PASSWORD or SNOWFLAKE_PRIVATE_KEY")
        return missing


class _Secret(PydanticBaseSettingsSource):
    """The secret that the sources before it name, if any."""

    def __call__(self) -> dict[str, Any]:
        secret_id = self.current_state.get("settings_secret_id")
        if not secret_id:
            return {}
        return settings_secret.read(secret_id, Settings.model_fields.keys() - {"settings_secret_id"})

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # pydantic's own sources go by field; this one has them all at once


def _fault(text: str, *place: str | int) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("setting", "{text}", {"text": text}), loc=place, input=None
    )


def dagster_home() -> str | None:
    """The folder that holds dagster.yaml: DAGSTER_HOME, of the environment or of `.env`."""
    return _read_raw("DAGSTER_HOME")


def _read_raw(name: str) -> str | None:
    """Of the environment or of `.env`, unchecked."""
    try:
        return os.environ.get(name) or dotenv_values(".env").get(name)
    except (OSError, UnicodeDecodeError):
        return None  # load_settings says so


@cache
def load_settings() -> Settings:
    """The settings of this process; raises PipelineError naming every missing or wrong one."""
    try:
        return Settings()
    except OSError as error:
        raise PipelineError(f"{_SETTINGS}: .env cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise PipelineError(f"{_SETTINGS}: .env is not a text in UTF-8.") from None
    except ValidationError as error:
        faults = [
            " ".join([*(str(part).upper() for part in fault["loc"]), fault["msg"]])
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise PipelineError(f"{_SETTINGS}: {'; '.join(faults)}. See .env.example.") from None


def log_format() -> str:
    """LOG_FORMAT, also where another setting is wrong: that must be told of in the format asked for."""
    try:
        return load_settings().log_format
    except PipelineError:
        return "json" if _read_raw("LOG_FORMAT") == "json" else "text"


def loads_from_snowflake() -> bool:
    """Whether the graph has loads. Wrong settings are named when a run begins, not when it is drawn."""
    try:
        return load_settings().loads_from_snowflake
    except PipelineError:
        return False


def schema_name(role: str) -> str:
    """What the schema `conflict` or `analytics` is called in the database, for the asset graph.

    Wrong settings are reported when a run begins, not when the graph is built: it has the default name then.
    """
    try:
        settings = load_settings()
    except PipelineError:
        return role
    names = {
        "conflict": settings.postgres_conflict_schema,
        "analytics": settings.postgres_analytics_schema,
    }
    return names[role]
