"""MariaDB is saved, lost and brought back, on a real engine with a real server; and what goes wrong on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machines.mariadb import IMAGE, sql

from .mariadb_projects import PASSWORD, MariadbProject, leftovers, wait_until_it_listens
from .projects import ROWS, follow

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def test_saved_lost_and_brought_back(shop: MariadbProject) -> None:
    said = " ".join(shop.dockworthy("backup").split())
    assert "mariadb-dump" in said and "nobody could write for 0." in said
    shop.sql("DROP TABLE orders; CREATE TABLE later (x int)")
    started = shop.state("db")["StartedAt"]
    plan = shop.dockworthy("restore", "data", "--dry-run")
    assert "takes the place" in plan and shop.container("web") in plan and shop.container("db") in plan
    said = shop.dockworthy("restore", "data", "--yes")
    shop.wait_until_up()
    assert shop.sql("SELECT COUNT(*) FROM orders") == str(ROWS)
    assert shop.sql("SHOW TABLES LIKE 'later'") == ""
    assert int(shop.sql("INSERT INTO orders (what) VALUES ('next') RETURNING id")) > ROWS
    assert shop.state("db")["StartedAt"] != started
    assert leftovers(shop) == []
    (snapshot,) = json.loads(shop.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    expected = snapshot["expected"]["data"]
    assert expected["databases"]["shop"]["tables"]["orders"]["rows"] == ROWS
    assert "`app`@`%`" in expected["users"] and not any("healthcheck" in each for each in expected["users"])


def test_a_drill_proves_it_and_sees_its_own_faults(shop: MariadbProject) -> None:
    shop.write(proof={"every": "7d", "asks": [{"sql": "SELECT COUNT(*) FROM orders", "at_least": ROWS}]})
    shop.sql("CREATE VIEW few AS SELECT * FROM orders WHERE id < 10")
    shop.dockworthy("backup")
    proofs = json.loads(shop.dockworthy("drill", "restore", "--format", "json").partition("\nrestoring")[0])["proofs"]
    assert [each["claim"] for each in proofs] == ["1.backup", "3.db-backup"] and all(each["passed"] for each in proofs)
    (written, *_) = (shop.shop.state / "proofs").glob("*.json")
    evidence = " ".join(json.loads(written.read_text())["evidence"])
    for says in ("1 database, 1 table, 1,000 rows", f"FROM orders: {ROWS}", "CHECK TABLE found no damage"):
        assert says in evidence
    assert "one row fewer in orders of shop" in evidence and "an empty database shop" in evidence
    assert leftovers(shop) == []


def test_the_page_is_followed_without_this_program(shop: MariadbProject, tmp_path: Path) -> None:
    shop.sql("CREATE USER seller@'%' IDENTIFIED BY 'x'; GRANT SELECT ON orders TO seller@'%'")
    shop.sql("CREATE SERVER `el se` FOREIGN DATA WRAPPER mysql OPTIONS (HOST '192.0.2.1', PASSWORD 'it''s')")
    shop.dockworthy("backup")
    page = shop.dockworthy("backup", "kit").partition("this page holds the key")[0]
    assert "shop: orders: 1,000 rows" in page
    empty, folder = f"{shop.name}-empty", tmp_path / "elsewhere"
    docker = shop.engine.docker
    docker("run", "--detach", "--name", empty, "--env", "MARIADB_ROOT_PASSWORD=other", IMAGE)
    try:
        wait_until_it_listens(shop.engine, empty)
        follow(page, shop.engine, folder, (" -i db ", f" -i {empty} "))
        assert sql(shop.engine, empty, "SELECT COUNT(*) FROM orders", "shop", password=PASSWORD) == str(ROWS)
        grants = sql(shop.engine, empty, "SHOW GRANTS FOR seller@'%'", password=PASSWORD)
        assert "GRANT SELECT ON `shop`.`orders` TO `seller`@`%`" in grants
        assert sql(shop.engine, empty, "SELECT Password FROM mysql.servers", password=PASSWORD) == "it's"
    finally:
        docker("rm", "--force", "--volumes", empty)
