"""Runs on the host of a data set, with its Python alone (3.7 and newer): copies of SQLite databases, what they hold,
and where they belong. `python3 - VERB WORDS`; prints one JSON value. Names that are no UTF-8 have their bytes as
surrogates.

    look ROOT PATH...    [how many of these databases keep no WAL, bytes of all]
    copy ROOT WORK       makes the folder WORK; copies each database below ROOT that can be read while it is written to
                         into WORK/databases; {"all": [path], "waiting": {path: why it can't be}}
    still ROOT WORK      copies those that can't, while nobody writes
    settle WORK          ends what is open in the copies; {path: what it holds}
    tell FOLDER          {path: what it holds}
    place FROM FOLDER    moves the databases below FROM to their places below FOLDER
    fewer FOLDER         takes one row away, and tells from where; null where there is none

What a database holds: user_version, application_id, objects, tables (rows, sum), and damage where SQLite finds any.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import resource
import shutil
import sqlite3
import stat
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import quote

HEAD = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")
"""Endings of what SQLite keeps beside a database: https://www.sqlite.org/tempfiles.html"""
ALL_ROWS = 64 * 1024 * 1024
"""Bytes of a database above which the sums are those of the first rows of each table."""
FIRST_ROWS = 10_000
PATIENCE = 10.0
"""Seconds for which a database may be locked before it counts as one that can't be read."""
ROOM = 64 * 1024 * 1024
"""Bytes that are left free on the disk of the copies."""
LARGEST = 1024 * 1024 * 1024
"""Bytes of memory: a database of a few pages can have columns of which each is computed, and takes a gigabyte."""
LONGEST = 300.0
"""Seconds for the rows of one table, and for the check of a small database."""
CHECKED = 5_000_000
"""Bytes that a check reads at least in each second more."""
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510
"""Bytes of a database that connections lock: https://www.sqlite.org/src/file/src/os.h"""
F_OFD_SETLK = 37
"""fcntl(2): a lock of the opened file. Python names it from 3.9 on."""
SEVERAL = bytes.fromhex("d9d505f920a163d7")
"""The end of a journal of a transaction over several databases: https://www.sqlite.org/fileformat2.html#rollbackjournal"""


def databases(root: bytes) -> Iterator[tuple[bytes, bool]]:
    """Each below `root`, by its path from there, and whether it keeps a WAL. No link is followed, no other file system
    entered."""
    device = os.lstat(root).st_dev
    for folder, below, files in os.walk(root):
        below[:] = sorted(each for each in below if _lstat(os.path.join(folder, each)).st_dev == device)
        for name in sorted(files):
            path = os.path.join(folder, name)
            with suppress(FileNotFoundError):
                if stat.S_ISREG(_lstat(path).st_mode):
                    below_root = os.path.relpath(path, root)
                    head = _head(root, below_root)
                    if head.startswith(HEAD):
                        yield below_root, head[18:19] == b"\2"


def _lstat(path: bytes) -> os.stat_result:
    try:
        return os.lstat(path)
    except FileNotFoundError:  # it went since its folder was listed
        return os.lstat("/dev/null")


def _head(root: bytes, path: bytes) -> bytes:
    with os.fdopen(_regular(root, path), "rb") as file:
        return file.read(20)


