"""Options become the settings of every candidate, or are refused."""

from dataclasses import asdict
from pathlib import Path

import pytest

from conflict_pipeline.cycles.planner import Key, plan_chunks
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.defs.run_config import PlanConfig
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.errors import PipelineError
from conflict_pipeline_tests.rows import DAY

MANY_KEYS = [Key(DAY, f"{number:04d}", rows=1) for number in range(3_000)]


@pytest.mark.parametrize(
    ("chunk_rows", "rows"),
    [
        pytest.param(None, [1_000, 1_000, 1_000], id="by default the number of keys limits a chunk"),
        pytest.param(1_500, [1_500, 1_500], id="with a number of rows, only rows count"),
        pytest.param(100_000, [3_000], id="even above the default maximum"),
    ],
)
def test_chunks_follow_the_number_of_rows_or_the_defaults(chunk_rows: int | None, rows: list[int]) -> None:
    settings = Options(chunk_rows=chunk_rows).cycle_settings()

    assert [chunk.rows for chunk in plan_chunks(MANY_KEYS, settings)] == rows


@pytest.mark.parametrize("chunk_rows", [None, 1_500])
def test_jobs_plan_the_same_chunks(chunk_rows: int | None) -> None:
    options = Options(chunk_rows=chunk_rows)

    assert PlanConfig.model_validate(options.plan_config()).cycle_settings() == options.cycle_settings()


def test_without_chunk_rows_the_defaults_of_a_cycle_apply() -> None:
    assert asdict(Options().cycle_settings()) == asdict(CycleSettings())


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [
        ("repeat", 0, "repeat is 0"),
        ("chunk_rows", 0, "target_chunk_size is 0"),
        ("json_file", Path("/no/such/folder/bench.json"), "/no/such/folder"),
    ],
)
def test_invalid_options_are_refused(option: str, value: object, fault: str) -> None:
    with pytest.raises(PipelineError, match=fault):
        Options(**{option: value})  # type: ignore[arg-type]
