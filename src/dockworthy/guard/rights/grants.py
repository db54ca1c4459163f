"""Roles for a time: one file a grant in a folder of root's; each is written once, and goes when it is revoked."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec
from msgspec import Struct

from ...errors import OutputError, UsageError
from ...model.given_grants import MAKERS, GivenGrant
from ...model.guard_policy import Binding, Role
from ...state_directory import state_directory
from ..identity.identity import Identity
from ..policy_in_force import PolicyInForce
from . import private_files
from .given_grants import GivenRecord, this_second

_LOOK_EVERY = 1.0


class Grant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`by` is who gave it, `until` an instant with its time zone; `uid` or `gid` the number of the user or the group
    that it was given to, so that a later one of that name does not have it."""

    id: str
    binding: Binding
    until: datetime.datetime
    reason: str
    by: str
    uid: int | None = None
    gid: int | None = None

    def is_for(self, names: AbstractSet[str]) -> bool:
        numbers = [
            f"{kind}:{number}" for kind, number in (("user", self.uid), ("group", self.gid)) if number is not None
        ]
        return self.binding.who in names and names >= {*numbers}


def grants_folder(environ: Mapping[str, str] = os.environ) -> Path:
    return state_directory(environ) / "guard" / "grants"


class Grants:
    """Read again at each look; a file that was read is not read again, for it never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = GivenRecord(folder)
        self._read: dict[str, Grant | None] = {}

    def now(self) -> list[Grant]:
        """Those in force. What can't be read, or belongs to another user, is none."""
        today = datetime.datetime.now(datetime.UTC)
        try:
            names = [name for name in os.listdir(self._folder) if name.endswith(".json")]
        except OSError:
            return []
        self._read = {name: self._read[name] if name in self._read else _one(self._folder / name) for name in names}
        found = [grant for grant in self._read.values() if grant is not None and grant.until > today]
        return sorted(found, key=lambda grant: grant.until)

    def give(
        self,
        binding: Binding,
        seconds: int,
        reason: str,
        by: str,
        *,
        uid: int | None = None,
        gid: int | None = None,
    ) -> Grant:
        """Raises OutputError where it can't be kept, or can't be recorded for the time after it."""
        since = this_second()
        until = since + datetime.timedelta(seconds=seconds)
        grant = Grant(id=secrets.token_hex(4), binding=binding, until=until, reason=reason, by=by, uid=uid, gid=gid)
        file = self._folder / f"{grant.id}.json"
        try:
            if binding.role in MAKERS:
                self._record.add(
                    GivenGrant(id=grant.id, binding=binding, since=since, until=until), self._makers_in_force()
                )
            else:
                self.begin_record()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._forget_old()
            private_files.write(file, msgspec.json.encode(grant))
        except OSError as error:
            raise OutputError(f"{file} can't be written: {error.strerror}", hint="grants are given by root") from None
        return grant

    def revoke(self, named: str) -> list[Grant]:
        """By its id, or all of somebody's. Raises UsageError where there is none."""
        gone = [grant for grant in self.now() if named in (grant.id, grant.binding.who)]
        if not gone:
            raise UsageError(f"no grant in force is {named!r}, or of them", hint="dockworthy guard grants lists them")
        for grant in gone:
            try:
                (self._folder / f"{grant.id}.json").unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(f"grant {grant.id} can't be revoked: {error.strerror}") from None
        with contextlib.suppress(OSError):  # then the record says that it held longer than it did
            self._record.end(grant.id for grant in gone)
        return gone

    def begin_record(self) -> None:
        """The record of what is given, where there is none yet. Raises OSError."""
        self._record.begin(self._makers_in_force())

    def _makers_in_force(self) -> Iterator[GivenGrant]:
        """As if they had been given now: since when they hold nobody wrote down."""
        now = this_second()
        for each in self.now():
            if each.binding.role in MAKERS:
                yield GivenGrant(id=each.id, binding=each.binding, since=now, until=each.until)

    def take_ended(self) -> list[Grant]:
        """Those whose time is over, each told to one caller only: their files go."""
        in_force = {f"{grant.id}.json" for grant in self.now()}
        ended = []
        for name, grant in self._read.items():
            if grant is not None and name not in in_force:
                with contextlib.suppress(OSError):
                    (self._folder / name).unlink()
                    ended.append(grant)
        return ended

    async def watch_ended(self, told: Callable[[Grant], object]) -> None:
        """Until it is cancelled."""
        while True:
            for grant in self.take_ended():
                told(grant)
            await asyncio.sleep(_LOOK_EVERY)

    def _forget_old(self) -> None:
        self.take_ended()


def _one(file: Path) -> Grant | None:
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            status = os.fstat(handle)
            if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return None
            grant = msgspec.json.decode(opened.read(64 * 1024), type=Grant)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    return grant if grant.until.tzinfo is not None else None


_ROOT = Binding(who="user:root", role=Role.ADMIN)


class Roles:
    """Both are looked up at each request: what was revoked, or has run out, holds for the next one."""

    def __init__(self, policy: Callable[[], PolicyInForce], grants: Grants) -> None:
        self._policy, self._grants = policy, grants

    def held(self, who: Identity) -> list[Binding]:
        """The host's root is an admin: it could change this file, and end the guard."""
        if who.is_root:
            return [_ROOT]
        names = who.now.names
        own = [binding for binding in self._policy().guard.roles if binding.who in names]
        return [*own, *(grant.binding for grant in self._grants.now() if grant.is_for(names))]

    def granted(self, binding: Binding) -> str:
        """The id of the grant that gives it; empty where the policy does, or root has it anyway."""
        if binding is _ROOT or binding in self._policy().guard.roles:
            return ""
        return next((grant.id for grant in self._grants.now() if grant.binding == binding), "")

    def reserved(self) -> frozenset[str]:
        """Names of containers that have a role."""
        names = (binding.who.partition(":") for binding in self._all())
        return frozenset(name for kind, _, name in names if kind == "container")

    def projects(self) -> frozenset[str]:
        """Those to which a role is limited: they may come, if they are not there yet."""
        return frozenset(name for binding in self._all() for name in binding.projects)

    def _all(self) -> list[Binding]:
        return [*self._policy().guard.roles, *(grant.binding for grant in self._grants.now())]
