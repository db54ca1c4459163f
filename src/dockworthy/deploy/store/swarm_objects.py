"""Configs and secrets of a swarm: data that never changes, and labels that are changed by version.

Source: Engine API v1.45, /configs and /secrets.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote

from msgspec import Struct

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.filters import filters
from ...errors import EngineError, EngineRefused, UsageError
from ...model.kept_on_swarm import ADMINS_RULE, is_of_admins

Kind = Literal["configs", "secrets"]
KIND = "dockworthy.kind"
PROJECT = "dockworthy.project"
MOST_BYTES = 500_000
"""Of a secret or a config. Source: Docker's documentation of secrets: 500 kB."""
_TRIES = 50
_MADE, _BETWEEN = 10, 0.1
"""How often, and after how many seconds, a config is looked for that somebody else makes at the same time."""


class Object(Struct, frozen=True):
    """`index` is the version that a change of its labels must name. `data` is b"" for a secret: nobody can read it."""

    id: str
    index: int
    name: str
    labels: Mapping[str, str]
    data: bytes

    @property
    def is_of_admins(self) -> bool:
        return is_of_admins(self.labels)


class SwarmObjects:
    """Of one swarm. Everything raises EngineError and its kinds."""

    def __init__(self, engine: Connection) -> None:
        self._engine = engine

    async def find(self, kind: Kind, **labels: str) -> list[Object]:
        """With these labels (`_` in a name stands for `.`)."""
        wanted = [f"{name.replace('_', '.')}={value}" for name, value in labels.items()]
        answer = await self._engine.get(f"/{kind}?{filters(label=wanted)}")
        return [_object(each) for each in answer or ()]

    async def get(self, name: str, kind: Kind = "configs") -> Object | None:
        """By its name."""
        try:
            found = _object(await self._engine.get(f"/{kind}/{quote(name)}"))
        except NoSuchObject:
            return None
        return found if found.name == name else None

    async def create(
        self, kind: Kind, name: str, data: bytes, labels: Mapping[str, str], *, as_root: bool = False
    ) -> bool:
        """False where one of that name is there already: it is left as it is. `as_root`: as Connection.send has it;
        what is an admin's is always sent so."""
        body = {"Name": name, "Labels": dict(labels), "Data": base64.b64encode(data).decode()}
        try:
            await self._engine.send("POST", f"/{kind}/create", body, as_root=as_root or is_of_admins(labels))
        except EngineError as error:
            if "status 409" in error.says:
                return False
            raise
        return True

    async def found_or_made(self, name: str, data: bytes, labels: Mapping[str, str]) -> Object:
        """The config of that name, made where there is none; of two that make it at once, one is everybody's. Raises
        EngineError where a config has that name in other capital letters: to a swarm that is the same name; UsageError
        where the one that is there has other labels than these."""
        for _ in range(_MADE):
            if (found := await self.get(name)) is not None:
                must_have(found, labels)
                return found
            if not await self.create("configs", name, data, labels) and await self.get(name) is None:
                await asyncio.sleep(_BETWEEN)
        raise EngineError(
            f"the swarm can't make its config {name}, and has none of that name",
            hint="one that differs only in capital letters has the name: docker config ls; docker config rm",
        )

    async def relabel(self, found: Object, labels: Mapping[str, str]) -> bool:
        """False where somebody else changed it since it was read."""
        body = {"Name": found.name, "Labels": dict(labels)}
        path = f"/configs/{found.id}/update?version={found.index}"
        try:
            await self._engine.send("POST", path, body, answer=False, as_root=is_of_admins(labels))
        except EngineError as error:
            if "out of sequence" in error.says:
                return False
            raise
        return True

    async def change(self, name: str, to: Callable[[Object], Mapping[str, str]]) -> None:
        """Changes the labels of a config, again where others are faster. `to` may raise: then nothing is changed."""
        for _ in range(_TRIES):
            found = await self.get(name)
            if found is None:
                raise NoSuchObject(f"the swarm's config {name} was removed by somebody else")
            if await self.relabel(found, to(found)):
                return
        raise EngineError(f"the swarm's config {name} is changed by others all the time")

    async def remove(self, kind: Kind, found: Object, *, as_root: bool = False) -> bool:
        """False where a service uses it; one that is gone is no error."""
        try:
            await self._engine.send(
                "DELETE", f"/{kind}/{found.id}", answer=False, as_root=as_root or found.is_of_admins
            )
        except NoSuchObject:
            return True
        except EngineError as error:
            if "in use" in error.says:
                return False
            raise
        return True


def must_have(found: Object, labels: Mapping[str, str], kind: Kind = "configs") -> None:
    """Raises UsageError for an object that took the name of one of ours."""
    if any(found.labels.get(name) != value for name, value in labels.items()):
        raise not_ours(found.name, "is not what dockworthy keeps under that name", kind)


def not_ours(name: str, why: str, kind: Kind = "configs") -> UsageError:
    """`why`: a verb and what follows."""
    one = kind.removesuffix("s")
    return UsageError(
        f"the swarm's {one} {name} {why}: somebody else made it",
        hint=f"see what it is (docker {one} inspect {name}), and let an admin remove it: docker {one} rm {name}",
    )


def is_for_admins_only(error: EngineError) -> bool:
    """Did a guard refuse it because it is about what an admin's deploy keeps?"""
    return isinstance(error, EngineRefused) and ADMINS_RULE in error.says


def number_in(label: str | None) -> int:
    """0 for what is no number."""
    return int(label) if label and label.isascii() and label.isdecimal() and len(label) < 16 else 0


def _object(answer: Mapping[str, Any]) -> Object:
    spec = answer["Spec"]
    data = base64.b64decode(spec.get("Data") or "")
    return Object(answer["ID"], answer["Version"]["Index"], spec["Name"], spec.get("Labels") or {}, data)
