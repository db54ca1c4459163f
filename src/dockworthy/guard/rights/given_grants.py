"""A record of the grants that were given: a grant's own file goes with it, and its containers stay.

Who asks later which containers only root can have made needs to know who could make some at that time.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import structs

from ...model.given_grants import GivenGrant, GivenGrants
from . import private_files

MOST = 500
MOST_BYTES = 256 * 1024


class GivenRecord:
    """`folder`: the one of the grants, beside which the record lies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.file = folder.with_name("given-grants.json")

    def begin(self, in_force: Iterable[GivenGrant]) -> None:
        """Where there is no record yet. A folder of grants that is there already means that an earlier version may have
        given some: `in_force` are known, those before are not. Raises OSError."""
        with self._alone():
            if self._read() is None:
                self._write(self._begun(in_force))

    def add(self, grant: GivenGrant, in_force: Iterable[GivenGrant]) -> None:
        """`in_force`: as `begin` takes them, where there is no record yet. Raises OSError."""
        with self._alone():
            known = self._read() or self._begun(in_force)
            self._write(structs.replace(known, grants=(*known.grants, grant)))

    def end(self, ids: Iterable[str]) -> None:
        """They were revoked. Raises OSError."""
        gone, now = frozenset(ids), this_second()
        with self._alone():
            known = self._read() or GivenGrants(known_since=now)
            grants = (
                structs.replace(each, until=min(each.until, now)) if each.id in gone else each for each in known.grants
            )
            self._write(structs.replace(known, grants=tuple(grants)))

    def _begun(self, in_force: Iterable[GivenGrant]) -> GivenGrants:
        had_grants = self._folder.exists()
        return GivenGrants(known_since=this_second() if had_grants else None, grants=tuple(in_force))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two who give grants at a time wait for each other."""
        self.file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle = os.open(self.file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read(self) -> GivenGrants | None:
        """None where there is none that can be read: then one begins anew, which does not know what was before."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=GivenGrants)
        except (FileNotFoundError, msgspec.DecodeError, ValueError):
            return None

    def _write(self, known: GivenGrants) -> None:
        """What ended long ago goes where there is too much, and what is left says so."""
        grants = sorted(known.grants, key=lambda each: each.until)
        while len(grants) > MOST or len(msgspec.json.encode(structs.replace(known, grants=tuple(grants)))) > MOST_BYTES:
            cut = grants.pop(0).until
            known = structs.replace(known, known_since=max(known.known_since or cut, cut))
        content = msgspec.json.encode(structs.replace(known, grants=tuple(grants))) + b"\n"
        private_files.write(self.file, content)


def this_second() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