def _folder_of(root: bytes, path: bytes) -> int:
    """The folder of `path`, opened: `path` is below `root`, and so is what is found. Who writes there could put a link
    in the place of a folder or a file at any moment, which leads anywhere on the host. Raises FileNotFoundError."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for name in path.split(b"/")[:-1]:
        above = at
        try:
            if name == b"..":
                raise FileNotFoundError(errno.ENOENT, "it is not below", os.fsdecode(path))
            at = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        except OSError as error:
            raise FileNotFoundError(errno.ENOENT, "no such folder", os.fsdecode(path)) from error
        finally:
            os.close(above)
    return at


def _regular(root: bytes, path: bytes) -> int:
    """The file, opened to read. Raises FileNotFoundError where a link leads there, and for a pipe or a device."""
    folder = _folder_of(root, path)
    try:
        file = os.open(os.path.basename(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        raise FileNotFoundError(errno.ENOENT, "no such file", os.fsdecode(path)) from error
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(errno.ENOENT, "no such file", os.fsdecode(path))
    return file


def look(root: bytes, paths: list[bytes]) -> list[int]:
    without, size = 0, 0
    for path in paths:
        with suppress(OSError):
            without += _head(root, path)[18:19] != b"\2"
            size += os.lstat(os.path.join(root, path)).st_size
    return [without, size]


def copy(root: bytes, work: bytes) -> dict[str, Any]:
    shutil.rmtree(work, ignore_errors=True)  # of a run that was killed: the lock is ours
    os.makedirs(os.path.join(work, b"databases"), mode=0o700)
    found = list(databases(root))
    _must_have_room(root, work, [path for path, _ in found])
    waiting: dict[str, str] = {}
    for path, keeps_wal in found:
        source, target = os.path.join(root, path), _target(work, path)
        try:
            if not keeps_wal:
                raise Waits("it keeps no WAL, so who reads it keeps out who writes")
            read_while_written(root, path, target)
            _like(os.lstat(source), target)
        except (Waits, sqlite3.Error, FileNotFoundError) as error:
            _remove(target)
            if os.path.lexists(source):
                waiting[os.fsdecode(path)] = str(error)
    with open(os.path.join(work, b"waiting"), "wb") as file:
        file.write(b"\0".join(map(os.fsencode, waiting)))
    return {"all": [os.fsdecode(path) for path, _ in found], "waiting": waiting}


class Waits(Exception):
    """It can't be read while others write to it, as the sentence says."""


def _must_have_room(root: bytes, work: bytes, paths: list[bytes]) -> None:
    wanted = ROOM
    for path in paths:
        for ending in (b"", b"-wal", b"-journal"):
            with suppress(OSError):
                wanted += os.lstat(os.path.join(root, path) + ending).st_size
    disk = os.statvfs(work)
    free = disk.f_bavail * disk.f_frsize
    if free < wanted:
        sys.exit(f"{os.fsdecode(work)} has {free // 1_000_000:,} MB free, and the copies need {wanted // 1_000_000:,}")


def read_while_written(root: bytes, path: bytes, target: bytes) -> None:
    """One state of a database with a WAL: who writes to it goes on. Raises Waits, or sqlite3.Error where somebody keeps
    it for themselves, and FileNotFoundError."""
    source = os.path.join(root, path)
    with os.fdopen(_regular(root, path), "rb") as file:
        if _has_wal_alone(source):
            raise Waits("its application keeps it for itself, or was killed and has not opened it again")
        _share(file.fileno())
        _provide_beside(root, path)
        _read_shared(root, source, target)


def _share(file: int) -> None:
    """The lock that each connection of SQLite has, for as long as `file` is open: an application that closes its last
    connection then leaves -wal and -shm as they are, and what was found beside the database stays there. It is the
    opened file's, and no process's, so that SQLite's own locks neither take nor lose it. Raises Waits where somebody
    keeps the database for themselves."""
    wanted = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, SHARED_FIRST, SHARED_SIZE, 0)
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.fcntl(file, F_OFD_SETLK, wanted)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                return  # a file system without such locks
        if time.monotonic() > ends:
            raise Waits("its application keeps it for itself")
        time.sleep(0.01)


def _read_shared(root: bytes, source: bytes, target: bytes) -> None:
    """Copies a database of which somebody holds the lock of a connection."""
    before = _opened_files()
    # Read only: SQLite then never ends a WAL that is somebody else's.
    with closing(sqlite3.connect(_uri(source, "mode=ro"), uri=True, timeout=PATIENCE)) as reader:
        reader.isolation_level = None
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if reader.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raise Waits("it keeps no WAL any more")
        inside = os.path.realpath(root) + b"/"
        if any(not each.startswith(inside) for each in _opened_files() - before):
            raise Waits("a link leads out of its folder")
        with closing(sqlite3.connect(os.fsdecode(target))) as written:
            reader.backup(written)


def _has_wal_alone(source: bytes) -> bool:
    """For longer than the moment in which an application opens or closes its database."""
    for _ in range(20):
        if not os.path.exists(source + b"-wal") or os.path.exists(source + b"-shm"):
            return False
        time.sleep(0.05)
    return True


def _opened_files() -> set[bytes]:
    """Where what this process has open really lies: SQLite follows links."""
    found = set()
    for each in os.listdir(b"/proc/self/fd"):
        with suppress(OSError):
            found.add(os.readlink(b"/proc/self/fd/" + each))
    return {each for each in found if each.startswith(b"/") and not each.startswith(b"/proc/")}


