"""A backup that holds less than the one before is noticed when it is made."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from dockworthy.backup.shrinking import damaged, shrunk
from dockworthy.model.backup import BackupMethod, BackupRun, DataKind, SavedData


def saved(name: str, size: int, **databases: list[str]) -> SavedData:
    expected: dict[str, Any] = {}
    if databases:
        expected = {
            "databases": {name: {"tables": {table: {} for table in tables}} for name, tables in databases.items()}
        }
    return SavedData(
        name=name, project="shop", kind=DataKind.POSTGRESQL, method=BackupMethod.PG_DUMP, bytes=size, expected=expected
    )


def run(*data: SavedData, **more: Any) -> BackupRun:
    moment = "2026-12-01T03:00:00Z"
    return BackupRun(id="1", host="h", scope="shop", taken=moment, ended=moment, version="1", data=data, **more)


def test_the_first_run_and_one_that_grows_are_in_no_doubt() -> None:
    assert shrunk(None, run(saved("db", 5_000_000))) == ()
    assert shrunk(run(saved("db", 5_000_000)), run(saved("db", 2_500_000), saved("new", 1))) == ()


def test_half_of_the_bytes_is_a_sign_and_of_little_data_it_is_none() -> None:
    assert shrunk(run(saved("db", 5_000_000)), run(saved("db", 2_499_999))) == (
        "db has 2,499,999 bytes, and had 5,000,000 on 2026-12-01",
    )
    assert shrunk(run(saved("db", 1_000_000)), run(saved("db", 10))) == ()


def test_a_table_or_database_or_data_set_that_is_gone_is_named() -> None:
    before = run(saved("db", 10, shop=["public.orders", "public.items"], blog=["public.posts"]), saved("files", 9))
    assert shrunk(before, run(saved("db", 10, shop=["public.items"]))) == (
        "db: the table public.orders of shop was there on 2026-12-01, and is not any more",
        "db: the database blog was there on 2026-12-01, and is not any more",
        "files was saved on 2026-12-01, and is not there any more",
    )
    now = run(saved("db", 10, shop=["public.orders", "public.items"], blog=["public.posts"]), skipped={"files": "why"})
    assert shrunk(before, now) == (), "who says why it is not saved knows that it is not"


def test_a_damaged_database_is_named_until_somebody_accepts_it() -> None:
    def holds(damage: str) -> BackupRun:
        each = saved("files", 9)
        return run(structs.replace(each, expected={"databases": {"app.db": {"tables": {}, "damage": damage}}}))

    says = "files: the database app.db is damaged: page 2"
    assert damaged(None, holds("page 2")) == damaged(holds(""), holds("page 2")) == (says,)
    assert damaged(None, holds("page 2"), accepted=["files"]) == ()
    assert damaged(holds("page 2"), holds("page 2")) == damaged(holds("page 2"), holds("")) == ()
