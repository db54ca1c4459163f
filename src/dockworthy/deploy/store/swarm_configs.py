"""Releases as configs of a swarm: what was shipped is data that never changes, what became of it stands in labels.

The managers keep them all, whichever of them is asked. A swarm does not tell who made a config: what an admin's deploy
keeps has a label that a guard lets nobody else give (model/kept_on_swarm.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from ...engine.connection import Connection
from ...errors import EngineError, UnreadableInput, UsageError
from ...model.compose_project import FileObject
from ...model.kept_on_swarm import OF_ADMINS
from ...model.release import Release, ReleaseState
from ..secret_versions import CUT_MODE, used_versions
from .files import must_be_name, version_of
from .record import decoded, encoded, superfluous
from .release_store import KEPT, StoreContents
from .swarm_lock import LAST, Head, SwarmLock, held
from .swarm_objects import (
    KIND,
    MOST_BYTES,
    PROJECT,
    Kind,
    Object,
    SwarmObjects,
    is_for_admins_only,
    must_have,
    not_ours,
    number_in,
)

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""A config's name has 64 letters at most."""
_NUMBER, _OUTCOME = "dockworthy.number", "dockworthy.outcome"
_KEY = "dockworthy.versions-key"
_VERSION_OF, _VERSION = "dockworthy.version-of", "dockworthy.version"
_OF_OUTCOME = ("state", "ended", "why", "hint", "findings", "observation", "jobs")
"""Fields of a release that are written after it began."""
_OF_IDENTITY = ("number", "project", "target", "who", "began", "commit")
_KINDS: tuple[Kind, Kind] = ("configs", "secrets")
_LONGEST = 64


