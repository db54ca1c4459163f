"""What a dump of a real Valkey or Redis holds, as it is counted on a host; and what is no whole dump."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.backup import rdb_at_host
from dockworthy.backup.key_values import not_loaded, unlike_keys
from dockworthy.model.dump_place import DumpPlace
from machines.key_values import PRODUCTS, installed
from patience import patience

AT_HOST = Path(rdb_at_host.__file__).read_bytes()
FILL = r"""
local call, many = redis.call, {}
call('select', 0)
for i = 1, 300 do call('set', 'k' .. i, i) end
call('set', 'text', string.rep('compressed ', 1000))
call('set', '-1', '-70000')
call('setex', 'ttl', 3600, 'x')
for i = 1, 5 do call('rpush', 'small list', i) end
for i = 1, 2000 do call('rpush', 'large list', string.rep('v' .. i, 20)) end
call('rpush', 'plain list', string.rep('p', 100000))
for i = 1, 5 do call('sadd', 'numbers', i) call('sadd', 'small set', 'm' .. i) end
for i = 1, 2000 do call('sadd', 'large set', 'member ' .. i) end
call('hset', 'small hash', 'a', 1)
for i = 1, 2000 do call('hset', 'large hash', 'f' .. i, 'v' .. i) end
call('zadd', 'small zset', 1, 'a')
for i = 1, 2000 do call('zadd', 'large zset', i / 7, 'z' .. i) end
call('zadd', 'large zset', '+inf', 'most', '-inf', 'least')
for i = 1, 300 do call('xadd', 'stream', i .. '-1', 'field', 'value ' .. i) end
call('xgroup', 'create', 'stream', 'group', '0')
call('xreadgroup', 'group', 'group', 'one', 'count', 20, 'streams', 'stream', '>')
call('xreadgroup', 'group', 'group', 'two', 'count', 20, 'streams', 'stream', '>')
call('select', 9)
call('set', 'other', 1)
"""
FUNCTION = "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
TYPES = {"string": 303, "list": 3, "set": 3, "hash": 2, "zset": 2, "stream": 1}


def at_host(verb: str, file: Path, *words: str, status: int = 0) -> Any:
    """What it prints; its errors where it fails."""
    command = [sys.executable, "-I", "-", verb, str(file), *words]
    done = subprocess.run(command, input=AT_HOST, capture_output=True)
    assert done.returncode == status, done.stderr.decode()
    return json.loads(done.stdout) if not status else done.stderr.decode().strip()


class Server:
    def __init__(self, product: str, folder: Path) -> None:
        self._client = [f"{product}-cli", "-s", str(folder / "s")]
        words = ("--port", "0", "--unixsocket", str(folder / "s"), "--dir", str(folder), "--save", "")
        self.process = subprocess.Popen([f"{product}-server", *words], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + patience(20)
        while self.ask("PING") != b"PONG\n":
            assert time.monotonic() < ends and self.process.poll() is None
            time.sleep(0.05)

    def ask(self, *words: str, check: bool = False) -> bytes:
        return subprocess.run([*self._client, *words], check=check, capture_output=True).stdout

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module", params=PRODUCTS)
def dump(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    installed(request.param)
    server = Server(request.param, tmp_path_factory.mktemp(request.param))
    try:
        server.ask("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        assert b"ERR" not in server.ask("EVAL", FILL, "0")
        server.ask("FUNCTION", "LOAD", FUNCTION)
        if request.param == "redis":  # fields that expire
            assert server.ask("HEXPIRE", "small hash", "9000", "FIELDS", "1", "a") == b"1\n"
            assert server.ask("HEXPIRE", "large hash", "9000", "FIELDS", "1", "f1") == b"1\n"
        yield server.ask("--rdb", "-", check=True)
    finally:
        server.stop()


@pytest.mark.program
def test_all_that_a_server_writes_is_counted(dump: bytes, tmp_path: Path) -> None:
    file = tmp_path / "dump.rdb"
    file.write_bytes(dump)
    assert at_host("tell", file, status=1) == "something follows where it should end"
    held = at_host("settle", file)
    assert held["databases"]["0"] == {"keys": sum(TYPES.values()), "expiring": 1, "types": TYPES}
    assert held["databases"]["9"] == {"keys": 1, "expiring": 0, "types": {"string": 1}}
    assert file.stat().st_size == held["bytes"] == len(dump) - rdb_at_host.MARK, "the client's mark is no part of it"
    assert at_host("tell", file) == at_host("settle", file) == held


@pytest.mark.program
def test_what_breaks_off_anywhere_is_no_dump(dump: bytes, tmp_path: Path) -> None:
    whole = dump[: -rdb_at_host.MARK]
    chance = random.Random(7)
    for length in {0, 1, 8, 9, 10, len(whole) - 9, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(150))}:
        file = tmp_path / "dump.rdb"
        file.write_bytes(whole[:length])
        with pytest.raises(rdb_at_host.Broken):
            rdb_at_host.settle(str(file))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b"nothing at all", "it is no dump"),
        (b"REDIS0011\xff" + bytes(7), "it breaks off in the middle"),
        (b"REDIS0011\xff" + bytes(8) + b"x" * 39, "something follows where it should end"),
        (b"REDIS0011\xff" + bytes(8) + b"x" * 41, "something follows where it should end"),
        (b"REDIS0011\x1f\x01k\x01v\xff" + bytes(8), "it has values of the type 31, which is not known here"),
        (b"REDIS0011\x06\x01k\x01v\xff" + bytes(8), "it has values of the type 6, which is not known here"),
        (b"REDIS0011\x00\x01k\xc5v\xff" + bytes(8), "is no text"),
    ],
)
def test_what_is_no_dump_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "dump.rdb"
    file.write_bytes(content)
    assert says in at_host("settle", file, status=1)
    assert file.read_bytes() == content


def test_one_without_keys_and_those_of_newer_and_older_servers(tmp_path: Path) -> None:
    file = tmp_path / "dump.rdb"
    for content, types in (
        (b"REDIS0011\xff" + bytes(8), None),
        (b"VALKEY080\xff" + bytes(8) + b"\n\n", None),
        (b"REDIS0003\xfd" + bytes(4) + b"\x03\x01k\x02\x01a\xff\x01b\x0211\xff", {"zset": 1}),
        (b"VALKEY080\x16\x01k\x01\x01f\x01v" + bytes(8) + b"\xff" + bytes(8), {"hash": 1}),
        (b"REDIS0012\x16\x01k\x01\x05\x01f\x01v\xff" + bytes(8), {"hash": 1}),
        (b"REDIS0011\x07\x01k\x81" + bytes(8) + b"\x01\x05\x04" + bytes(8) + b"\x05\x01s\x00\xff" + bytes(8),
         {"module": 1}),
    ):  # fmt: skip
        file.write_bytes(content)
        found = at_host("settle", file)["databases"]
        assert (found["0"]["types"] if found else None) == types


def test_no_dump_is_begun_where_there_is_no_room(tmp_path: Path) -> None:
    assert "MB free, and the dump may need" in at_host("room", tmp_path, str(10**18), status=1)
    at_host("room", tmp_path, "1000")


def test_what_is_found_otherwise_is_said() -> None:
    held = {"keys": 3, "expiring": 0, "types": {"string": 3}}
    assert unlike_keys({"0": held}, {"0": held, "1": held}) == ()
    assert unlike_keys({"0": held}, {}) == ("database 0 has 0 keys and should have 3",)
    other = {**held, "types": {"string": 2, "set": 1}}
    assert unlike_keys({"0": held}, {"0": other}) == ("database 0 has as many keys as it should, of other types",)


def test_a_server_starts_from_another_file_by_its_version_and_settings() -> None:
    def place(version: str, *, appendonly: bool, folder: str = "") -> DumpPlace:
        return DumpPlace(
            version=version, folder=folder, dump="dump.rdb", appendonly=appendonly,
            log_folder="appendonlydir", log="a.aof",
        )  # fmt: skip

    assert place("8.1.1", appendonly=False).file == "dump.rdb" and place("8.1.1", appendonly=False).manifest[0] == ""
    new = place("7.0.0", appendonly=True, folder="sub")
    assert new.file == "sub/appendonlydir/a.aof.1.base.rdb"
    assert new.manifest == ("sub/appendonlydir/a.aof.manifest", "file a.aof.1.base.rdb seq 1 type b")
    old = place("6.2.1", appendonly=True)
    assert old.file == "a.aof" and old.manifest == ("", "")
    assert new.own == ("sub/dump.rdb", "sub/a.aof", "sub/appendonlydir")


def test_a_server_tells_what_it_has_loaded() -> None:
    told = {"rdb_last_load_keys_loaded": "7", "rdb_last_load_keys_expired": "3", "db0": "keys=1,expires=0"}
    assert not_loaded(told, 10) == "", "what expired meanwhile was there"
    assert not_loaded(told, 11) == "its server has loaded 10 keys, and should have 11"
    old = {"db0": "keys=4,expires=0,avg_ttl=0", "db9": "keys=5,expires=0"}
    assert not_loaded(old, 11) == not_loaded({}, 0) == ""
    assert not_loaded({}, 11) == "its server has no keys, and should have 11"
