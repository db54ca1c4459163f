"""When each account last logged in: lastlog2's database, lastlog, and the login journal wtmp with its predecessor.

Formats: lastlog(8) and utmp(5) as glibc lays them out (a 32-bit or a 64-bit time); lastlog2 is an SQLite file with one
table `Lastlog2(Name, Time, …)`; wtmpdb one with `wtmp(Type, User, Login, …)`, in microseconds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime

from ...model.field import Field, Origin, Set, Source, Unknown
from ...model.host import LoginRecord
from .names import Names
from .root import Root, clean

_LASTLOG = "/var/log/lastlog"
_WTMP = ("/var/log/wtmp", "/var/log/wtmp.1")
_LASTLOG2 = "/var/lib/lastlog/lastlog2.db"
_WTMPDB = "/var/lib/wtmpdb/wtmp.db"
_PLACES = f"{_LASTLOG}, {_WTMP[0]}, {_LASTLOG2}, {_WTMPDB}"
_USER_PROCESS = 7
_USER_IN_DB = 3
_LAYOUTS = ((384, "<i", 340), (400, "<q", 344))
"""Of wtmp: size of a record, form and place of its time."""

Login = tuple[str, int]
"""Account, seconds since 1970."""


def read_logins(root: Root, names: Names) -> Field[LoginRecord]:
    """Unknown where nobody's login is recorded: not every distribution keeps such a record any more."""
    found: dict[str, int] = {}
    oldest, where, closed = 0, "", ""
    sources = (
        (_LASTLOG2, _of_lastlog2),
        (_LASTLOG, lambda content: _of_lastlog(content, names)),
        *((path, _of_wtmp) for path in _WTMP),
        (_WTMPDB, _of_wtmpdb),
    )
    for path, read in sources:
        try:
            logins = list(read(root.read_bytes(path)))
        except PermissionError:
            closed = path
            continue
        except OSError:
            continue
        for name, moment in logins:
            found[name] = max(found.get(name, 0), moment)
            oldest = min(oldest or moment, moment)
        where = where or (path if logins else "")
    if not found:
        tell = f"run as root: {closed} can't be read" if closed else "lastlog2, wtmpdb or an auditd would keep one"
        return Unknown("no login of anybody is recorded on this host", tell, Source(closed or _PLACES))
    last = {clean(name): _day(moment) for name, moment in sorted(found.items())}
    return Set(LoginRecord(last, _day(oldest)), Source(where), Origin.MEASURED)


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of_lastlog(content: bytes, names: Names) -> Iterator[Login]:
    """One record an uid, at the place of its number."""
    size, form = (292, "<i") if len(content) % 292 == 0 else (296, "<q")
    for user in names.users:
        place = user.uid * size
        if place + size <= len(content):
            (moment,) = struct.unpack_from(form, content, place)
            if _is_moment(moment):
                yield user.name, moment


def _of_wtmp(content: bytes) -> Iterator[Login]:
    layout = next((layout for layout in _LAYOUTS if len(content) % layout[0] == 0), None)
    if layout is None:
        return
    size, form, place = layout
    for start in range(0, len(content), size):
        (kind,) = struct.unpack_from("<h", content, start)
        (moment,) = struct.unpack_from(form, content, start + place)
        name = content[start + 44 : start + 76].split(b"\0", 1)[0].decode("utf-8", "replace")
        if kind == _USER_PROCESS and name and _is_moment(moment):
            yield name, moment


def _of_lastlog2(content: bytes) -> Iterator[Login]:
    return _rows(content, "SELECT Name, Time FROM Lastlog2", 1)


def _of_wtmpdb(content: bytes) -> Iterator[Login]:
    return _rows(content, f"SELECT User, max(Login) FROM wtmp WHERE Type = {_USER_IN_DB} GROUP BY User", 1_000_000)


def _rows(content: bytes, query: str, unit: int) -> Iterator[Login]:
    """(name, seconds) of a database that is read in memory: nothing is opened for writing, nothing is locked."""
    if not content.startswith(b"SQLite format 3\0"):
        return
    import sqlite3  # 3 ms: only where such a file is

    rows: Iterable[tuple[object, object]] = ()
    with closing(sqlite3.connect(":memory:")) as database, suppress(sqlite3.Error):
        database.deserialize(_without_journal(content))
        rows = database.execute(query).fetchall()
    for name, moment in rows:
        if isinstance(name, str) and isinstance(moment, int) and _is_moment(moment // unit):
            yield name, moment // unit


def _without_journal(content: bytes) -> bytes:
    """A file in journal mode WAL can't be opened from memory: it is marked as one that needs none."""
    return content[:18] + b"\1\1" + content[20:]


def _is_moment(seconds: int) -> bool:
    """From 1990 on, and no nonsense: a snapshot must be able to hold it."""
    return 631_152_000 <= seconds < 1 << 33
