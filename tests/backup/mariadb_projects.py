"""A project with a MariaDB and files, on a real engine, as `docker compose up` starts it."""

from __future__ import annotations

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

    def __init__(self, engine: OwnEngine, folder: Path, name: str, busybox: str, **database: Any) -> None:
        self.database: dict[str, Any] = {
            "image": IMAGE,
            "environment": {
                "MARIADB_ROOT_PASSWORD": PASSWORD.replace("$", "$$"),
                "MARIADB_DATABASE": "shop",
                "MARIADB_USER": "app",
                "MARIADB_PASSWORD": "of the app",
            },
            "volumes": [f"data:{DATA}"],
            **database,
        }
        super().__init__(engine, folder, name, busybox)

    def write(self, **settings: Any) -> None:
        self.shop.compose({"db": self.database, "web": self.web}, volumes={"data": {}, "files": {}})
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