def _provide_beside(root: bytes, path: bytes) -> None:
    """SQLite would make -shm and -wal as root's, and give them to the database's owner a moment later: whoever opened
    the database in between would fail. So they appear with their owner, or not at all."""
    folder, name = _folder_of(root, path), os.path.basename(path)
    try:
        like = os.stat(name, dir_fd=folder, follow_symlinks=False)
        for ending in (b"-shm", b"-wal"):
            with suppress(OSError):  # a file system without such files: then SQLite does it in its own way
                made = os.open(b".", os.O_TMPFILE | os.O_RDWR, 0o600, dir_fd=folder)
                try:
                    os.fchown(made, like.st_uid, like.st_gid)
                    os.fchmod(made, stat.S_IMODE(like.st_mode) & 0o777)
                    os.link(f"/proc/self/fd/{made}", name + ending, dst_dir_fd=folder, follow_symlinks=True)
                finally:
                    os.close(made)
    finally:
        os.close(folder)


def still(root: bytes, work: bytes) -> None:
    for path in _waiting(work):
        target = _target(work, path)
        for ending in (b"", b"-wal", b"-journal"):
            with suppress(FileNotFoundError):
                _clone(root, path + ending, target + ending)
        with suppress(FileNotFoundError):
            if _end_of(target + b"-journal") == SEVERAL:
                sys.exit(f"{os.fsdecode(path)} was in the middle of a transaction over several databases")


def _end_of(path: bytes) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - len(SEVERAL)))
        return file.read(len(SEVERAL))


def _clone(root: bytes, path: bytes, target: bytes) -> None:
    """Its blocks are shared where the file system can: then it takes no time. The copy is its owner's, as it is."""
    with os.fdopen(_regular(root, path), "rb") as there, open(target, "wb") as here:
        like = os.fstat(there.fileno())
        try:
            fcntl.ioctl(here.fileno(), 0x40049409, there.fileno())  # FICLONE
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            disk = os.statvfs(target)
            if disk.f_bavail * disk.f_frsize < like.st_size + ROOM:  # it has grown since it was looked for
                sys.exit(f"there is no room for a copy of {os.fsdecode(path)}, of {like.st_size // 1_000_000:,} MB")
            shutil.copyfileobj(there, here, 4 * 1024 * 1024)
    _like(like, target)


def settle(work: bytes) -> dict[str, Any]:
    for path in _waiting(work):
        target = _target(work, path)
        if not os.path.exists(target):
            continue
        like = os.stat(target)
        with suppress(sqlite3.Error):  # what is damaged is told as such
            with closing(sqlite3.connect(os.fsdecode(target), isolation_level=None)) as opened:
                opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
                opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        for ending in BESIDE:
            _remove(target + ending.encode())
        os.utime(target, ns=(like.st_atime_ns, like.st_mtime_ns))
    return tell(os.path.join(work, b"databases"))


def _waiting(work: bytes) -> list[bytes]:
    with open(os.path.join(work, b"waiting"), "rb") as file:
        return [each for each in file.read().split(b"\0") if each]


def tell(folder: bytes) -> dict[str, Any]:
    return {os.fsdecode(path): held_by(os.path.join(folder, path)) for path, _ in databases(folder)}


def held_by(path: bytes) -> dict[str, Any]:
    """Of a database that nobody writes to: nothing is made beside it."""
    found: dict[str, Any] = {"objects": {}, "tables": {}}
    try:
        with closing(sqlite3.connect(_uri(path, "mode=ro&immutable=1"), uri=True)) as opened:
            opened.text_factory = bytes
            size = os.stat(path).st_size
            damage = _damage(opened, LONGEST + size / CHECKED)
            if damage:
                found["damage"] = damage
            for name in ("user_version", "application_id"):
                found[name] = opened.execute(f"PRAGMA {name}").fetchone()[0]
            objects = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            for kind, name, sql in opened.execute(f"{objects} ORDER BY name").fetchall():
                kinds = {b"index": "indexes"}.get(kind, kind.decode() + "s")
                found["objects"][kinds] = found["objects"].get(kinds, 0) + 1
                if kind == b"table" and not (sql or b"").upper().startswith(b"CREATE VIRTUAL"):
                    # Its functions, or its order, may be known to its application alone.
                    with suppress(sqlite3.Error, UnicodeError, MemoryError):
                        found["tables"][name.decode("utf-8", "replace")] = _rows(opened, name, size)
    except (sqlite3.Error, MemoryError) as error:
        found.setdefault("damage", str(error) or "it asks for more memory than databases get here")
    return found


