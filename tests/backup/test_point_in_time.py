"""PostgreSQL back to a second, on a real engine: its log received by a container beside it, saved with each backup and
between them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .log_projects import WANTED, let_receiver_in, receiver, stop_receiving, wait_for_next_second
from .projects import ROWS, DataProject

pytestmark = pytest.mark.engine


@pytest.fixture
def shop(project: DataProject) -> Iterator[DataProject]:
    project.write(data=WANTED)
    try:
        yield project
    finally:
        stop_receiving(project)


def test_what_a_server_lacks_is_said_and_nothing_is_changed(shop: DataProject) -> None:
    plan = " ".join(shop.dockworthy("backup", "--dry-run", status=1).split())
    assert "max_slot_wal_keep_size is -1" in plan and "ALTER SYSTEM SET max_slot_wal_keep_size" in plan
    assert "host replication dockworthy_log samenet scram-sha-256" in plan
    assert shop.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'dockworthy_log'") == "0" and not receiver(shop)
    said = " ".join(shop.dockworthy("backup", status=1).split())
    assert "saved to" in said, "it is dumped all the same"
    let_receiver_in(shop)
    assert "max_slot_wal_keep_size" not in shop.dockworthy("backup", "--dry-run")


def test_back_to_the_second_before_a_table_was_dropped(shop: DataProject) -> None:
    let_receiver_in(shop)
    shop.dockworthy("backup")
    name = receiver(shop)
    made = shop.engine.inspect(name)
    host = made["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and made["Config"]["User"] == "999:999"
    assert (
        host["RestartPolicy"]["Name"] == "unless-stopped" and host["Memory"] and not made["Config"].get("Volumes") == 1
    )
    words = json.dumps([made["Config"]["Env"], made["Config"]["Cmd"], made["Config"]["Entrypoint"]])
    secret = next((shop.shop.state / "backup/log").glob("*/pass")).read_text().strip().rpartition(":")[2]
    assert secret and secret not in words and "a:b" not in words

    shop.sql("INSERT INTO orders (what) VALUES ('later')")
    before = wait_for_next_second(shop)
    wait_for_next_second(shop)
    shop.sql("DROP TABLE orders")
    shop.in_web("echo kept >/files/a")

    plan = " ".join(shop.dockworthy("restore", "data", "--at", before, "--dry-run").split())
    assert f"as it was at {before}" in plan and "takes the place" in plan
    said = " ".join(shop.dockworthy("restore", "data", "--at", before, "--yes").split())
    assert f"as it was at {before}" in said and "recovered to" in said
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 1)
    assert shop.in_web("cat /files/a") == "kept", "what was not named stays"
    assert shop.leftovers() == []

    for wrong in ("2001-01-01", "2100-01-01"):
        said = " ".join(shop.dockworthy("restore", "data", "--at", wrong, "--dry-run", status=2).split())
        assert "can be brought back to any second from" in said and f"{wrong} is not among them" in said
    shop.sql("INSERT INTO orders (what) VALUES ('in the new log')")
    said = shop.dockworthy("backup")
    assert "a new log begins with this backup" in said
    again = wait_for_next_second(shop)
    wait_for_next_second(shop)
    shop.sql("DELETE FROM orders")
    shop.dockworthy("restore", "data", "--at", again, "--yes")
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 2)
    shop.dockworthy("restore", "data", "--at", before, "--yes")
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 1), "also by the log of before the first restore"
