"""Valkey and Redis are saved by their own dump, lost and brought back in place, on a real engine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machines.engines import OwnEngine, clean_environment
from machines.key_values import PRODUCTS, make_key_value_image
from machines.program import DOCKWORTHY

from .one_service import OneService, until
from .projects import follow

pytestmark = pytest.mark.engine

KEYS = 2000
PASSWORD = "s3cret 'p\\w\"d$#"
"""As no shell and no list of processes may show it."""
FILL = f"""
for i = 1, {KEYS} do redis.call('set', 'k' .. i, 'v' .. i) end
redis.call('hset', 'h', 'a', 1, 'b', 2)
redis.call('setex', 'short', 2, 'x')
redis.call('select', 5)
redis.call('rpush', 'l', 1, 2, 3)
return 'OK'
"""


@pytest.fixture(scope="session")
def images(own_engine: OwnEngine) -> dict[str, str]:
    return {product: make_key_value_image(own_engine, product) for product in PRODUCTS}


class Store(OneService):
    def __init__(self, engine: OwnEngine, folder: Path, name: str, product: str, image: str, *words: str) -> None:
        self.product = product
        configuration = folder / "server.conf"
        escaped = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        configuration.write_text(f'requirepass "{escaped}"\nrepl-diskless-sync-delay 0\n')
        configuration.chmod(0o644)
        super().__init__(
            engine,
            folder,
            name,
            {
                "image": image,
                "user": "999:999",
                "command": [f"{product}-server", "/server.conf", *words],
                "volumes": ["data:/data", f"{configuration}:/server.conf:ro"],
            },
        )

    def ask(self, *words: str, database: int = 0) -> str:
        quoted = " ".join("'" + each.replace("'", "'\\''") + "'" for each in words)
        given = f"{PASSWORD}\n"
        client = f"{self.product}-cli --askpass -n {database} {quoted} 2>/dev/null"
        return self.inside(client, input=given, check=False)

    def begin_to_live(self) -> None:
        self._compose("create")
        self.data.chmod(0o777)
        self.up()
        until(lambda: self.ask("PING") == "PONG", "it does not answer")
        assert self.ask("EVAL", FILL, "0") == "OK"


@pytest.fixture
def begin(
    own_engine: OwnEngine, images: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Any]:
    made: list[Store] = []

    def one(product: str, *words: str, **service: Any) -> Store:
        name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[:40]
        store = Store(own_engine, tmp_path, f"store-{name}", product, images[product], *words)
        made.append(store)
        store.service |= service
        store.write()
        store.begin_to_live()
        return store

    yield one
    for store in made:
        store.down()


def newest(store: Store) -> Any:
    found = json.loads(store.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    return max(found, key=lambda each: each["taken"])["expected"]["data"]


@pytest.mark.parametrize("appendonly", ["yes", "no"])
@pytest.mark.parametrize("product", PRODUCTS)
def test_saved_lost_and_brought_back(begin: Any, product: str, appendonly: str) -> None:
    store = begin(product, "--appendonly", appendonly, "--dir", "/data")
    store.inside("echo mine >/data/note")
    store.ask("SAVE")
    plan = " ".join(store.dockworthy("backup", "--dry-run").split())
    assert " rdb " in plan and "none" in plan and product in plan
    started = store.state["StartedAt"]
    store.dockworthy("backup")
    assert store.state["StartedAt"] == started
    saved = newest(store)
    assert saved["databases"]["0"]["types"] == {"string": KEYS + (1 if saved["databases"]["0"]["expiring"] else 0),
                                                 "hash": 1}  # fmt: skip
    assert saved["databases"]["5"]["keys"] == 1 and saved["files"] == 1
    assert store.leftovers() == []

    store.ask("FLUSHALL")
    store.ask("SET", "later", "1")
    store.ask("SAVE")
    store.inside("rm /data/note")
    said = store.dockworthy("restore", "--yes")
    assert "restored" in said
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    until(lambda: store.ask("EXISTS", "short") == "0", "it should have expired")
    assert store.ask("DBSIZE") == str(KEYS + 1) and store.ask("GET", "k77") == "v77"
    assert store.ask("LRANGE", "l", "0", "-1", database=5).split() == ["1", "2", "3"]
    assert store.ask("EXISTS", "later") == "0" and store.inside("cat /data/note") == "mine"
    assert store.leftovers() == []
    for _ in range(2):  # it writes on what it has loaded
        store.ask("SET", "next", "1")
        store._compose("restart", "app")
        until(lambda: store.ask("PING") == "PONG", "it does not answer")
        assert store.ask("DBSIZE") == str(KEYS + 2)
    owners = store.inside("busybox find /data ! -user 999 ! -path /data")
    assert owners == "", owners


def test_no_password_is_in_a_list_of_processes_or_an_environment(begin: Any) -> None:
    """Of any process of this machine, while a backup and a restore run."""
    store = begin("valkey", "--appendonly", "yes", "--save", "", "--repl-diskless-sync-delay", "2")
    seen: set[str] = set()
    secret = PASSWORD.encode()

    def look() -> None:
        for process in Path("/proc").iterdir():
            if process.name.isdecimal():
                for part in ("cmdline", "environ"):
                    try:
                        if secret in (process / part).read_bytes():
                            seen.add(f"{part} {(process / 'cmdline').read_bytes()!r}")
                    except OSError:
                        continue

    for arguments in (("backup",), ("restore", "--yes")):
        process = subprocess.Popen(
            [*store.engine.inside, sys.executable, str(DOCKWORTHY), *arguments],
            cwd=store.shop.folder,
            env={**clean_environment(**store.shop.environment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while process.poll() is None:
            look()
        said = process.communicate()[0]
        assert process.returncode == 0, said
        assert PASSWORD not in said
    assert not seen
    for file in store.shop.state.rglob("*"):
        assert not file.is_file() or secret not in file.read_bytes()


def test_one_that_lets_nobody_in_is_copied_while_it_is_paused(begin: Any) -> None:
    store = begin("valkey", "--appendonly", "yes")
    store.ask("CONFIG", "SET", "requirepass", "another")
    said = store.dockworthy("backup")
    assert "lets nobody in" in said and "NOAUTH" in said and "paused" in said
    assert store.state["Running"] and not store.state["Paused"] and newest(store)["sum"]
    store._compose("restart", "app")  # its file says what it did
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    store.ask("FLUSHALL")
    store.dockworthy("restore", "--yes")
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    assert int(store.ask("DBSIZE")) >= KEYS + 1


def test_where_the_log_was_switched_on_since_it_comes_back_as_a_log(begin: Any) -> None:
    store = begin("valkey", "--appendonly", "no")
    store.ask("SAVE")
    store.dockworthy("backup")
    store.service["command"][-1] = "yes"
    store.write()
    store.up()
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    assert store.ask("DBSIZE") == "0", "the trap: a log that is not there yet counts more than a dump"
    store.dockworthy("restore", "--yes")
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    assert int(store.ask("DBSIZE")) >= KEYS + 1


def test_a_server_that_does_not_load_it_gets_back_what_it_had(begin: Any) -> None:
    store = begin("valkey", "--appendonly", "no")
    store.ask("SAVE")
    store.dockworthy("backup")
    store.ask("FLUSHALL")
    store.ask("SET", "mine", "1")
    # It looks for another file when it starts, and does not say so as long as it runs.
    configuration = store.shop.folder / "server.conf"
    configuration.write_text(configuration.read_text() + "dbfilename other.rdb\n")
    said = " ".join(store.dockworthy("restore", "--yes", status=10).split())
    assert "has loaded 0 keys, and should have 2,002" in said and "what was there before is back" in said
    assert store.state["Running"]
    store._compose("restart", "app")
    configuration.write_text(configuration.read_text().replace("dbfilename other.rdb\n", ""))
    store._compose("restart", "app")
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    assert store.ask("GET", "mine") == "1"
    assert store.leftovers() == []


def test_one_that_follows_another_is_not_restored(begin: Any) -> None:
    store = begin("valkey", "--appendonly", "no")
    store.ask("SAVE")
    store.dockworthy("backup")
    store.ask("REPLICAOF", "127.0.0.1", "1")
    assert "its server follows 127.0.0.1" in store.dockworthy("restore", "--yes", status=2)
    assert store.leftovers() == []


def test_a_killed_run_leaves_nothing_that_the_next_does_not_mend(begin: Any) -> None:
    store = begin("valkey", "--appendonly", "yes", "--repl-diskless-sync-delay", "3")
    work = store.shop.state / "backup" / "work"
    store.killed_when(lambda: any(work.glob("*/dump.rdb")), "backup")
    # The lock is held as long as the server writes the dump that nobody waits for any more.
    until(lambda: store.shop.dockworthy("backup").returncode == 0, "it is never free again")
    assert store.leftovers() == []
    store.ask("FLUSHALL")
    for part in (".dockworthy-restore._data", "before"):
        beside = store.data.parent
        store.killed_when(lambda: any(part in each.name for each in beside.iterdir()), "restore", "--yes")  # noqa: B023
        until(lambda: store.state["Running"], "it stands still for good")
    store.dockworthy("restore", "--yes")
    until(lambda: store.ask("PING") == "PONG", "it does not answer")
    assert int(store.ask("DBSIZE")) >= KEYS + 1
    assert [each for each in store.leftovers() if ".before-" not in each] == []


def test_a_drill_loads_it_into_a_copy(begin: Any) -> None:
    store = begin("redis", "--appendonly", "yes")
    store.dockworthy("backup")
    said = store.dockworthy("drill", "restore", "--format", "json").partition("\nrestoring")[0]
    proofs = json.loads(said)["proofs"]
    assert [each["claim"] for each in proofs] == ["1.backup", "3.db-backup"], "it is a database, too"
    assert all(each["passed"] and each["negative_control"]["seen"] for each in proofs)
    for kept in (store.shop.state / "proofs").iterdir():
        assert "seen, as it must be: a dump that lacks its end, of data" in kept.read_text()
        assert "2,002 keys as saved" in kept.read_text() or "2,003 keys as saved" in kept.read_text()
    assert store.leftovers() == []


def test_the_page_is_followed_without_this_program(begin: Any, tmp_path: Path) -> None:
    store = begin("valkey", "--appendonly", "yes")
    store.inside("echo mine >/data/note")
    store.dockworthy("backup")
    page = store.dockworthy("backup", "kit").partition("this page holds the key")[0]
    folder = tmp_path / "elsewhere"
    follow(page, store.engine, folder)
    assert (folder / "data" / "note").read_text() == "mine\n"
    server = ["valkey-server", "--port", "0", "--unixsocket", str(folder / "s"), "--dir", str(folder / "data")]
    process = subprocess.Popen([*server, "--appendonly", "yes"], stdout=subprocess.DEVNULL)
    try:
        client = ["valkey-cli", "-s", str(folder / "s"), "EXISTS", "k1"]
        until(lambda: subprocess.run(client, capture_output=True).stdout == b"1\n", "it has not loaded it")
    finally:
        process.terminate()
        process.wait()
