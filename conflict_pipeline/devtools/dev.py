"""`conflict-pipeline dev`: webserver and daemon on loopback, on the configured or the embedded database."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from types import FrameType

from conflict_pipeline.cycles import set_up
from conflict_pipeline.defs.job_process import dagster_command
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import open_postgres
from conflict_pipeline.settings import Settings, dagster_home
from conflict_pipeline.snowflake.account import local_emulator

_HOST = "127.0.0.1"
_PACKAGE = Path(__file__).parents[1]
_IN_WHEEL, _IN_CHECKOUT = _PACKAGE / "workspace.yaml", _PACKAGE.parent / "workspace.yaml"


def run(port: int) -> int:
    """Run `dagster dev` until it ends or this process is signalled; returns its exit code.

    This process owns the embedded server and the Snowflake emulator, so that they outlive every run. Raises
    PipelineError, before it starts anything, if the port is taken or DAGSTER_HOME is not usable.
    """
    home = _require_home()
    _require_free(port)
    database = open_postgres(create=True)
    with database.session("dev") as session:
        if database.settings.is_local:
            set_up.apply_schema(session, loads=database.settings.loads_from_snowflake)
        schema.require(session)
    workspace = _IN_WHEEL if _IN_WHEEL.is_file() else _IN_CHECKOUT
    command = dagster_command("dev", "-w", str(workspace), "-h", _HOST, "-p", str(port))
    # A shell that starts this process in the background makes it ignore interrupts, and the child with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = {**os.environ, **_emulator(database.settings), "DAGSTER_HOME": home}
    child = subprocess.Popen(command, env=environment)  # noqa: S603

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    # The terminal sends its interrupt to both processes; this one waits until the child has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return child.wait()


def _require_home() -> str:
    home = dagster_home()
    if home is None or not (Path(home) / "dagster.yaml").is_file():
        raise PipelineError(
            "DAGSTER_HOME must be the absolute path of a folder with dagster.yaml: set it to dagster_home of "
            "the checkout, in .env."
        )
    return home


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        # As the webserver does, so that connections of an earlier one that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise PipelineError(
                f"The UI cannot listen on {_HOST}:{port} ({error.strerror}). Choose another port with --port."
            ) from None


def _emulator(settings: Settings) -> dict[str, str]:
    """Return the settings that lead to this process's emulator; without them each run starts its own."""
    if not settings.loads_from_emulator:
        return {}
    return local_emulator(settings.snowflake_emulator_folder).environment()