class SwarmStore:
    """The ReleaseStore of one project on one swarm."""

    def __init__(self, engine: Connection, project: str) -> None:
        """Raises UsageError for what is no name of a Compose project, and for one that is too long."""
        if not _PROJECT.fullmatch(project):
            raise UsageError(
                f"{project!r} can't be a project's name on a swarm",
                hint="lowercase letters, digits, `_` and `-`, 40 at most (`deploy.project`)",
            )
        self.project = project
        self._objects = SwarmObjects(engine)
        self._head = Head(self._objects, project)
        self._key = b""
        self._as_admin = True
        self._held: SwarmLock | None = None

    @contextlib.asynccontextmanager
    async def lock(self, *, who: str, doing: str, take_over: bool = False) -> AsyncIterator[SwarmLock]:
        """Raises Occupied, which names the holder, and EngineError."""
        async with held(self._head, who=who, doing=doing, take_over=take_over) as self._held:
            try:
                yield self._held
            finally:
                self._held = None

    async def releases(self, *, skip_damaged: bool = False) -> Sequence[Release]:
        """All that are kept, oldest first. Raises UnreadableInput for a damaged one, unless it is to be skipped."""
        read = []
        for each in await self._records():
            try:
                read.append(_release(each))
            except UnreadableInput:
                if not skip_damaged:
                    raise
        return read

    async def not_by_admins(self, releases: Sequence[Release]) -> frozenset[int]:
        """Without the label that an admin's deploy gives, and a guard lets nobody else give. One that is gone by now
        has none: only what nobody else could remove is an admin's."""
        of_admins = {_number(each) for each in await self._records() if each.is_of_admins}
        return frozenset(each.number for each in releases) - of_admins

    async def next_number(self) -> int:
        """Larger than that of every release there ever was, also of those that are gone."""
        head = await self._head.read()
        last = number_in(head.labels.get(LAST)) if head is not None else 0
        return max([last, *(_number(each) for each in await self._records())]) + 1

    async def write(self, release: Release) -> None:
        """Raises UsageError for one that is too large or has a number that was another's, and where something else has
        its name; EngineError, Occupied."""
        content = encoded(release)
        name = self._record_name(release.number)
        labels = {KIND: "release", PROJECT: self.project, _NUMBER: str(release.number)}
        found = await self._objects.get(name)
        if found is None:
            await self._claim_number(release.number)
            if not await self._create("configs", name, content, labels):
                raise not_ours(name, f"has the name of a release of {self.project}")
            await self._forget()
            return
        must_have(found, labels)
        _must_be_same_release(found, release, content)
        await self._fence()
        outcome = _outcome(msgspec.json.decode(found.data), msgspec.json.decode(content))
        text = msgspec.json.encode(outcome).decode()
        await self._objects.change(name, lambda each: {**each.labels, _OUTCOME: text})

    async def keep_version(self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None) -> str:
        """Raises UsageError for what is no name, for a content that no swarm takes, and where something else has its
        name; EngineError, Occupied."""
        version = await self.foreseen_version(name, content, mode=mode, owner=owner)
        if not 0 < len(content) <= MOST_BYTES:
            raise UsageError(f"{name} has {len(content)} bytes, and a swarm takes from 1 to {MOST_BYTES:,}")
        await self._fence()
        kind, called, labels = _kind(name), self._name(name, version), self._labels_of(name, version)
        if await self._create(kind, called, content, labels):
            return version
        if (found := await self._objects.get(called, kind)) is not None:
            must_have(found, labels, kind)
            if kind == "configs" and found.data != content:  # nobody can read a secret
                raise not_ours(called, f"holds something else than {name}", kind)
            if kind == "configs" and self._as_admin and not found.is_of_admins:
                await self._mark_as_admins(called)
        return version

    async def _create(self, kind: Kind, name: str, data: bytes, labels: Mapping[str, str]) -> bool:
        """As an admin's. Somebody whom a guard does not let do that keeps it as anybody's."""
        if self._as_admin:
            try:
                return await self._objects.create(kind, name, data, {**labels, OF_ADMINS: "yes"})
            except EngineError as error:
                if not is_for_admins_only(error):
                    raise
                self._as_admin = False
        return await self._objects.create(kind, name, data, labels)

    async def _mark_as_admins(self, name: str) -> None:
        """Makes an admin's what somebody else keeps, too: who made it could put something else there later."""
        try:
            await self._objects.change(name, lambda each: {**each.labels, OF_ADMINS: "yes"})
        except EngineError as error:
            if not is_for_admins_only(error):
                raise
            self._as_admin = False

    async def _remove(self, kind: Kind, found: Object) -> bool:
        """False where a service uses it, or where it is an admin's and we are none: an admin's next deploy does."""
        try:
            return await self._objects.remove(kind, found)
        except EngineError as error:
            if not is_for_admins_only(error):
                raise
            return False

    async def foreseen_version(
        self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None, making_key: bool = True
    ) -> str:
        """Raises UsageError for what is no name, EngineError."""
        must_be_name(name)
        self._key = self._key or await self._swarms_key(making_key)
        return version_of(self._key or secrets.token_bytes(32), name, content, mode=mode, owner=owner)

    def definition_of(self, name: str, version: str) -> FileObject:
        return FileObject.from_json({"name": self._name(name, version), "external": True})

    async def kept_version(self, name: str, version: str) -> str | None:
        """Only of values that were cut out of a record: nobody can read a secret of a swarm. Raises UsageError where
        something else has its name, or where it is no longer what the record means."""
        found = await self._objects.get(self._name(name, version))
        if found is None:
            return None
        must_have(found, self._labels_of(name, version))
        if version != await self.foreseen_version(name, found.data, mode=CUT_MODE, owner=None, making_key=False):
            raise not_ours(found.name, f"holds something else than {name} of version {version}")
        return found.data.decode("utf-8", "surrogateescape")

    async def clean(self, keep: Sequence[Release]) -> None:
        """Those that a service still uses stay until the next time. Raises EngineError, Occupied."""
        await self._fence()
        used = {version for release in keep for version in used_versions(release.versions, release.spec)}
        for kind in _KINDS:
            for each in await self._objects.find(kind, dockworthy_kind="version", dockworthy_project=self.project):
                if (each.labels.get(_VERSION_OF), each.labels.get(_VERSION)) not in used:
                    await self._remove(kind, each)

    async def contents(self) -> StoreContents:
        """Raises EngineError."""
        found = [each for kind in _KINDS for each in await self._objects.find(kind, dockworthy_project=self.project)]
        labels = [each.labels for each in found]
        return StoreContents(
            tuple(each[_NUMBER] for each in labels if each.get(KIND) == "release" and _NUMBER in each),
            tuple(
                (each.get(_VERSION_OF, ""), each.get(_VERSION, "")) for each in labels if each.get(KIND) == "version"
            ),
            has_more=bool(found),
        )

    async def erase(self) -> None:
        """The lock goes last. Raises EngineError, also where a service still uses a version; Occupied."""
        await self._fence()
        for kind in _KINDS:
            for each in await self._objects.find(kind, dockworthy_project=self.project):
                if each.name != self._head.name and not await self._objects.remove(kind, each):
                    raise EngineError(
                        f"the swarm's {kind.removesuffix('s')} {each.name} is still in use",
                        hint="docker service ls: which service of another stack mounts it?",
                    )
        await self._fence()
        if (head := await self._head.read()) is not None:
            await self._objects.remove("configs", head)

    async def _records(self) -> list[Object]:
        found = await self._objects.find("configs", dockworthy_kind="release", dockworthy_project=self.project)
        # By their names, too: who may label a config of one project may call none as another one calls its own.
        return sorted(
            (each for each in found if _number(each) and each.name == self._record_name(_number(each))),
            key=_number,
        )

    def _record_name(self, number: int) -> str:
        return f"{self.project}_dockworthy.release.{number}"

    async def _claim_number(self, number: int) -> None:
        def counted(head: Object) -> Mapping[str, str]:
            if self._held is not None:
                self._held.must_count(head)
            if number <= number_in(head.labels.get(LAST)):
                raise UsageError(f"number {number} was that of a release of {self.project} which is gone")
            return {**head.labels, LAST: str(number)}

        await self._head.made()
        await self._objects.change(self._head.name, counted)

    async def _forget(self) -> None:
        """What is neither among the last nor needed. A damaged record stays for a person to see."""
        records = {_number(each): each for each in await self._records()}
        if len(records) > KEPT:
            for number in superfluous(await self.releases(skip_damaged=True)):
                await self._remove("configs", records[number])

    async def _fence(self) -> None:
        if self._held is not None:
            await self._held.check()

    async def _swarms_key(self, making: bool) -> bytes:
        """By which versions tell nothing of their content; of two that make one at once, one is everybody's."""
        if making:
            return (await self._objects.found_or_made(_KEY, secrets.token_bytes(32), {KIND: "key"})).data
        found = await self._objects.get(_KEY)
        return b"" if found is None else found.data

    def _labels_of(self, name: str, version: str) -> dict[str, str]:
        return {KIND: "version", PROJECT: self.project, _VERSION_OF: name, _VERSION: version}

    def _name(self, name: str, version: str) -> str:
        """Of the swarm's object; a long one by its digest (its labels tell the whole)."""
        plain = must_be_name(name).removeprefix("secrets.").removeprefix("configs.")
        whole = f"{self.project}_{plain}-{version}"
        if len(whole) <= _LONGEST:
            return whole
        return f"{self.project[:30]}_{hashlib.sha256(name.encode()).hexdigest()[:16]}-{version}"


