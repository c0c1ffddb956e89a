"""`conflict-pipeline dev`: webserver and daemon on loopback, on the configured or the embedded database."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from conflict_pipeline.cycles import set_up
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import open_postgres
from conflict_pipeline.settings import Settings, dagster_home
from conflict_pipeline.snowflake.account import local_emulator


def run(port: int) -> int:
    """Run `dagster dev` until it ends or this process is told to; returns its exit code.

    This process owns the embedded server and the Snowflake emulator, so that they outlive every run.
    """
    home = dagster_home()
    if home is None or not (Path(home) / "dagster.yaml").is_file():
        raise PipelineError(
            "DAGSTER_HOME must be the absolute path of a folder with dagster.yaml: set it to dagster_home of "
            "the checkout, in .env."
        )
    database = open_postgres()
    with database.session("dev") as session:
        if database.settings.postgres_host is None:
            set_up.apply_schema(session, loads=database.settings.loads_from_snowflake)
        schema.require(session)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "conflict_pipeline.definitions"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    # Started in the background of a script, this process would ignore interrupts, and the child with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = {**os.environ, **_emulator(database.settings), "DAGSTER_HOME": home}
    child = subprocess.Popen(command, env=environment)  # noqa: S603

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    # The terminal sends its interrupt to both; this process waits for the other's orderly end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return child.wait()


def _emulator(settings: Settings) -> dict[str, str]:
    """The settings that lead to the emulator, where runs would start one each."""
    if not settings.loads_from_emulator:
        return {}
    return local_emulator(settings.snowflake_emulator_folder).environment()
