"""What a MariaDB can hold comes back as it was: odd names, every type, objects, accounts; and what was written while it
was saved is there in part, of one state."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .mariadb_projects import MariadbProject, leftovers

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

ODD = "odd `db ü;"
CONTENTS = (Path(__file__).parent / "odd_contents.sql").read_text()
NAMES = """SELECT IF(User = 'PUBLIC', 'PUBLIC', CONCAT('`', REPLACE(User, '`', '``'), '`', IF(is_role = 'Y', '',
CONCAT('@`', Host, '`')))) FROM mysql.user WHERE User NOT IN ('healthcheck', 'mariadb.sys') AND LENGTH(Host) <> 12"""


def expected_of(shop: MariadbProject) -> dict[str, Any]:
    snapshots = json.loads(shop.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    found: dict[str, Any] = max(snapshots, key=lambda each: each["taken"])["expected"]["data"]
    return found


def accounts_of(shop: MariadbProject) -> list[str]:
    """What the server says of each, but for that of the container's own name, which it lets nobody use."""
    shown = [
        f"{f'SHOW CREATE USER {name};' if '@`' in name else ''} SHOW GRANTS FOR {name};"
        for name in shop.sql(NAMES).splitlines()
    ]
    # MariaDB keeps the name of such a routine's database in other letters (seen with 11.8).
    return sorted(shop.sql("".join(shown)).replace("Ã¼", "ü").splitlines())


def test_all_that_it_holds(shop: MariadbProject) -> None:
    shop.sql(CONTENTS)
    shop.sql("ALTER EVENT ev DISABLE", ODD)
    shop.sql("CREATE TABLE gone (id int); GRANT SELECT ON gone TO app@'%'; DROP TABLE gone")
    asked = "SELECT * FROM t; SELECT * FROM vers FOR SYSTEM_TIME ALL; SELECT MD5(b) FROM blobs;"
    asked = asked.replace(" t;", " `t ``a\"'é\nline`;")
    before, accounts = shop.sql(asked, ODD), accounts_of(shop)
    events = shop.sql("SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS ORDER BY 1")
    said = " ".join(shop.dockworthy("backup", status=10).split())
    assert "saves no events where the name of a database has a quote: quote's" in said
    shop.sql("DROP DATABASE `quote's`")
    said = " ".join(shop.dockworthy("backup").split())
    assert "nobody can write to tables without transactions: odd `db ü;.ar (aria)" in said
    found = expected_of(shop)["databases"][ODD]
    objects = {"tables": 11, "views": 3, "sequences": 1, "triggers": 1, "functions": 1, "procedures": 1, "events": 2}
    assert objects.items() <= found["objects"].items() and found["objects"]["foreign keys"] == 1
    assert found["tables"]["vers"]["rows"] == 3, "older rows count, too"
    assert found["tables"]["big"]["rows"] == 100_000 and found["sequences"]["sq"] > 5
    shop.sql(
        "DROP DATABASE `odd ``db ü;`; DROP USER 'a b'@'%', un@localhost, exp@localhost; DROP ROLE r1; "
        "CREATE USER intruder@'%' IDENTIFIED BY 'x'; GRANT ALL ON *.* TO intruder@'%'; DROP DATABASE shop"
    )
    said = " ".join(shop.dockworthy("restore", "data", "--yes").split())
    assert "rights to what was gone already are left out" in said and "shop.gone" in said
    shop.wait_until_up()
    assert shop.sql(asked, ODD) == before
    differ = sorted(set(accounts_of(shop)) ^ set(accounts))
    assert differ == ["GRANT SELECT ON `shop`.`gone` TO `app`@`%`"]
    assert shop.sql("SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS ORDER BY 1") == events
    assert shop.sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'intruder'") == "0"
    assert shop.sql("SELECT COUNT(*) FROM a0; SELECT fn(1); SELECT NEXTVAL(sq) > 5", ODD) == "1\n2\n1"
    assert leftovers(shop) == []


class Writers:
    """Moves amounts between two tables, one of them for each transaction, until the end of the block."""

    def __init__(self, shop: MariadbProject, write: Callable[[MariadbProject], object]) -> None:
        self._shop, self._write = shop, write
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(2)]

    def _run(self) -> None:
        while not self._ends.is_set():
            self._write(self._shop)

    def __enter__(self) -> None:
        for each in self._threads:
            each.start()

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for each in self._threads:
            each.join()


def move(shop: MariadbProject) -> None:
    one = "START TRANSACTION; UPDATE a SET n = n - 1 WHERE id = {0}; UPDATE b SET n = n + 1 WHERE id = {0}; COMMIT;"
    shop.sql("".join(one.format(number % 500 + 1) for number in range(3000)))
    shop.sql("INSERT INTO log (what) SELECT CONCAT('moved ', seq) FROM seq_1_to_50")


@pytest.mark.timeout(600)
def test_what_is_written_meanwhile_is_there_in_part_of_one_state(shop: MariadbProject) -> None:
    shop.sql(
        "CREATE TABLE a (id int PRIMARY KEY, n int, t text); CREATE TABLE b (id int PRIMARY KEY, n int, t text);"
        "INSERT INTO a SELECT seq, 1000, REPEAT('x', 2000) FROM seq_1_to_5000; "
        "INSERT INTO b SELECT seq, 0, REPEAT('y', 2000) FROM seq_1_to_5000; "
        "CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what text);"
    )
    with Writers(shop, move):
        for _ in range(4):
            shop.dockworthy("backup")
    snapshots = json.loads(shop.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    assert len({each["expected"]["data"]["databases"]["shop"]["tables"]["a"]["sum"] for each in snapshots}) == 4
    for snapshot in snapshots:  # the dump is compared with what the other session saw: of the same state
        said = shop.dockworthy("restore", "data", "--at", snapshot["id"], "--yes")
        assert "restored" in said
        shop.wait_until_up()
        assert shop.sql("SELECT (SELECT SUM(n) FROM a) + (SELECT SUM(n) FROM b)") == "5000000"
        assert int(shop.sql("SELECT SUM(n) FROM b")) > 0