def _kind(name: str) -> Kind:
    return "secrets" if name.startswith("secrets.") else "configs"


def _number(record: Object) -> int:
    """0 where the label holds none."""
    return number_in(record.labels.get(_NUMBER))


def _release(record: Object) -> Release:
    file = f"config {record.name}"
    try:
        written = msgspec.json.decode(record.data)
        whole = written | _outcome(written, msgspec.json.decode(record.labels.get(_OUTCOME) or "{}"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, AttributeError):
        return decoded(b"", file)  # which says that it is damaged
    release = decoded(msgspec.json.encode(whole), file)
    if (release.number, release.project) != (_number(record), record.labels[PROJECT]):
        return decoded(b"", file)
    return release


def _outcome(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a release since it was written. Labels can be changed: what was shipped stands in none of them."""
    return {key: now[key] for key in _OF_OUTCOME if key in now and before.get(key) != now[key]}


def _must_be_same_release(found: Object, release: Release, content: bytes) -> None:
    """Raises UsageError where what is there is another release than this one, of which it has the number."""
    try:
        there, now = msgspec.json.decode(found.data), msgspec.json.decode(content)
        is_it = all(there.get(key) == now[key] for key in _OF_IDENTITY)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, AttributeError):
        is_it = False
    if not is_it or (release.state is ReleaseState.PREPARED and found.data != content):
        raise not_ours(found.name, f"has the name of release {release.number} of {release.project}, and is another one")
