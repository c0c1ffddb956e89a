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
        pytest.param(None, [1_000, 1_000, 1_000], id="by default the number of keys cuts first"),
        pytest.param(1_500, [1_500, 1_500], id="told how many rows, rows alone decide"),
        pytest.param(100_000, [3_000], id="also above the largest chunk of a cycle"),
    ],
)
def test_what_decides_about_chunks(chunk_rows: int | None, rows: list[int]) -> None:
    settings = Options(chunk_rows=chunk_rows).chunk_settings()

    assert [chunk.rows for chunk in plan_chunks(MANY_KEYS, settings)] == rows


@pytest.mark.parametrize("chunk_rows", [None, 1_500])
def test_jobs_plan_the_same_chunks(chunk_rows: int | None) -> None:
    options = Options(chunk_rows=chunk_rows)

    assert PlanConfig.model_validate(options.plan_config()).chunk_settings() == options.chunk_settings()


def test_without_chunk_rows_a_cycle_is_cut_as_by_default() -> None:
    assert asdict(Options().chunk_settings()) == asdict(CycleSettings())


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [
        ("repeat", 0, "repeat is 0"),
        ("chunk_rows", 0, "target_chunk_size is 0"),
        ("earlier_chunks", -1, "earlier_chunks is -1"),
        ("json_file", Path("/no/such/folder/bench.json"), "/no/such/folder"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_done(
    option: str, value: object, fault: str
) -> None:
    with pytest.raises(PipelineError, match=fault):
        Options(**{option: value})  # type: ignore[arg-type]
