"""A project with a database and files, on a real engine, as `docker compose up` starts it."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from deploy.shops import Shop
from machines.engines import OwnEngine, clean_environment
from machines.postgres import IMAGE, psql
from patience import patience

ROWS = 1000
SERVES = "[ -e /files/a ] || echo first >/files/a; trap 'exit 0' TERM; while :; do sleep 0.1; done"


class DataProject:
    """Services `db` (PostgreSQL, volume `data`) and `web` (volume `files`), in a folder of their own."""

    def __init__(self, engine: OwnEngine, folder: Path, name: str, busybox: str) -> None:
        self.engine = engine
        self.name = name
        self.shop = Shop(engine, folder, name, busybox)
        self.repository = folder / "repository"
        self.settings: dict[str, Any] = {"to": [str(self.repository)], "key": str(folder / "backup.key")}
        self.db: dict[str, Any] = {
            "image": IMAGE,
            "environment": {"POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "a:b\\c"},
            "volumes": ["data:/var/lib/postgresql/data"],
        }
        self.more: dict[str, dict[str, Any]] = {}
        """Further services."""
        self.volumes: dict[str, Any] = {"data": {}, "files": {}}
        self.deploy: dict[str, Any] = {}
        self.web: dict[str, Any] = {
            "image": busybox,
            "command": ["sh", "-c", SERVES],
            "volumes": ["files:/files"],
        }
        self.write()

    def write(self, **settings: Any) -> None:
        """Compose file and dockworthy.yaml; `settings` are added to `backup:`."""
        self.shop.compose({"db": self.db, "web": self.web, **self.more}, volumes=self.volumes)
        self.settings |= settings
        deploy = {"deploy": self.deploy} if self.deploy else {}
        self.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "backup": self.settings, **deploy})

    def up(self) -> None:
        self._compose("up", "--detach")
        ends = time.monotonic() + patience(60)
        while self.engine.docker(
            "exec", self.container("db"), "pg_isready", "-q", "-h", "127.0.0.1", "-d", "shop", check=False
        ).returncode:
            assert time.monotonic() < ends, self.engine.docker("logs", self.container("db")).stderr
            time.sleep(0.1)
        self.sql(
            f"CREATE TABLE orders (id serial PRIMARY KEY, what text); "
            f"INSERT INTO orders (what) SELECT 'order ' || n FROM generate_series(1, {ROWS}) n;"
        )

    def up_again(self) -> None:
        """With what was written since."""
        self._compose("up", "--detach")

    def down(self) -> None:
        self._compose("down", "--volumes", "--timeout", "0")

    def container(self, service: str) -> str:
        return f"{self.name}-{service}-1"

    def sql(self, sql: str) -> str:
        return psql(self.engine, self.container("db"), sql, "shop")

    def in_web(self, script: str) -> str:
        return self.engine.docker("exec", self.container("web"), "sh", "-c", script).stdout.decode().strip()

    def state(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.inspect(self.container(service))["State"]
        return found

    def leftovers(self) -> list[str]:
        """Objects, folders and databases that no command may leave."""
        docker = self.engine.docker
        lists = [
            ("ps", "-a", "--format", "{{.Names}}"),
            ("volume", "ls", "-q"),
            ("network", "ls", "--format", "{{.Name}}"),
        ]
        names = [name for each in lists for name in docker(*each).stdout.decode().split()]
        found = [name for name in names if "verify" in name]
        volumes = os.path.dirname(self.engine.inspect(f"{self.name}_files")["Mountpoint"])
        found += [each for each in os.listdir(volumes) if "restore" in each]
        databases = self.sql("SELECT datname FROM pg_database").split()
        found += [each for each in databases if each.startswith("dockworthy")]
        return found + [each for each in os.listdir(self.shop.state / "backup") if each.startswith("quiesced")]

    def dockworthy(self, *arguments: str, status: int = 0) -> str:
        """What it said. Raises AssertionError where it ends otherwise."""
        done = self.shop.dockworthy(*arguments, timeout=patience(120))
        assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _compose(self, *arguments: str) -> None:
        words = [*self.engine.inside, "docker", "compose", *arguments]
        environment = {**os.environ, "DOCKER_HOST": self.engine.endpoint}
        done = subprocess.run(words, cwd=self.shop.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def written(project: DataProject) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((project.shop.folder / "dockworthy.yaml").read_text())
    return found


def commands_of(page: str) -> list[str]:
    """What a page of `backup kit` says to type."""
    return [line.strip() for line in page.splitlines() if line.startswith("    ")]


def follow(page: str, engine: OwnEngine, folder: Path, renamed: tuple[str, str] = ("", "")) -> None:
    """Types what a page of `backup kit` says, as a person who has nothing else, in the new folder `folder`. `renamed`:
    what the page calls a container, and what the test calls it. Raises AssertionError where a command fails."""
    folder.mkdir()
    script = "\n".join(commands_of(page)).replace(*renamed)
    words = [*engine.inside, "bash", "-e", "-o", "pipefail", "-c", script]
    environment = {**clean_environment(), "DOCKER_HOST": engine.endpoint, "HOME": str(folder)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
