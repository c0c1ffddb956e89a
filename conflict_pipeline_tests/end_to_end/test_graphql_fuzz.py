"""Arbitrary requests to the webserver: made-up run config and partition keys run nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.defs.jobs.asset_jobs import jobs
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.defs.test_jobs_fuzz import HOSTILE_KEYS, INJECTION, OPS, config_of
from conflict_pipeline_tests.end_to_end.dev_server import DevServer, dev_server

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

LAUNCH = """mutation ($job: String!, $config: RunConfigData!, $tags: [ExecutionTag!]) {
    launchRun(executionParams: {
        selector: {
            repositoryName: "__repository__", repositoryLocationName: "conflict_pipeline",
            jobName: $job
        },
        runConfigData: $config, executionMetadata: {tags: $tags}
    }) {
        __typename
        ... on RunConfigValidationInvalid { errors { message } }
        ... on LaunchRunSuccess { run { runId } }
        ... on PythonError { message }
    }
}"""
ROWS = """SELECT (SELECT sum(hashtextextended(cvm::text, 0)) FROM conflict.conflictvisitmaps AS cvm) AS rows,
    (SELECT count(*) FROM conflict.conflict_cycle) AS cycles,
    (SELECT count(*) FROM conflict.conflict_chunk WHERE state <> 'pending') AS chunks"""


@pytest.fixture
def dagster(sample: Postgres, dagster_home: Path, tmp_path: Path) -> Iterator[DevServer]:
    with sample.session("test") as session:
        # No cycle is due, so that only the requests of the test could write anything.
        session.conn.execute("TRUNCATE analytics.factdatarefreshstatus")
    with dev_server({"DAGSTER_HOME": str(dagster_home)}, tmp_path) as running:
        yield running


def test_made_up_config_and_keys_are_refused_and_write_nothing(sample: Postgres, dagster: DevServer) -> None:
    with sample.session("test") as session:
        before = session.conn.execute(ROWS.encode()).fetchone()

        for job, config in made_up_configs():
            answer = dagster.graphql(LAUNCH, job=job, config=config, tags=[])["launchRun"]
            assert answer["__typename"] == "RunConfigValidationInvalid", (job, config, answer)
            assert all(error["message"] for error in answer["errors"])

        runs = []
        for key in HOSTILE_KEYS:
            if "\0" in key:  # Dagster's own storage cannot hold it and answers with HTTP error 500
                continue
            tags = [{"key": "dagster/partition", "value": key}]
            answer = dagster.graphql(LAUNCH, job="process_task02_chunk", config={}, tags=tags)["launchRun"]
            # Dagster itself accepts any tag.
            assert answer["__typename"] == "LaunchRunSuccess", (key, answer)
            runs.append(str(answer["run"]["runId"]))
        assert {dagster.wait_for_run(run) for run in runs} == {"FAILURE"}

        assert session.conn.execute(ROWS.encode()).fetchone() == before
        # A plan still works.
        run.plan_cycle(session, CycleSettings(), "run")


def made_up_configs() -> Iterator[tuple[str, Any]]:
    for job in jobs:
        nonsense: list[Any] = [
            {INJECTION: INJECTION},
            {"ops": {INJECTION: {}}},
            {"ops": [1]},
            {"resources": 7},
        ]
        for config in nonsense:
            yield job.name, config
    for job_name in OPS:
        field = "force" if job_name == "process_task02_chunk" else "lookback_years"
        for value in (INJECTION, 1.5, [1], {"a": 1}, "9" * 40):
            yield job_name, config_of(job_name, {field: value})
        yield job_name, config_of(job_name, {INJECTION: 1})
