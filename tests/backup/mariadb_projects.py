"""A project with a MariaDB and files, on a real engine, as `docker compose up` starts it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from machines.engines import OwnEngine
from machines.mariadb import DATA, IMAGE, sql
from patience import patience

from .projects import ROWS, DataProject

PASSWORD = "a'b\"c\\d #$"
"""Compose reads `$$` as `$`."""


class MariadbProject(DataProject):
    """Services `db` (MariaDB, volume `data`) and `web` (volume `files`)."""

    def __init__(self, engine: OwnEngine, folder: Path, name: str, busybox: str) -> None:
        self.parts: dict[str, Any] = {"volumes": {"data": {}, "files": {}}}
        self.database: dict[str, Any] = {
            "image": IMAGE,
            "environment": {
                "MARIADB_ROOT_PASSWORD": PASSWORD.replace("$", "$$"),
                "MARIADB_DATABASE": "shop",
                "MARIADB_USER": "app",
                "MARIADB_PASSWORD": "of the app",
            },
            "volumes": [f"data:{DATA}"],
        }
        super().__init__(engine, folder, name, busybox)

    def write(self, **settings: Any) -> None:
        self.shop.compose({"db": self.database, "web": self.web}, **self.parts)
        self.settings |= settings
        self.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "backup": self.settings})

    def up(self) -> None:
        self._compose("up", "--detach")
        self.wait_until_up()
        self.sql(
            "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, what text); "
            f"INSERT INTO orders (what) SELECT CONCAT('order ', seq) FROM seq_1_to_{ROWS};"
        )

    def wait_until_up(self) -> None:
        wait_until_it_listens(self.engine, self.container("db"))

    def sql(self, statement: str, database: str = "shop", *, password: str = "") -> str:
        return sql(self.engine, self.container("db"), statement, database, password=password)


def wait_until_it_listens(engine: OwnEngine, container: str) -> None:
    """As the server does that has come to stay."""
    ends = time.monotonic() + patience(90)
    while engine.docker("exec", container, "grep", "-q", ":0CEA ", "/proc/net/tcp", check=False).returncode:
        assert time.monotonic() < ends, engine.docker("logs", container).stderr[-3000:]
        time.sleep(0.1)


def leftovers(project: MariadbProject) -> list[str]:
    """Objects and folders that no command may leave."""
    engine = project.engine
    names = engine.docker("ps", "-a", "--format", "{{.Names}}").stdout.decode().split()
    found = [name for name in names if "beside" in name or "verify" in name]
    data = os.path.dirname(engine.inspect(f"{project.name}_data")["Mountpoint"])
    found += [each for each in os.listdir(data) if "restore" in each]
    state = project.shop.state / "backup"
    found += [each for each in os.listdir(state) if each.startswith("quiesced")]
    return found + (os.listdir(state / "beside") if (state / "beside").exists() else [])
