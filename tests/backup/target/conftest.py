"""A host that keeps backups, and one that is backed up: each with root, accounts and a state of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dockworthy.backup.repository import Repository
from dockworthy.backup.repository_place import StorePlace
from dockworthy.engine.host_shell import HostShell
from machines.engines import clean_environment
from machines.own_host import OwnHost, start_host
from machines.program import run_dockworthy
from machines.reachable import make_reachable
from machines.ssh_servers import Clients, SshServer, start_ssh_server
from patience import patience


@dataclass
class Vault:
    """`stores`: the folder of all of them on the vault. The backed-up host is this machine, with a state of its own in
    `folder`."""

    folder: Path
    host: OwnHost
    server: SshServer
    stores: Path
    clients: Clients
    environment: dict[str, str] = field(repr=False)

    @property
    def store(self) -> Path:
        """As this machine sees it: the vault's files are here, too."""
        return self.stores / "shop"

    @property
    def place(self) -> StorePlace:
        return StorePlace("backup-shop", "127.0.0.1", str(self.store), self.server.port)

    @property
    def keeper(self) -> str:
        return "/var/lib/dockworthy/store/shop"

    def target(self, *arguments: str, name: str = "shop", state: str = "") -> subprocess.CompletedProcess[str]:
        """`dockworthy backup target` as root of the backed-up host calls it."""
        own = {"DOCKWORTHY_STATE": f"{self.folder}/{state}"} if state else {}
        words = ("--path", str(self.stores), "--name", name, "--address", f"127.0.0.1:{self.server.port}")
        return run_dockworthy(
            "backup", "target", self.server.address(), *words, "--policy", f"{self.folder}/dockworthy.yaml", *arguments,
            env={**self.environment, **own}, timeout=240,
        )  # fmt: skip

    def repository(self, shell: HostShell) -> Repository:
        return Repository(shell, self.place.written, f"{self.folder}/key", f"{self.folder}/state")

    def run(self, *argv: str, input: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """As root on the backed-up host."""
        done = subprocess.run(
            [*argv], input=input, capture_output=True, timeout=patience(120),
            env=clean_environment(**self.environment),
        )  # fmt: skip
        if check:
            assert done.returncode == 0, f"{argv}: {done.stdout.decode()}{done.stderr.decode(errors='replace')}"
        return done

    def restic(self, *words: str, check: bool = True, input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """By the command that the host keeps for people."""
        return self.run("sh", f"{self.here}/restic", *words, check=check, input=input)

    @property
    def here(self) -> Path:
        """What the backed-up host keeps of the store."""
        [found] = [file.parent for file in (self.folder / "state" / "backup").glob("*/ssh_key")]
        return found

    def keep(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return self.host.run("sh", f"{self.keeper}/keep", *words, check=False)

    def files(self) -> dict[str, bytes]:
        """All of the repository but locks: path -> content."""
        repository = self.store / "repository"
        return {
            str(file.relative_to(repository)): file.read_bytes()
            for file in repository.rglob("*")
            if file.is_file() and file.parent.name != "locks"
        }


@pytest.fixture
def made(vault: Vault) -> Vault:
    """Its store is made."""
    done = vault.target("--yes")
    assert done.returncode == 0, done.stderr
    return vault


@pytest.fixture
def vault(engines_folder: Path, tmp_path: Path, request: pytest.FixtureRequest, clients: Clients) -> Iterator[Vault]:
    if shutil.which("rclone") is None:
        pytest.skip("rclone is not installed")
    host = start_host(engines_folder / f"vault-{request.node.name[:30]}")
    stores = make_reachable("dockworthy-test-stores-")
    try:
        host.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        host.run("mkdir", "-p", "/etc/cron.d", "/run/sshd")
        host.run("usermod", "--shell", "/bin/sh", "root")  # what this machine's root has in their profile is theirs
        # in the test's own network, and otherwise on the vault
        inside = tuple(word for word in host.inside if word != "--net")
        settings = getattr(request, "param", "").format(stores=stores).splitlines()
        server = start_ssh_server("vault", clients, inside=inside, own_keys=True, for_others=settings)
        clients.know(server)
        environment = {
            "DOCKWORTHY_STATE": f"{tmp_path}/state",
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",
            "PATH": os.environ["PATH"],
        }
        (tmp_path / "dockworthy.yaml").write_text(f"backup: {{key: {tmp_path}/key}}\n")
        yield Vault(tmp_path, host, server, stores, clients, environment)
        server.stop()
    finally:
        host.stop()
        shutil.rmtree(stores, ignore_errors=True)
