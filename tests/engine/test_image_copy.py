"""An image on its way from one engine to another: what breaks there is said of the one that broke."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dockworthy.engine.faults import NoSuchObject
from dockworthy.engine.image_copy import copy_image
from dockworthy.errors import EngineError, EngineUnreachable

IMAGE = "sha256:" + "a" * 64


class Source:
    """Has an image of three chunks, and may hang up after some."""

    def __init__(self, chunks: int = 3) -> None:
        self._chunks = chunks

    async def chunks(self, path: str) -> AsyncIterator[bytes]:
        for _ in range(min(self._chunks, 3)):
            yield b"x" * 1000
        if self._chunks < 3:
            raise EngineUnreachable("the manager's engine hung up")


class Target:
    """Takes one, says `said` to it, and has it then, unless it is called otherwise there."""

    endpoint = "unix:///target"

    def __init__(self, said: str = "", *, has: bool = True) -> None:
        self._said = said
        self._has = has
        self.taken = b""
        self.named: list[str] = []

    async def take(self, path: str, body: AsyncIterator[bytes]) -> bytes:
        try:
            async for chunk in body:
                self.taken += chunk
        except EngineError:
            raise EngineUnreachable("the target hung up") from None  # as a client tells of a body that breaks off
        return self._said.encode()

    async def get(self, path: str) -> Any:
        if not self._has:
            raise NoSuchObject("no such image")
        return {"Size": 3000}

    async def send(self, method: str, path: str) -> None:
        self.named.append(path)


async def copied(source: Source, target: Target, name: str = "") -> list[int]:
    told: list[int] = []
    await copy_image(source, target, IMAGE, name=name, told=told.append)  # type: ignore[arg-type]
    return told


async def test_all_of_it_under_its_name() -> None:
    target = Target('{"stream":"Loaded image ID"}\r\n')
    assert await copied(Source(), target, "registry:5000/team/shop:1") == [1000, 2000, 3000]
    assert len(target.taken) == 3000
    assert target.named == [f"/images/{IMAGE}/tag?repo=registry%3A5000%2Fteam%2Fshop&tag=1"]
    await copied(Source(), unnamed := Target())
    assert unnamed.named == []


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        (Source(chunks=1), Target(), "the manager's engine hung up"),
        (Source(), Target(json.dumps({"error": "no space left on device"})), "no space left on device"),
        (Source(), Target(has=False), "its engine names it otherwise"),
    ],
)
async def test_what_breaks_is_said_of_who_broke(source: Source, target: Target, says: str) -> None:
    with pytest.raises(EngineError) as raised:
        await copied(source, target, "shop:1")
    assert says in raised.value.says and target.named == []
