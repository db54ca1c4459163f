"""Two versions of PostgreSQL in one project: each is saved, loaded and compared by its own programs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from machines.engines import OwnEngine
from machines.postgres import START, installed, psql
from machines.shop_base import shop_base

from .one_service import until
from .projects import ROWS, DataProject

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

NEWER = "dockworthy-test-postgres:newer"


@pytest.fixture
def newer(own_engine: OwnEngine, pytestconfig: pytest.Config) -> Iterator[str]:
    """That of the distribution, which the shop's images have. Returns its major version."""
    archive = shop_base(pytestconfig)
    with archive.open("rb") as content:
        own_engine.docker("import", "-", NEWER, input=content.read())
    try:
        listed = own_engine.docker("run", "--rm", NEWER, "ls", "/usr/lib/postgresql").stdout.decode()
        major = listed.strip()
        if major == installed().name:
            pytest.skip(f"the distribution's PostgreSQL is the installed one, {major}: there is no second major here")
        yield major
    finally:
        own_engine.docker("rmi", "--force", NEWER, check=False)


@pytest.fixture
def both(newer: str, project: DataProject) -> DataProject:
    """`newer` keeps its data in a folder of its volume, as the images of PostgreSQL 18 do."""
    path = f"/usr/lib/postgresql/{newer}/bin:/usr/bin:/bin"
    project.more["newer"] = {
        "image": NEWER,
        "user": "postgres",
        "command": ["sh", "-c", START.replace("$", "$$")],
        "tmpfs": ["/run/postgresql:mode=1777"],
        "environment": {"POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "other", "PATH": path},
        "volumes": ["newer:/var/lib/postgresql"],
        "stop_signal": "SIGINT",
    }
    project.volumes["newer"] = {}
    project.write()
    project.up_again()
    container = project.container("newer")
    docker = project.engine.docker
    ready = ("exec", container, "pg_isready", "-q", "-h", "127.0.0.1", "-d", "shop")
    until(lambda: docker(*ready, check=False).returncode == 0, "the newer one does not come up")
    sql = f"CREATE TABLE stock AS SELECT n FROM generate_series(1, {ROWS + 5}) n; CREATE ROLE seller LOGIN"
    psql(project.engine, container, sql, "shop")
    return project


def test_both_are_proven_and_come_back(both: DataProject, newer: str) -> None:
    def rows(service: str, table: str) -> str:
        return psql(both.engine, both.container(service), f"SELECT count(*) FROM {table}", "shop")

    both.dockworthy("backup")
    (remembered,) = (both.shop.state / "backup" / "saved").iterdir()
    saved = {each["name"]: each for each in json.loads(remembered.read_text())["run"]["data"]}
    assert saved["newer"]["version"].partition(".")[0] == newer
    assert saved["data"]["version"].partition(".")[0] == installed().name
    assert "proven" in both.dockworthy("drill", "restore")
    both.sql("DROP TABLE orders")
    psql(both.engine, both.container("newer"), "DROP TABLE stock; DROP ROLE seller", "shop")
    both.dockworthy("restore", "--yes")
    assert (rows("db", "orders"), rows("newer", "stock")) == (str(ROWS), str(ROWS + 5))
    assert psql(both.engine, both.container("newer"), "SELECT 1 FROM pg_roles WHERE rolname = 'seller'") == "1"
    assert both.leftovers() == []