def _damage(opened: sqlite3.Connection, seconds: float) -> str:
    """What SQLite finds wrong; "" for nothing. It computes columns, too, to check them."""
    _end_after(opened, seconds)
    for check in ("integrity_check", "quick_check"):
        try:
            says = opened.execute(f"PRAGMA {check}(1)").fetchone()[0].decode("utf-8", "replace")
            return "" if says == "ok" else " ".join(says.split())[:200]
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                return f"its integrity_check did not end within {seconds:.0f} s"
            if not str(error).startswith(("no such", "unknown")):  # what its application alone knows
                raise
    return ""


def _rows(opened: sqlite3.Connection, name: bytes, size: int) -> dict[str, Any]:
    table = '"' + name.decode("utf-8", "surrogateescape").replace('"', '""') + '"'
    total = hashlib.sha256()
    rows = 0
    _end_after(opened, LONGEST)
    for row in opened.execute(f"SELECT * FROM {table}" + (f" LIMIT {FIRST_ROWS}" if size > ALL_ROWS else "")):
        rows += 1
        for value in row:
            for part in _written(value):
                total.update(part)
    if size > ALL_ROWS:
        rows = opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return {"rows": rows, "sum": total.hexdigest()[:16]}


def _written(value: Any) -> tuple[bytes, ...]:
    if value is None:
        return (b"n",)
    if isinstance(value, int):
        return (b"i%d;" % value,)
    if isinstance(value, float):
        return (b"f", struct.pack(">d", value))
    return (b"b%d:" % len(value), value)


def _end_after(opened: sqlite3.Connection, seconds: float) -> None:
    """What a database computes by itself, in columns and triggers, need not end: then it is an sqlite3.Error."""
    last = time.monotonic() + seconds
    opened.set_progress_handler(lambda: time.monotonic() > last, 1000)


def place(source: bytes, folder: bytes) -> None:
    for path, _ in list(databases(source)):
        try:
            into = _folder_of(folder, path)
        except FileNotFoundError:
            sys.exit(f"{os.fsdecode(path)}: its folder is none, or a link")
        try:
            before = os.fstat(into)
            os.rename(os.path.join(source, path), os.path.basename(path), dst_dir_fd=into)
            os.utime(into, ns=(before.st_atime_ns, before.st_mtime_ns))
        finally:
            os.close(into)


def fewer(folder: bytes) -> str | None:
    for path, _ in list(databases(folder)):
        for ending in BESIDE:  # none is saved; a journal could name files to be removed
            _remove(os.path.join(folder, path) + ending.encode())
        for name in held_by(os.path.join(folder, path))["tables"]:
            table = '"' + name.replace('"', '""') + '"'
            with suppress(sqlite3.Error, MemoryError):  # of a table without a rowid, or whose trigger refuses it
                with closing(sqlite3.connect(os.fsdecode(os.path.join(folder, path)), isolation_level=None)) as opened:
                    _end_after(opened, LONGEST)
                    done = opened.execute(f"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})")
                if done.rowcount == 1:
                    return f"{name} of {os.fsdecode(path)}"
    return None


def _target(work: bytes, path: bytes) -> bytes:
    target = os.path.join(work, b"databases", path)
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    return target


def _like(like: os.stat_result, target: bytes) -> None:
    os.chown(target, like.st_uid, like.st_gid)
    os.chmod(target, stat.S_IMODE(like.st_mode))
    os.utime(target, ns=(like.st_atime_ns, like.st_mtime_ns))


def _uri(path: bytes, options: str) -> str:
    return f"file:{quote(path)}?{options}"


def _remove(path: bytes) -> None:
    with suppress(FileNotFoundError):
        os.remove(path)


def main(verb: str, *words: str) -> None:
    os.umask(0o077)
    with suppress(OSError):
        os.nice(10)
    with suppress(OSError, ValueError):  # where it may have less already
        resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))
    first, *others = map(os.fsencode, words)
    if verb == "look":
        said: Any = look(first, others)
    else:
        verbs: dict[str, Any] = {each.__name__: each for each in (copy, still, settle, tell, place, fewer)}
        said = verbs[verb](first, *others)
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
