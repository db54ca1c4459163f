"""A project whose host is gone for good: only its repository and the key are left; and fresh hosts for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from machines.images import make_image
from machines.own_host import OwnHost, start_host
from machines.postgres import IMAGE, make_postgres_image
from machines.program import run_dockworthy
from machines.ssh_fixtures import Servers
from patience import patience

ROWS = 1000
WEB = "rebuild-web:1"
PROJECT = "rebuilt"
USUAL = {"DOCKWORTHY_STATE": "/var/lib/dockworthy"}
"""Where things are kept on a host that is reached over ssh."""
SERVES = "cp /run/secrets/token /motd /site.conf /www/ && exec httpd -f -p 80 -h /www"


class At:
    """A host, where an image is made."""

    def __init__(self, host: OwnHost) -> None:
        self._host = host

    def docker(self, *words: str, check: bool = True, input: bytes | None = None) -> CompletedProcess[bytes]:
        return self._host.run("docker", *words, check=check, input=input)


def compose_file() -> dict[str, Any]:
    db = {
        "image": IMAGE,
        "environment": {"POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "a:b\\c$$d"},
        "volumes": ["data:/var/lib/postgresql/data"],
        "healthcheck": {"test": ["CMD", "pg_isready", "-q", "-d", "shop"], "interval": "1s", "retries": 60},
    }
    web = {
        "image": WEB,
        "command": ["sh", "-c", SERVES],
        "depends_on": {"db": {"condition": "service_healthy"}},
        "volumes": ["./uploads:/uploads", "./site.conf:/site.conf:ro", "www:/www"],
        "secrets": ["token"],
        "configs": [{"source": "motd", "target": "/motd"}],
        "ports": ["127.0.0.1:8088:80"],
        "stop_grace_period": "1s",
    }
    return {
        "name": PROJECT,
        "services": {"db": db, "web": web},
        "volumes": {"data": {}, "www": {}},
        "secrets": {"token": {"file": "./token.txt"}},
        "configs": {"motd": {"file": "./motd.txt"}},
    }


@dataclass
class Lost:
    """`folder`: where its project lay; `repository` and `key` are what is left. `images`: name -> id."""

    folder: Path
    repository: Path
    key: Path
    images: dict[str, str]


@pytest.fixture(scope="module")
def lost(engines_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    """Made on a host of its own, of which nothing is there any more."""
    place = tmp_path_factory.mktemp("lost")
    made = Lost(place / "project", place / "repository", place / "key", {})
    folder = made.folder
    (folder / "uploads" / "of users").mkdir(parents=True)
    (folder / "uploads" / "of users" / "photo").write_bytes(os.urandom(200_000))
    os.chown(folder / "uploads" / "of users", 1000, 1000)
    for name, text in (("token.txt", "s3cret"), ("motd.txt", "hello"), ("site.conf", "site\n")):
        (folder / name).write_text(text)
    (folder / "token.txt").chmod(0o400)
    (folder / "compose.yaml").write_text(yaml.safe_dump(compose_file()))
    settings = {"backup": {"to": [str(made.repository)]}, "policy": {"level": "baseline"}}
    (folder / "dockworthy.yaml").write_text(yaml.safe_dump(settings))
    host = start_host(engines_folder / "rebuild-lost")
    try:
        host.start_engine()
        make_postgres_image(At(host))  # type: ignore[arg-type]
        make_image(At(host), WEB)  # type: ignore[arg-type]
        inside = (*host.inside, "env", "-C", str(folder))
        up = subprocess.run([*inside, "docker", "compose", "up", "--detach"], capture_output=True, text=True)
        assert up.returncode == 0, up.stderr
        sql(host, f"CREATE TABLE orders AS SELECT n, md5(n::text) FROM generate_series(1, {ROWS}) n")
        done = run_dockworthy("backup", inside=inside, env=USUAL, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        made.images = {
            name: host.docker("image", "inspect", "-f", "{{.Id}}", name).stdout.decode().strip()
            for name in (IMAGE, WEB)
        }
        made.key.write_text(host.read("/etc/dockworthy/backup.key"))
    finally:
        host.stop()
    shutil.rmtree(folder)
    yield made
    shutil.rmtree(folder, ignore_errors=True)


def sql(host: OwnHost, text: str) -> str:
    words = ("docker", "exec", "-i", f"{PROJECT}-db-1", "psql", "-XqAt", "-U", "postgres", "-d", "shop", "-c", text)
    ends = time.monotonic() + patience(60)
    while (done := host.run(*words, check=False)).returncode and time.monotonic() < ends:
        time.sleep(0.2)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@dataclass
class Fresh:
    """A host that has nothing; `address`: over ssh, from a desk in its network, whose folder has no file."""

    host: OwnHost
    address: str
    desk: Path

    @property
    def inside(self) -> tuple[str, ...]:
        first = self.host.inside[1]  # of its network alone: the desk's files are this machine's
        return ("nsenter", first, "--net", "env", "-C", str(self.desk))

    def restore(self, lost: Lost, *words: str, status: int = 0) -> str:
        """Of the repository and the key alone. What it said."""
        done = run_dockworthy(*self.words(lost, *words), inside=self.inside, env=self.environment, timeout=180)
        assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
        return " ".join((done.stdout + done.stderr).split())

    def words(self, lost: Lost, *words: str) -> tuple[str, ...]:
        given = ("--from", str(lost.repository), "--project", PROJECT, "--key", str(lost.key))
        return ("restore", "--on", self.address, *given, *words)

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"]}

    def has(self, lost: Lost) -> list[str]:
        """What of the project is there."""
        lists = [
            ("ps", "--all", "--format", "{{.Names}}"),
            ("volume", "ls", "--quiet"),
            ("image", "ls", "--quiet"),
            ("network", "ls", "--format", "{{.Name}}", "--filter", "type=custom"),
        ]
        found = [name for words in lists for name in self.host.docker(*words).stdout.decode().split()]
        paths = (str(lost.folder), f"/var/lib/dockworthy/releases/{PROJECT}", "/etc/dockworthy/backup.key",
                 f"/var/lib/dockworthy/backup/rebuilding-{PROJECT}.json")  # fmt: skip
        return found + [path for path in paths if not self.host.run("test", "-e", path, check=False).returncode]


@pytest.fixture
def fresh(engines_folder: Path, serve: Servers, lost: Lost, tmp_path: Path, request: Any) -> Iterator[Fresh]:
    number = abs(hash(request.node.name)) % 10_000
    host = start_host(engines_folder / f"rebuild-fresh-{number}")
    try:
        host.start_engine()
        host.run("mkdir", "-p", "/run/sshd")
        server = serve(inside=host.inside)
        desk = tmp_path / "desk"
        desk.mkdir()
        yield Fresh(host, server.address(), desk)
    finally:
        host.stop()
        shutil.rmtree(lost.folder, ignore_errors=True)
