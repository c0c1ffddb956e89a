"""Runs of jobs in this process, recorded runs in any status, the answers of sensors, and what runs record."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from conflict_pipeline.definitions import defs
from conflict_pipeline.defs.partitions import CHUNKS
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.small_cycles import SMALL, plan

PARTITION = "dagster/partition"
# The run config of conflict_report for the three chunks of the small world.
CONFIG = asdict(SMALL)
POSTGRES = {"postgres": PostgresResource()}
UNFINISHED = ("NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING")
_EVENTS = {
    "QUEUED": dg.DagsterEventType.RUN_ENQUEUED,
    "STARTING": dg.DagsterEventType.RUN_STARTING,
    "STARTED": dg.DagsterEventType.RUN_START,
    "CANCELING": dg.DagsterEventType.RUN_CANCELING,
    "CANCELED": dg.DagsterEventType.RUN_CANCELED,
    "SUCCESS": dg.DagsterEventType.RUN_SUCCESS,
    "FAILURE": dg.DagsterEventType.RUN_FAILURE,
}


@pytest.fixture
def keys(world: Session, instance: dg.DagsterInstance) -> list[str]:
    """The partition keys of an open cycle with three chunks, registered in Dagster."""
    keys = plan(world)
    instance.add_dynamic_partitions("conflict_chunks", keys)
    return keys


def add_run(
    instance: dg.DagsterInstance,
    status: str,
    tags: Mapping[str, str],
    *,
    seconds_ago: float = 0,
    job: str = "job",
) -> dg.DagsterRun:
    """Add a run that has had this status for `seconds_ago` seconds."""
    # Dagster does not queue runs without one.
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("test"), "test"), job)
    run = instance.add_run(dg.DagsterRun(job_name=job, tags=tags, remote_job_origin=origin))
    report(instance, run, status, seconds_ago=seconds_ago)
    return run


def report(instance: dg.DagsterInstance, run: dg.DagsterRun, status: str, *, seconds_ago: float = 0) -> None:
    """Record that the run has got this status, `seconds_ago` seconds ago."""
    if status in _EVENTS:
        event = dg.DagsterEvent(event_type_value=_EVENTS[status].value, job_name=run.job_name)
        at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        instance.handle_run_event(run.run_id, event, update_timestamp=at)


def requests(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """Return the runs that the sensor requests; an empty list if it skips."""
    result = _look(sensor, instance)
    return [] if isinstance(result, dg.SkipReason) else list(result.run_requests or [])


def skip_reason(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> str:
    result = _look(sensor, instance)
    assert isinstance(result, dg.SkipReason)
    return str(result.skip_message)


def _look(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    with dg.build_sensor_context(instance=instance, resources=POSTGRES) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def run(
    instance: dg.DagsterInstance,
    job: str,
    config: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> dg.ExecuteInProcessResult:
    """Run the job in this process; the result may be a failure. `config` is its run config."""
    return defs.resolve_job_def(job).execute_in_process(
        run_config=config, instance=instance, partition_key=key, tags=tags, raise_on_error=False
    )


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Return the message of the first failed step, after checking that no failure has a cause attached."""
    errors = [
        event.step_failure_data.error
        for event in result.all_events
        if event.event_type_value == "STEP_FAILURE"
    ]
    first, *_ = (error for error in errors if error is not None)
    assert {(error.cls_name, error.cause) for error in errors if error is not None} == {("Failure", None)}
    return first.message.partition(": ")[2].strip()


def materializations(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """Return the metadata of the run's materializations, by partition, or by asset without partitions."""
    return _metadata(event.materialization for event in result.get_asset_materialization_events())


def _metadata(
    events: Iterable[dg.AssetMaterialization | dg.AssetObservation],
) -> dict[str, dict[str, Any]]:
    return {
        event.partition or event.asset_key.to_user_string(): {
            name: value.value for name, value in event.metadata.items()
        }
        for event in events
    }


def materialized_chunks(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps")))


def failed_chunks(instance: dg.DagsterInstance) -> set[str]:
    """Return the partitions that the asset's page shows as failed."""
    status = get_and_update_asset_status_cache_value(instance, dg.AssetKey("conflictvisitmaps"), CHUNKS)
    assert status is not None
    failed = status.deserialize_failed_partition_subsets(CHUNKS)
    return set(failed.get_partition_keys())


def observations(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """Return the metadata of the run's observations, by partition, or by asset without partitions."""
    events = result.get_asset_observation_events()
    return _metadata(event.asset_observation_data.asset_observation for event in events)


def known_chunks(instance: dg.DagsterInstance) -> list[str]:
    return sorted(instance.get_dynamic_partitions("conflict_chunks"))
