"""A step that is declared in one module is asset, op, check, grant and line of status, and resumes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from types import ModuleType

import dagster as dg
import pytest

from conflict_pipeline import statements, steps
from conflict_pipeline.cycles import ledger, set_up, summary
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.roles import WORKER
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import materializations, observations
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.small_cycles import world
from conflict_pipeline_tests.steps import proof

__all__ = ["world"]  # fixture

CONFIG = {"lookback_years": 50, "target_chunk_size": 1, "max_chunk_size": 1}
SQL = Path(__file__).parent / "proof_sql"
TABLE = "conflict,conflict_proof,cycle_id,1,integer,NO,PK,\nconflict,conflict_proof,marked,2,bigint,YES,,\n"


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The step stands in STEPS, its SQL beside that of the others, and its table in tables.csv."""
    folder = tmp_path / "sql"
    copytree(statements.SQL_FOLDER, folder)
    copytree(SQL, folder / "steps" / "conflict_proof")
    with (folder / "schema" / "tables.csv").open("a", encoding="utf-8") as file:
        file.write(TABLE)
    for module in (statements, tables):
        monkeypatch.setattr(module, "SQL_FOLDER", folder)
    monkeypatch.setattr(steps, "STEPS", (*steps.STEPS, proof.STEP))
    tables.all_tables.cache_clear()
    yield
    tables.all_tables.cache_clear()


@pytest.fixture
def definitions(declared: None) -> Iterator[dg.Definitions]:
    """The code location, loaded again with the step."""
    kept = {name: module for name, module in sys.modules.items() if _is_of_defs(name)}
    _forget()
    from conflict_pipeline.definitions import defs  # noqa: PLC0415

    dg.Definitions.validate_loadable(defs)
    yield defs
    _forget()
    sys.modules.update(kept)


def _is_of_defs(name: str) -> bool:
    return name == "conflict_pipeline.definitions" or name.startswith("conflict_pipeline.defs")


def _forget() -> None:
    modules: dict[str, ModuleType] = sys.modules
    for name in [name for name in modules if _is_of_defs(name)]:
        del modules[name]


@pytest.fixture
def table(declared: None, session: Session) -> list[str]:
    """What `schema apply` does for the step."""
    return set_up.apply_schema(session, loads=False)


def run_cycle(definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return definitions.resolve_job_def("conflict_report").execute_in_process(
        run_config=CONFIG, instance=instance, raise_on_error=False
    )


def test_it_is_an_asset_with_its_deps_and_its_check(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    node = graph.get(dg.AssetKey("conflict_proof"))

    assert node.group_name == "proof"
    assert {key.to_user_string() for key in node.parent_keys} == {"conflictvisitmaps", "mph"}
    assert {key.to_user_string() for key in node.child_keys} == {"conflict_report"}
    assert "conflict_proof_marks_are_few" in {key.name for key in graph.asset_check_keys}


def test_it_is_an_op_between_chunks_and_end_of_the_whole_cycle(definitions: dg.Definitions) -> None:
    ops = [node.name for node in definitions.resolve_job_def("conflict_report").nodes_in_topological_order]

    assert ops[-3:] == ["process_chunks", "conflict_proof", "close_cycle"]
    finish = definitions.resolve_job_def("finish_cycle")
    assert dg.AssetKey("conflict_proof") in finish.asset_layer.executable_asset_keys


def test_it_runs_in_a_cycle_and_its_counts_are_shown(
    definitions: dg.Definitions, instance: dg.DagsterInstance, world: Session, table: list[str]
) -> None:
    result = run_cycle(definitions, instance)

    assert result.success
    assert [row["marked"] for row in read(world, "conflict_proof")] == [2]
    cycle = ledger.require_cycle(world)
    assert cycle.counts["conflict_proof"] == {"counted": 1}
    assert ("  counted", "1") in summary.cycle_lines(cycle)
    (recorded,) = [
        event.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey("conflict_proof")
    ]
    assert recorded.metadata["conflict_proof/counted"].value == 1
    checks = {outcome.check_name: outcome.passed for outcome in result.get_asset_check_evaluations()}
    assert checks["conflict_proof_marks_are_few"] is True


@pytest.mark.parametrize("is_known", [True, False], ids=["known to Dagster", "unknown to Dagster"])
def test_a_resumed_cycle_does_not_run_it_again_and_materializes_it_only_if_dagster_does_not_know_it(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    world: Session,
    table: list[str],
    is_known: bool,
) -> None:
    world.conn.execute(
        """CREATE FUNCTION conflict.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON conflict.conflict_cycle
        FOR EACH ROW WHEN (new.state = 'completed') EXECUTE FUNCTION conflict.refuse()"""
    )
    assert not run_cycle(definitions, instance).success
    world.conn.execute("DROP FUNCTION conflict.refuse CASCADE")

    if not is_known:
        instance.wipe()

    result = run_cycle(definitions, instance)

    assert result.success
    assert ("conflict_proof" in materializations(result)) == (not is_known)
    assert ("conflict_proof" in observations(result)) == is_known
    assert len(read(world, "conflict_proof")) == len(read(world, "conflict_cycle")) == 1


def test_its_table_is_created_and_the_worker_may_write_it(
    server_roles: None, database: Postgres, table: list[str], session: Session
) -> None:
    held = session.conn.execute(
        "SELECT has_table_privilege(%s, 'conflict.conflict_proof', 'INSERT') AS may_insert", [WORKER]
    ).fetchone()

    assert held == {"may_insert": True}
    assert "created table conflict.conflict_proof" in table
