"""TLS with `verify-full`: a valid certificate is accepted, each fault is refused with its own message."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.devtools.demo.sample import load_sample
from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.postgres import roles
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.roles import DAGSTER, OWNER, WORKER
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.end_to_end.conftest import SIZE
from conflict_pipeline_tests.end_to_end.processes import run_job, start, start_job
from conflict_pipeline_tests.end_to_end.tables import expected_redetect_counts, redetect_counts
from conflict_pipeline_tests.end_to_end.tls_server import TlsServer, tls_server

__all__ = ["run_job", "start", "start_job", "tls_server"]  # fixtures

# These tests need the system's Postgres, which few machines have.
pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

As = Callable[..., Postgres]


@pytest.fixture
def connect(tls_server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> As:
    """`connect(WORKER, POSTGRES_SSLMODE="…")` points the settings at the server, without connecting."""

    def point(user: str, database: str = "conflicts", **variables: str) -> Postgres:
        for name, value in {**tls_server.variables(database, user), **variables}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        return open_postgres()

    return point


@pytest.fixture(autouse=True)
def _restore(tls_server: TlsServer) -> Iterator[None]:
    yield
    with tls_server.administrator() as conn:
        conn.execute("ALTER SYSTEM RESET ssl")
    tls_server.show(tls_server.authority.certify())


def refusal(database: Postgres) -> str:
    with pytest.raises(PipelineError) as error, database.session("test"):
        pass
    assert not isinstance(error.value, UnreachableError)
    assert "\n" not in str(error.value)
    assert ROLE_PASSWORD not in str(error.value).split()
    return str(error.value).partition(f"{database.conninfo['port']}: ")[2]


def test_a_whole_cycle_as_the_worker(
    tls_server: TlsServer, connect: As, run_job: Callable[..., str], dagster_home: Path
) -> None:
    with tls_server.administrator() as conn:
        conn.execute("CREATE DATABASE conflicts")
    administrator = {"POSTGRES_HOST": str(tls_server.folder), "POSTGRES_SSLMODE": "prefer"}
    with connect("postgres", **administrator).session("administrator") as session:
        roles.create_roles(session)
        for role in roles.ROLES:
            session.conn.execute(f"ALTER ROLE {role} PASSWORD '{ROLE_PASSWORD}'".encode())
    with connect(OWNER).session("owner") as session:
        apply_schema(session, loads=False)
        counts = load_sample(session, SIZE, datetime.now(UTC).date())

    dagster_user = {"DAGSTER_POSTGRES_USER": DAGSTER, "DAGSTER_POSTGRES_PASSWORD": ROLE_PASSWORD}
    worker = connect(WORKER, **dagster_user)
    run_job("test_postgres")
    run_job("conflict_report")

    with worker.session("test") as session:
        server = session.one("schema/select_server")
        assert (server["user_name"], server["tls"]) == (WORKER, True)
        cycle = ledger.require_cycle(session)
    assert cycle.state == "completed"
    assert redetect_counts(cycle) == expected_redetect_counts(counts)
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        assert len(instance.get_runs()) == 2
    with tls_server.administrator("conflicts") as conn:
        owners = conn.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'dagster'")
        assert owners.fetchall() == [(DAGSTER,)]


def test_a_certificate_of_another_authority(tls_server: TlsServer, connect: As) -> None:
    root = tls_server.stranger.root

    message = refusal(connect(WORKER, POSTGRES_SSLROOTCERT=str(root)))

    assert message == (
        f"its certificate has expired, or is not signed by one in {root} (POSTGRES_SSLROOTCERT); "
        "POSTGRES_SSLMODE=verify-full requires a valid one."
    )


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_an_expired_certificate(tls_server: TlsServer, connect: As, mode: str) -> None:
    tls_server.show(tls_server.authority.certify(ends_in=timedelta(hours=-1)))

    message = refusal(connect(WORKER, POSTGRES_SSLMODE=mode))

    assert message.startswith("its certificate has expired, or is not signed by one in")
    assert message.endswith(f"POSTGRES_SSLMODE={mode} requires a valid one.")


def test_a_certificate_for_another_host(tls_server: TlsServer, connect: As) -> None:
    tls_server.show(tls_server.authority.certify("db.example.org"))

    message = refusal(connect(WORKER))

    assert message == (
        "its certificate is for db.example.org, another host. Set POSTGRES_HOST to a name in the certificate."
    )


def test_a_plain_connection_to_a_server_that_requires_encryption(connect: As) -> None:
    assert refusal(connect(WORKER, POSTGRES_SSLMODE="disable")) == (
        "it accepts encrypted connections only, not POSTGRES_SSLMODE=disable. Set it to verify-full."
    )


def test_a_server_without_tls(tls_server: TlsServer, connect: As) -> None:
    with tls_server.administrator() as conn:
        conn.execute("ALTER SYSTEM SET ssl = off")
    tls_server.reload()

    assert refusal(connect(WORKER)) == (
        "it does not offer TLS, and POSTGRES_SSLMODE=verify-full requires it. Turn on ssl on the server."
    )


def test_no_root_certificate(connect: As, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    message = refusal(connect(WORKER, POSTGRES_SSLROOTCERT=""))

    assert message == (
        "POSTGRES_SSLMODE=verify-full needs trusted root certificates, and "
        f"{tmp_path}/.postgresql/root.crt does not exist. Set POSTGRES_SSLROOTCERT (on RDS to AWS's bundle, "
        "global-bundle.pem)."
    )


def test_a_file_without_a_certificate(connect: As, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing\n")

    message = refusal(connect(WORKER, POSTGRES_SSLROOTCERT=str(tmp_path / "empty.pem")))

    assert message == f"{tmp_path}/empty.pem contains no certificate. Check POSTGRES_SSLROOTCERT."


def test_dagsters_storage_checks_the_certificate_too(
    tls_server: TlsServer, connect: As, dagster_home: Path
) -> None:
    connect(WORKER, POSTGRES_SSLROOTCERT=str(tls_server.stranger.root))

    with pytest.raises(PipelineError, match="is not signed by one in"):
        dg.DagsterInstance.from_config(str(dagster_home))
