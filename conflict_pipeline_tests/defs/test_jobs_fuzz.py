"""Invented run config and partition keys: refused clearly, and nothing is written."""

from typing import Any

import dagster as dg
import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from conflict_pipeline.definitions import defs
from conflict_pipeline.defs.jobs.asset_jobs import jobs
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import PARTITION, failure, run
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.small_cycles import world

__all__ = ["world"]  # fixture

INJECTION = "'; DROP TABLE conflict.settings; --"
WRITTEN = ("conflictvisitmaps", "conflictvisitmaps_temp", "settings", "conflict_cycle", "conflict_chunk")
EXAMPLES = hypothesis.settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# The ops of each job that take config; the jobs of a whole cycle take it for themselves.
OPS = {
    "conflict_report": (),
    "task_02": (),
    "task_01": ("payer_provider_reminders", "conflictvisitmaps_temp"),
    "start_cycle": ("payer_provider_reminders", "conflictvisitmaps_temp", "conflict_chunks"),
    "get_task02_chunks": ("conflict_chunks",),
    "process_task02_chunk": ("conflictvisitmaps",),
}


def config_of(job: str, values: dict[str, Any]) -> dict[str, Any]:
    """Run config in which the job is told these values."""
    return {"ops": {op: {"config": values} for op in OPS[job]}} if OPS[job] else values


def tables(session: Session) -> list[Any]:
    return [read(session, name) for name in WRITTEN]


def refused(job: str, config: Any) -> str | None:
    """What Dagster says of the config before anything is run, as it does to GraphQL and its command line."""
    try:
        dg.validate_run_config(defs.resolve_job_def(job), config)
    except dg.DagsterInvalidConfigError as error:
        return str(error)
    return None


nonsense = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just(INJECTION)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("job", [job.name for job in jobs])
def test_made_up_run_config_is_refused_before_anything_runs(job: str) -> None:
    @EXAMPLES
    @given(st.dictionaries(st.text(min_size=1, max_size=12), nonsense, min_size=1, max_size=3))
    def check(config: dict[str, Any]) -> None:
        message = refused(job, config)
        assert message is not None
        assert "Error" in message

    check()


@pytest.mark.parametrize("job", OPS)
@pytest.mark.parametrize(
    "value",
    ["x", INJECTION, 1.5, [1], {"a": 1}, "9" * 40, float("nan")],
    ids=["text", "injection", "float", "list", "object", "digits", "nan"],
)
def test_a_field_of_the_wrong_type_is_refused_and_named(job: str, value: Any) -> None:
    field = "force" if job == "process_task02_chunk" else "lookback_years"

    message = refused(job, config_of(job, {field: value}))

    assert message is not None
    assert field in message


def test_null_where_dagster_lets_it_through_is_refused_by_the_config_itself(
    world: Session, instance: dg.DagsterInstance
) -> None:
    before = tables(world)

    result = run(instance, "get_task02_chunks", config_of("get_task02_chunks", {"lookback_years": None}))

    (failed,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert failed.step_failure_data.error is not None
    assert "lookback_years" in failed.step_failure_data.error.to_string()
    assert tables(world) == before


@pytest.mark.parametrize("job", OPS)
def test_an_unknown_field_is_refused_and_named(job: str) -> None:
    message = refused(job, config_of(job, {"lookback_year": 1}))

    assert message is not None
    assert "lookback_year" in message


@pytest.mark.parametrize("job", [job for job in OPS if job != "process_task02_chunk"])
def test_numbers_and_texts_out_of_range_are_one_line_and_nothing_is_written(
    world: Session, instance: dg.DagsterInstance, job: str
) -> None:
    before = tables(world)
    for field, value in [
        ("lookback_years", -1),
        ("lookahead_days", 10**10),
        ("lookback_years", 10**30),
        ("mode", INJECTION),
        ("mode", "\u202efull\nrow"),
    ]:
        config = config_of(job, {field: value})
        if refused(job, config):
            continue
        message = failure(run(instance, job, config))
        assert field in message
        assert len(message.splitlines()) == 1

    assert tables(world) == before


HOSTILE_KEYS = (
    *(
        "",
        " ",
        "../../etc/passwd",
        "a" * 5000,
        INJECTION,
        "%s",
        "{0}",
        "\n",
        "c20261123t021500_0007\nERROR: x",
    ),
    *(
        "c20261123t021500_0007 ",
        "C20261123T021500_0007",
        "c20261123t021500_",
        "c20261123t021500_\u0661\u0661\u0661\u0661",
    ),
    *("900123456", "Doe, Jane", "\0", "\u202e", "<script>alert(1)</script>"),
)


def test_made_up_partition_keys_are_refused_without_repeating_them(
    world: Session, instance: dg.DagsterInstance
) -> None:
    before = tables(world)

    answers = {failure(run(instance, "process_task02_chunk", tags={PARTITION: key})) for key in HOSTILE_KEYS}

    (answer,) = answers
    assert answer.startswith(
        "This is not the partition key of a chunk, which looks like c20261123t021500_0007."
    )
    assert tables(world) == before
