"""The command asks before it writes, and prints commands that work as printed."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflict_pipeline.cli import app
from conflict_pipeline.devtools.demo import run
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.rows import read

DEMO = ("demo", "--rows", "500", "--visits", "600", "--load-only")


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_configured_database_is_named_and_nothing_is_written_without_a_confirmation(
    empty_database: Postgres, answer: str
) -> None:
    result = CliRunner().invoke(app, DEMO, input=answer)

    assert result.exit_code == 1
    assert f"the configured database {empty_database.conninfo['dbname']} on " in result.output
    assert "Continue?" in result.output
    with empty_database.session("test") as session:
        row = session.conn.execute("SELECT to_regnamespace('conflict') AS schema").fetchone()
    assert row == {"schema": None}


def test_a_confirmation_loads_the_sample(database: Postgres) -> None:
    result = CliRunner().invoke(app, DEMO, input="y\n")

    assert result.exit_code == 0
    assert "Sample: 600 visits and 500 conflict rows" in result.output
    with database.session("test") as session:
        assert len(read(session, "conflictvisitmaps")) == 500


def test_commands_have_their_folder_where_it_is_not_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("python", "conflict-pipeline"):
        (folder / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))

    monkeypatch.setenv("PATH", "/usr/bin")
    assert run._prefix() == ".venv/bin/"

    monkeypatch.chdir("/usr")
    assert run._prefix() == f"{folder}/"

    monkeypatch.setenv("PATH", f"/usr/bin:{folder}")
    assert run._prefix() == ""
