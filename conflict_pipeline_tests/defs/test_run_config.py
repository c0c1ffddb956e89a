from dataclasses import asdict

import dagster as dg
import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.definitions import defs
from conflict_pipeline.defs.run_config import (
    CycleConfig,
    ForceConfig,
    PlanConfig,
    WindowConfig,
    WorkersConfig,
)
from conflict_pipeline.errors import PipelineError

PARTS = (WindowConfig, PlanConfig, WorkersConfig, CycleConfig)
Part = type[WindowConfig] | type[WorkersConfig]
NOT_DEFAULT = {
    "target_chunk_size": 11,
    "max_chunk_size": 12,
    "max_keys_per_chunk": 13,
    "max_concurrency": 14,
    "lookback_years": 15,
    "lookahead_days": 16,
    "mode": "incremental",
}


@pytest.mark.parametrize("part", PARTS)
def test_the_defaults_are_those_of_the_cycle_settings(part: Part) -> None:
    assert part().cycle_settings() == CycleSettings()


@pytest.mark.parametrize("part", PARTS)
def test_each_field_is_the_cycle_setting_of_its_name(part: Part) -> None:
    fields = [name for name in part.model_fields if name in NOT_DEFAULT]
    given = {name: NOT_DEFAULT[name] for name in fields if "chunk_size" not in name}

    settings = part.model_validate(given).cycle_settings()

    assert asdict(settings) == {**asdict(CycleSettings()), **given}


def test_a_whole_cycle_takes_every_cycle_setting_and_new_cycle() -> None:
    config = CycleConfig.model_validate({**NOT_DEFAULT, "new_cycle": True})

    assert asdict(config.cycle_settings()) == NOT_DEFAULT
    assert set(CycleConfig.model_fields) == {*asdict(CycleSettings()), "new_cycle"}


def test_unless_told_otherwise_cycles_are_resumed_and_completed_chunks_are_left_alone() -> None:
    assert CycleConfig().new_cycle is False
    assert ForceConfig().force is False


@pytest.mark.parametrize("part", [*PARTS, ForceConfig])
def test_the_launchpad_explains_each_field(part: type[ForceConfig]) -> None:
    assert all(field.description for field in part.model_fields.values())


def test_values_out_of_range_are_all_named() -> None:
    config = CycleConfig(target_chunk_size=0, max_concurrency=0, lookback_years=-1)

    with pytest.raises(PipelineError) as error:
        config.cycle_settings()

    for name in ("target_chunk_size is 0", "max_concurrency is 0", "lookback_years is -1"):
        assert name in str(error.value)


def test_the_run_config_of_the_whole_cycle_is_flat() -> None:
    config = {**NOT_DEFAULT, "new_cycle": True}

    resolved = dg.validate_run_config(defs.resolve_job_def("conflict_report"), config)

    assert resolved["ops"]["open_or_resume_cycle"]["config"] == config
    assert resolved["ops"]["process_chunks"]["config"] == {"max_concurrency": config["max_concurrency"]}


def test_a_name_that_is_no_setting_is_refused() -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="target_chunk_sice"):
        dg.validate_run_config(defs.resolve_job_def("conflict_report"), {"target_chunk_sice": 5})
