"""A real engine that listens at a port with TLS: by DOCKER_TLS_VERIFY, and by a docker context made with docker."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from machines.engines import OwnEngine, clean_environment, start_engine
from machines.program import run_dockworthy
from patience import patience

pytestmark = pytest.mark.engine


def _certificate(folder: Path, name: str, *extensions: str, issuer: str = "ca") -> None:
    """NAME.pem and NAME-key.pem, issued by `issuer`, or by itself where that is its own name."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    by = [] if issuer == name else ["-CA", f"{folder}/{issuer}.pem", "-CAkey", f"{folder}/{issuer}-key.pem"]
    more = [word for extension in extensions for word in ("-addext", extension)]
    out = ["-keyout", f"{folder}/{name}-key.pem", "-out", f"{folder}/{name}.pem"]
    subprocess.run([*command, *by, *more, *out], check=True, capture_output=True, timeout=patience(60))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server of its, a client of its; and `client/` as DOCKER_CERT_PATH has it."""
    folder = tmp_path_factory.mktemp("certificates")
    _certificate(folder, "ca", issuer="ca")
    _certificate(folder, "server", "subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE")
    _certificate(folder, "client", "extendedKeyUsage=clientAuth", "basicConstraints=critical,CA:FALSE")
    (folder / "client").mkdir()
    for name, source in (("ca.pem", "ca.pem"), ("cert.pem", "client.pem"), ("key.pem", "client-key.pem")):
        (folder / "client" / name).write_bytes((folder / source).read_bytes())
    return folder


@pytest.fixture(scope="module")
def tls_engine(engines_folder: Path, certificates: Path) -> Iterator[tuple[OwnEngine, str]]:
    """The engine, and its address."""
    names = (("tlscacert", "ca"), ("tlscert", "server"), ("tlskey", "server-key"))
    flags = tuple(f"--{flag}={certificates}/{name}.pem" for flag, name in names)
    # Its network is its own: every port there is free, and the address of loopback comes after the engine.
    engine = start_engine(engines_folder / "tls", flags=("--host=tcp://0.0.0.0:2376", "--tlsverify", *flags))
    yield engine, "tcp://127.0.0.1:2376"
    engine.stop()


@pytest.fixture
def facts(tls_engine: tuple[OwnEngine, str]) -> Callable[..., CompletedProcess[str]]:
    def read(*arguments: str, **environ: str) -> CompletedProcess[str]:
        return run_dockworthy("facts", *arguments, env=environ, inside=tls_engine[0].inside)

    return read


def test_by_the_environment(
    tls_engine: tuple[OwnEngine, str], facts: Callable[..., CompletedProcess[str]], certificates: Path
) -> None:
    done = facts("--host", tls_engine[1], DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(certificates / "client"))
    engine = json.loads(done.stdout)["engine"]
    assert engine["version"]["is"] == "set", done.stderr
    assert engine["endpoint"] == tls_engine[1]


def test_by_a_context(
    tls_engine: tuple[OwnEngine, str], facts: Callable[..., CompletedProcess[str]], certificates: Path, tmp_path: Path
) -> None:
    files = ",".join(
        f"{key}={certificates}/client/{name}.pem" for key, name in (("ca", "ca"), ("cert", "cert"), ("key", "key"))
    )
    environment = {**clean_environment(), "DOCKER_CONFIG": str(tmp_path)}
    subprocess.run(
        ["docker", "context", "create", "far", "--docker", f"host={tls_engine[1]},{files}"],
        check=True,
        capture_output=True,
        env=environment,
        timeout=patience(60),
    )
    done = facts(DOCKER_CONFIG=str(tmp_path), DOCKER_CONTEXT="far")
    engine = json.loads(done.stdout)["engine"]
    assert engine["version"]["is"] == "set", done.stderr
    assert engine["endpoint"] == tls_engine[1]


def test_a_client_that_the_engine_does_not_know(
    tls_engine: tuple[OwnEngine, str], facts: Callable[..., CompletedProcess[str]], certificates: Path, tmp_path: Path
) -> None:
    _certificate(tmp_path, "stranger", issuer="stranger")
    (tmp_path / "ca.pem").write_bytes((certificates / "ca.pem").read_bytes())
    os.rename(tmp_path / "stranger.pem", tmp_path / "cert.pem")
    os.rename(tmp_path / "stranger-key.pem", tmp_path / "key.pem")
    done = facts("--host", tls_engine[1], DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(tmp_path))
    version = json.loads(done.stdout)["engine"]["version"]
    assert version["is"] == "unknown" and tls_engine[1] in version["reason"]
