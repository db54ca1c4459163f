"""Runs on the host of a data set, with its Python alone (3.7 and newer): what a dump of Valkey or Redis holds, counted
by reading all of it. `python3 - VERB WORDS`; prints one JSON value.

    room FOLDER BYTES    for how many bytes the disk of FOLDER has room; ends with a sentence where not for these
    settle FILE          takes away what a client writes behind a dump, and tells what it holds
    tell FILE            {"databases": {number: {"keys", "expiring", "types": {type: keys}}}, "bytes": ...}

A dump that breaks off, or has a type that is not known here, ends it with a sentence. Source of the format: rdb.h and
rdb.c of Valkey (8.1, 9.0) and Redis (7.2, 8.0). Its checksum is left to the server that loads it.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

MARK = 40
"""Bytes by which a server tells a client that the dump has ended, where it did not know its length before."""
SPARE = 64 * 1024 * 1024
"""Bytes that stay free on the disk."""
STRING, LIST, SET, SORTED, HASH, STREAM, MODULE = "string", "list", "set", "zset", "hash", "stream", "module"


class Broken(Exception):
    """It is no whole dump, or none that is understood, as the sentence says."""


class Dump:
    def __init__(self, content: Any) -> None:
        self._content = content
        self._at = 0
        self.databases: dict[int, dict[str, Any]] = {}

    def read(self) -> int:
        """Reads all of it. Returns the bytes that it has. Raises Broken."""
        try:
            return self._read()
        except (IndexError, ValueError):
            raise Broken("it breaks off in the middle") from None

    def _read(self) -> int:
        head = self._take(9)
        if not (head[:5] == b"REDIS" or head[:6] == b"VALKEY") or not head[-2:].isdigit():
            raise Broken("it is no dump")
        valkey = head[:6] == b"VALKEY"
        version = int(head.lstrip(b"REDISVALKY"))
        database, expires = 0, False
        while True:
            kind = self._byte()
            if kind == 0xFF:
                self._skip(8 if version >= 5 else 0)
                return self._at
            if kind == 0xFE:
                database = self._length()
            elif kind == 0xFD:
                self._skip(4)
                expires = True
            elif kind == 0xFC:
                self._skip(8)
                expires = True
            elif kind in _OPCODES:
                _OPCODES[kind](self)
            else:
                self._string()
                self._count(database, self._value(kind, valkey), expires)
                expires = False

    def _count(self, database: int, type: str, expires: bool) -> None:
        found = self.databases.setdefault(database, {"keys": 0, "expiring": 0, "types": {}})
        found["keys"] += 1
        found["expiring"] += expires
        found["types"][type] = found["types"].get(type, 0) + 1

    def _value(self, kind: int, valkey: bool) -> str:
        if kind in (22, 23) and valkey:
            kind += 100  # numbers that both have given out
        if kind not in _VALUES:
            raise Broken(f"it has values of the type {kind % 100}, which is not known here")
        name, skip = _VALUES[kind]
        skip(self)
        return name

    def _byte(self) -> int:
        found: int = self._content[self._at]
        self._at += 1
        return found

    def _take(self, size: int) -> bytes:
        self._skip(size)
        return bytes(self._content[self._at - size : self._at])

    def _skip(self, size: int) -> None:
        self._at += size
        if self._at > len(self._content):
            raise IndexError

    def _length(self) -> int:
        first = self._byte()
        if first < 0x40:
            return first
        if first < 0x80:
            return (first & 0x3F) << 8 | self._byte()
        if first == 0x80:
            return int.from_bytes(self._take(4), "big")
        if first == 0x81:
            return int.from_bytes(self._take(8), "big")
        raise Broken(f"{first:#x} at {self._at - 1} is no length")

    def _string(self) -> None:
        first = self._content[self._at]
        if first < 0xC0:
            self._skip(self._length())
            return
        self._at += 1
        if first <= 0xC2:
            self._skip((1, 2, 4)[first - 0xC0])
        elif first == 0xC3:  # compressed
            size = self._length()
            self._length()
            self._skip(size)
        else:
            raise Broken(f"{first:#x} at {self._at - 1} is no text")

    def _strings(self, each: int = 1) -> None:
        for _ in range(self._length() * each):
            self._string()

    def _sorted_by_text(self) -> None:
        for _ in range(self._length()):
            self._string()
            size = self._byte()
            self._skip(0 if size >= 253 else size)

    def _sorted(self) -> None:
        for _ in range(self._length()):
            self._string()
            self._skip(8)

    def _nodes(self) -> None:
        for _ in range(self._length()):
            self._length()
            self._string()

    def _fields_that_expire(self, first: int = 8) -> None:
        self._skip(first)
        for _ in range(self._length()):
            self._length()
            self._string()
            self._string()

    def _fields_with_times(self) -> None:
        for _ in range(self._length()):
            self._string()
            self._string()
            self._skip(8)

    def _stamped(self) -> None:
        self._skip(8)
        self._string()

    def _stream(self, version: int = 1) -> None:
        self._strings(2)
        self._lengths(8 if version >= 2 else 3)
        for _ in range(self._length()):  # groups
            self._string()
            self._lengths(3 if version >= 2 else 2)
            for _ in range(self._length()):
                self._skip(16 + 8)
                self._length()
            for _ in range(self._length()):  # consumers
                self._string()
                self._skip(16 if version >= 3 else 8)
                self._skip(self._length() * 16)

    def _lengths(self, number: int) -> None:
        for _ in range(number):
            self._length()

    def _two_strings(self) -> None:
        self._string()
        self._string()

    def _module(self) -> None:
        self._length()
        self._of_module()

    def _beside_of_module(self) -> None:
        self._lengths(3)
        self._of_module()

    def _of_module(self) -> None:
        while True:
            kind = self._length()
            if kind == 0:
                return
            if kind in (1, 2):
                self._length()
            elif kind in (3, 4):
                self._skip(4 if kind == 3 else 8)
            elif kind == 5:
                self._string()
            else:
                raise Broken(f"{kind} at {self._at - 1} is nothing of a module")


_OPCODES: dict[int, Callable[[Dump], object]] = {
    0xFB: lambda dump: dump._lengths(2),  # how large a database is
    0xFA: Dump._two_strings,  # about the server
    0xF9: lambda dump: dump._skip(1),  # how often a key is used
    0xF8: Dump._length,  # for how long it was not used
    0xF7: Dump._beside_of_module,
    0xF5: Dump._string,  # functions
    0xF4: lambda dump: dump._lengths(3),  # how large a slot is
}
_VALUES: dict[int, tuple[str, Callable[[Dump], object]]] = {
    0: (STRING, Dump._string),
    1: (LIST, Dump._strings),
    2: (SET, Dump._strings),
    3: (SORTED, Dump._sorted_by_text),
    4: (HASH, lambda dump: dump._strings(2)),
    5: (SORTED, Dump._sorted),
    7: (MODULE, Dump._module),
    **dict.fromkeys((9, 13, 16), (HASH, Dump._string)),
    10: (LIST, Dump._string),
    11: (SET, Dump._string),
    12: (SORTED, Dump._string),
    14: (LIST, Dump._strings),
    15: (STREAM, Dump._stream),
    17: (SORTED, Dump._string),
    18: (LIST, Dump._nodes),
    19: (STREAM, lambda dump: dump._stream(2)),
    20: (SET, Dump._string),
    21: (STREAM, lambda dump: dump._stream(3)),
    22: (HASH, lambda dump: dump._fields_that_expire(0)),
    23: (HASH, Dump._string),
    24: (HASH, Dump._fields_that_expire),
    25: (HASH, Dump._stamped),
    122: (HASH, Dump._fields_with_times),
}
"""By the number of its encoding: the type, and what reads over it. 100 is added to those of Valkey's own."""


def tell(path: str, *, trim: bool = False) -> dict[str, Any]:
    with open(path, "r+b" if trim else "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            raise Broken("it is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            dump = Dump(content)
            whole = dump.read()
            behind = content[whole : whole + MARK + 1].strip(b"\n")  # a server may send some while it waits
        if behind and not (trim and len(behind) == MARK and size - whole <= MARK + 10):
            raise Broken("something follows where it should end")
        if trim:
            file.truncate(whole)
    databases = {str(number): found for number, found in sorted(dump.databases.items())}
    return {"databases": databases, "bytes": whole}


def settle(path: str) -> dict[str, Any]:
    return tell(path, trim=True)


def room(folder: str, wanted: str) -> int:
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < int(wanted) + SPARE:
        sys.exit(f"{folder} has {free // 1_000_000:,} MB free, and the dump may need {int(wanted) // 1_000_000:,}")
    return free - SPARE


def main(verb: str, *words: str) -> None:
    with suppress(OSError):
        os.nice(10)
    verbs: dict[str, Any] = {"room": room, "settle": settle, "tell": tell}
    try:
        print(json.dumps(verbs[verb](*words)))
    except Broken as broken:
        sys.exit(str(broken))


if __name__ == "__main__":
    main(*sys.argv[1:])
