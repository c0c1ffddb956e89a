"""A server that accepts encrypted connections only, and its certificates.

It is the system's Postgres, run by a user other than root, because the embedded server is built without TLS.
"""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conflict_pipeline_tests.conftest import ROLE_PASSWORD

HOST = "localhost"
ADMINISTRATOR = "postgres"
HBA = "local all all trust\nhostssl all all samehost scram-sha-256\n"


class Authority:
    """Signs certificates of servers; `root` is its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        own = _builder(self._name, self._name, self._key.public_key(), timedelta(days=1))
        is_authority = x509.BasicConstraints(ca=True, path_length=None)
        certificate = own.add_extension(is_authority, critical=True)
        self.root = folder / f"{name}.pem"
        self.root.write_bytes(
            certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def certify(self, host: str = HOST, ends_in: timedelta = timedelta(days=1)) -> tuple[bytes, bytes]:
        """A certificate for `host`, and its private key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host == HOST:
            names.append(x509.IPAddress(ip_address("127.0.0.1")))
        certificate = (
            _builder(_name(host), self._name, key.public_key(), ends_in)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return (
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )


@dataclass(frozen=True)
class TlsServer:
    """`authority` has signed its certificate; a stranger has not."""

    folder: Path
    port: int
    authority: Authority
    stranger: Authority

    def administrator(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), port=self.port, user=ADMINISTRATOR, dbname=database, autocommit=True
        )

    def variables(self, database: str, user: str) -> dict[str, str]:
        """The settings of a valid connection."""
        return {
            "POSTGRES_HOST": HOST,
            "POSTGRES_PORT": str(self.port),
            "POSTGRES_DATABASE": database,
            "POSTGRES_USER": user,
            "POSTGRES_PASSWORD": ROLE_PASSWORD,
            "POSTGRES_SSLMODE": "verify-full",
            "POSTGRES_SSLROOTCERT": str(self.authority.root),
        }

    def show(self, certificate: tuple[bytes, bytes]) -> None:
        """Show this certificate to new connections."""
        self.put(certificate)
        self.reload()

    def put(self, certificate: tuple[bytes, bytes]) -> None:
        for name, content in zip(("server.crt", "server.key"), certificate, strict=True):
            path = self.folder / "data" / name
            path.write_bytes(content)
            path.chmod(0o600)
            _give(path)

    def reload(self) -> None:
        log = self.folder / "log"
        before = log.read_text().count("reloading configuration files")
        with self.administrator() as conn:
            conn.execute("SELECT pg_reload_conf()")
        while log.read_text().count("reloading configuration files") == before:
            pass


@pytest.fixture(scope="module")
def tls_server() -> Iterator[TlsServer]:
    with TemporaryDirectory(prefix="conflict_pipeline_") as name:
        folder = Path(name)
        _give(folder)
        installed = Path("/usr/lib/postgresql").glob("*/bin")
        binaries = max(installed, key=lambda path: int(path.parent.name))
        data = folder / "data"
        initdb = (binaries / "initdb", "-D", data, "-U", ADMINISTRATOR)
        _run(*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
        server = TlsServer(folder, _free_port(), authority, stranger)
        (data / "pg_hba.conf").write_text(HBA)
        with (data / "postgresql.conf").open("a") as file:
            file.write("ssl = on\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
        server.put(authority.certify())
        options = f"-h {HOST} -p {server.port} -k {folder}"
        _run(binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-s", "-w", "-o", options, "start")
        yield server
        _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-s", "stop")


def _run(*command: str | Path) -> None:
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
    subprocess.run(command, user=user, group=group, cwd="/", check=True, stdout=subprocess.DEVNULL)


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, "nobody")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends_in: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + ends_in)
    )
