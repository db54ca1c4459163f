"""What the client of MariaDB and MySQL prints is read, and what is asked and loaded is written so that odd names stay
names."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as some
import pytest
from hypothesis import given
from msgspec import structs

from dockworthy.backup.mariadb_contents import (
    FIRST,
    LARGE,
    Catalog,
    FoundTable,
    accounts_as_sql,
    accounts_shown,
    asked_of_accounts,
    catalog_in,
    found_tables,
    is_kept_by_itself,
    may_flush,
    questions,
    quoted,
    rows_in,
    rows_to_sum,
    server_parts_as_sql,
    unchanged,
)

_CODES = {"\n": "\\n", "\t": "\\t", "\0": "\\0", "\\": "\\\\"}


def table(name: str = "orders", **more: Any) -> FoundTable:
    plain: dict[str, Any] = {
        "database": "shop",
        "engine": "innodb",
        "bytes": 1,
        "versioned": False,
        "columns": (("id", "int"), ("what", "text")),
        "key": ("id",),
    }
    return FoundTable(name=name, **{**plain, **more})


@given(some.lists(some.lists(some.text(some.characters(exclude_characters="\r")), min_size=2), max_size=4))
def test_rows_are_read_as_they_are(rows: list[list[str]]) -> None:
    printed = "".join(
        "\t".join("".join(_CODES.get(letter, letter) for letter in value) for value in row) + "\n" for row in rows
    )
    assert rows_in(printed) == rows


def test_a_catalogue_is_read() -> None:
    rows = [
        ["database", "shop"],
        ["table", "shop", "orders", "BASE TABLE", "innodb", "12"],
        ["table", "shop", "old", "SYSTEM VERSIONED", "innodb", "0"],
        ["table", "shop", "v", "VIEW", "", "0"],
        ["table", "shop", "s", "SEQUENCE", "innodb", "0"],
        ["table", "#mysql50#lost+found", "x", "BASE TABLE", "myisam", "0"],
        ["column", "shop", "orders", "id", "int"],
        ["key", "shop", "orders", "id"],
        ["objects", "shop", "triggers", "2"],
    ]
    found = catalog_in(rows)
    assert found.databases == ("shop",) and found.sequences == (("shop", "s"),)
    assert found.tables == (
        FoundTable("shop", "orders", "innodb", 12, False, (("id", "int"),), ("id",)),
        FoundTable("shop", "old", "innodb", 0, True, (), ()),
    )
    assert found.objects == {"shop": {"tables": 2, "views": 1, "sequences": 1, "triggers": 2}}


def test_large_tables_are_summed_up_over_their_first_rows_and_answers_are_put_together() -> None:
    tables = (table(), table("large", bytes=LARGE), table("no key", bytes=LARGE, key=()))
    first = rows_to_sum(tables)
    assert first == {("shop", "large"): FIRST, ("shop", "no key"): 0}
    asked = questions(tables, first, history=True).splitlines()
    assert asked[0] == "SAVEPOINT dockworthy;" and asked[2] == "ROLLBACK TO SAVEPOINT dockworthy;"
    assert asked[1].startswith("SELECT 0, COUNT(*), ") and asked[1].endswith(" FROM `shop`.`orders`;")
    assert "ORDER BY `id` LIMIT 10000" in asked[3] and asked[5] == "SELECT 2, COUNT(*), 0 FROM `shop`.`no key`;"
    found = found_tables(tables, [["0", "3", "9"], ["1", "7", "8"]], first)
    assert found == {"shop": {"orders": {"rows": 3, "sum": "9"}, "large": {"rows": 7, "sum": "8", "first": FIRST}}}
    assert questions((), {}, history=True) == ""


def test_older_rows_are_counted_where_they_are_saved() -> None:
    old = table(versioned=True)
    assert "FOR SYSTEM_TIME ALL" in questions([old], {}, history=True)
    assert "FOR SYSTEM_TIME ALL" not in questions([old], {}, history=False)


def test_an_odd_name_stays_a_name() -> None:
    odd = table("a`b'\n", database="d`", columns=(("c`", "varchar"),), key=())
    asked = questions([odd], {}, history=False)
    assert "FROM `d```.`a``b'\n`;" in asked and "HEX(`c```)" in asked
    assert quoted("`") == "````"


def test_what_changed_meanwhile_is_not_compared() -> None:
    before = Catalog(("a", "b"), (table(database="a"), table("t", database="b")), {"a": {"tables": 1}, "b": {}}, ())
    altered = structs.replace(before.tables[0], columns=(("id", "bigint"),))
    after = Catalog(("a", "b"), (altered, before.tables[1]), {"a": {"tables": 2}, "b": {}}, ())
    same = unchanged(before, after)
    assert same.tables == before.tables[1:] and same.objects == {"a": {}, "b": {}}
    assert unchanged(before, before) == before


ACCOUNTS = [("root", "localhost"), ("app`", "%"), ("clerks", ""), ("PUBLIC", "")]
SHOWN = [
    ["of", "0"],
    ["CREATE USER `root`@`localhost` REQUIRE SSL"],
    ["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"],
    ["of", "1"],
    ["CREATE USER `app```@`%` IDENTIFIED BY PASSWORD '*1'"],
    ["ALTER USER `app```@`%` PASSWORD EXPIRE INTERVAL 5 DAY"],
    ["GRANT `clerks` TO `app```@`%`"],
    ["of", "2"],
    ["GRANT SELECT ON *.* TO `clerks`"],
    ["of", "3"],
]


def test_accounts_are_made_again_by_one_that_goes_on_meanwhile() -> None:
    asked = asked_of_accounts(ACCOUNTS)
    assert "SHOW CREATE USER `app```@`%`;" in asked and "SHOW GRANTS FOR PUBLIC;" in asked
    assert "SHOW CREATE USER `clerks`" not in asked
    assert accounts_shown(ACCOUNTS, SHOWN) == ACCOUNTS[:3]
    assert accounts_as_sql(ACCOUNTS, SHOWN).splitlines() == [
        "SET SESSION sql_mode = '';",
        "CREATE ROLE IF NOT EXISTS `clerks`;",
        "CREATE USER IF NOT EXISTS `root`@`localhost` IDENTIFIED BY '' REQUIRE SSL;",
        "ALTER USER `root`@`localhost` IDENTIFIED BY '' REQUIRE SSL;",
        "DROP USER IF EXISTS `app```@`%`;",
        "CREATE USER `app```@`%` IDENTIFIED BY PASSWORD '*1';",
        "ALTER USER `app```@`%` PASSWORD EXPIRE INTERVAL 5 DAY;",
        "GRANT SELECT ON *.* TO `clerks`;",
        "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION;",
        "GRANT `clerks` TO `app```@`%`;",
        "REVOKE `clerks` FROM CURRENT_USER();",
        "FLUSH PRIVILEGES;",
    ]
    assert "REVOKE" not in accounts_as_sql(ACCOUNTS, SHOWN, holds=["clerks"])


def test_roles_by_default_of_mysql_come_after_the_rights() -> None:
    shown = [
        ["of", "0"],
        ["CREATE USER `a`@`%` IDENTIFIED WITH 'x' AS 0x0 DEFAULT ROLE `r``1`@`%`,`r2`@`h` REQUIRE NONE"],
        ["GRANT `r``1`@`%` TO `a`@`%`"],
    ]
    made = accounts_as_sql([("a", "%")], shown, defaults=[["a", "%", "r`1", "%"]]).splitlines()
    assert made[2:5] == [
        "CREATE USER `a`@`%` IDENTIFIED WITH 'x' AS 0x0 REQUIRE NONE;",
        "GRANT `r``1`@`%` TO `a`@`%`;",
        "ALTER USER `a`@`%` DEFAULT ROLE `r``1`@`%`;",
    ]


def test_accounts_that_each_data_folder_has_of_its_own() -> None:
    assert is_kept_by_itself("mariadb.sys", "localhost", health=False)
    assert is_kept_by_itself("healthcheck", "::1", health=True)
    assert not is_kept_by_itself("healthcheck", "::1", health=False)
    assert not is_kept_by_itself("healthcheck", "%", health=True)


def test_servers_elsewhere_and_libraries() -> None:
    rows = [
        ["plugin", "ed25519", "auth_ed25519.so"],
        ["function", "sum_it", "2", "sum.so", "aggregate"],
        ["server", "el`se", "mysql", "192.0.2.1", "d", "u", "it's\\", "", "", "3306"],
    ]
    assert server_parts_as_sql(rows).splitlines() == [
        "INSTALL PLUGIN `ed25519` SONAME 'auth_ed25519.so';",
        "CREATE AGGREGATE FUNCTION `sum_it` RETURNS INTEGER SONAME 'sum.so';",
        "CREATE SERVER `el``se` FOREIGN DATA WRAPPER `mysql` OPTIONS (HOST '192.0.2.1', DATABASE 'd', USER 'u', "
        "PASSWORD 'it''s\\\\', PORT 3306);",
    ]


@pytest.mark.parametrize(
    ("grant", "may"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", True),
        ("GRANT SELECT, RELOAD, LOCK TABLES ON *.* TO `b`@`%`", True),
        ("GRANT SELECT, LOCK TABLES ON *.* TO `b`@`%`", False),
        ("GRANT ALL PRIVILEGES ON `shop`.* TO `b`@`%`", False),
    ],
)
def test_who_may_let_nobody_write(grant: str, may: bool) -> None:
    assert may_flush(["GRANT USAGE ON *.* TO `x`@`%`", grant]) is may
