"""Run config: what the launchpad shows and `dagster job execute -c` takes.

Defaults are those of CycleSettings.
"""

from typing import Any

import dagster as dg
from pydantic import Field

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Mode


class _CycleSettingsConfig(dg.Config):
    """A part of the cycle settings; the other settings keep their defaults."""

    def cycle_settings(self) -> CycleSettings:
        """Raises PipelineError naming every value that is out of range."""
        known: dict[str, Any] = {
            name: value for name, value in self.model_dump().items() if name in CycleSettings.__annotations__
        }
        return CycleSettings(**known)


class WindowConfig(_CycleSettingsConfig):
    """Which rows a cycle looks at; the window is counted from today in the report time zone."""

    lookback_years: int = Field(
        default=CycleSettings.lookback_years,
        description="Years before today at which the window of visit dates starts.",
    )
    lookahead_days: int = Field(
        default=CycleSettings.lookahead_days,
        description="Days after today at which the window ends, inclusive.",
    )
    mode: str = Field(
        default=CycleSettings.mode,
        description="full: every row of the window. incremental: rows that may differ from the baseline.",
    )


class PlanConfig(WindowConfig):
    """How the rows of the window are divided into chunks."""

    target_chunk_size: int = Field(
        default=CycleSettings.target_chunk_size, description="Rows that a chunk should have."
    )
    max_chunk_size: int = Field(
        default=CycleSettings.max_chunk_size,
        description="Rows that a chunk may have; a single key (visit date, SSN) may make a larger one.",
    )
    max_keys_per_chunk: int = Field(
        default=CycleSettings.max_keys_per_chunk, description="Keys that a chunk may have."
    )


class WorkersConfig(_CycleSettingsConfig):
    """How the chunks of a cycle are processed."""

    max_concurrency: int = Field(
        default=CycleSettings.max_concurrency, description="Chunks that run at the same time."
    )


class CycleConfig(PlanConfig, WorkersConfig):
    """All parameters of a whole cycle."""

    new_cycle: bool = Field(
        default=False, description="Start a new cycle even if one is open; otherwise an open one is resumed."
    )


class ForceConfig(dg.Config):
    """How a chunk, or a step after the chunks, is processed."""

    force: bool = Field(default=False, description="Recompute it even if it has completed in this cycle.")


class LoadConfig(dg.Config):
    """How a table of visits is loaded from Snowflake."""

    full: bool = Field(
        default=False, description="Load all rows again, not only those changed since the last load."
    )


def mode_config(mode: Mode) -> dict[str, Any]:
    """Return the run config of conflict_report that starts a new cycle in this mode."""
    return {"new_cycle": True, "mode": mode}
