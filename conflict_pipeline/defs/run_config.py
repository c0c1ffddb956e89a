"""Run config: what the launchpad shows and `dagster job execute -c` takes. Defaults are CycleSettings'."""

import dagster as dg
from pydantic import Field

from conflict_pipeline.cycles.settings import CycleSettings


class _ChunkingConfig(dg.Config):
    """A part of the chunk settings; what it does not say keeps its default."""

    def chunk_settings(self) -> CycleSettings:
        """Raises PipelineError naming every value that is out of range."""
        return CycleSettings(
            **{
                name: value
                for name, value in self.model_dump().items()
                if name in CycleSettings.__annotations__
            }
        )


class WindowConfig(_ChunkingConfig):
    """What a cycle looks at; the visit window is counted from today in the report time zone."""

    lookback_years: int = Field(
        default=CycleSettings.lookback_years,
        description="The window of visit dates starts so many years before today.",
    )
    lookahead_days: int = Field(
        default=CycleSettings.lookahead_days, description="It ends so many days after today, inclusive."
    )
    scope: str = Field(
        default=CycleSettings.scope,
        description="full: every row of the window. changed: rows that may have changed since a cycle.",
    )


class CycleConfig(WindowConfig):
    """What a cycle looks at, and what it writes."""

    write_mode: str = Field(
        default=CycleSettings.write_mode,
        description="all: every re-detected row. changed: only rows that differ.",
    )


class PlanConfig(CycleConfig):
    """How the rows of the window are cut into chunks."""

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


class WorkersConfig(_ChunkingConfig):
    """How a cycle's chunks are processed."""

    max_concurrency: int = Field(
        default=CycleSettings.max_concurrency, description="Chunks that are processed at the same time."
    )


class ReportConfig(PlanConfig, WorkersConfig):
    """Everything that a whole cycle can be told."""

    new_cycle: bool = Field(
        default=False, description="Start afresh, also if a cycle is open; otherwise an open one is resumed."
    )


class ChunkConfig(dg.Config):
    """How one chunk is processed."""

    force: bool = Field(default=False, description="Recompute a chunk that has completed in this cycle.")


class LoadConfig(dg.Config):
    """How a table of visits is loaded from Snowflake."""

    full: bool = Field(
        default=False,
        description="Everything anew, and not only what has changed since the last load.",
    )
