"""Old containers turn unhealthy before they are stopped; one that was told to is never left so."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from dockworthy.deploy.targets import compose as leaving
from dockworthy.deploy.targets.compose import leave
from dockworthy.engine.connection import Connection
from dockworthy.model.rollout import Leaving


class Engine:
    """One container. `turns`: whether the signal makes it unhealthy."""

    def __init__(self, *, turns: bool = True) -> None:
        self.turns = turns
        self.health = "healthy"
        self.asked: list[str] = []

    async def get(self, path: str) -> dict[str, Any]:
        state = {"Status": "running", "Health": {"Status": self.health}}
        return {"Id": "a", "Name": "/a", "Image": "i", "Config": {"Labels": {}}, "State": state, "Mounts": []}

    async def send(self, method: str, path: str, *, answer: bool) -> None:
        self.asked.append(path.removeprefix("/containers/"))
        if "kill" in path and self.turns:
            self.health = "unhealthy"


async def left(engine: Engine, how: Leaving | None) -> list[str]:
    said: list[str] = []
    await leave(cast(Connection, engine), "web", how, ["a"], said.append)
    return said


async def test_it_is_told_and_waited_for() -> None:
    engine = Engine()
    assert await left(engine, Leaving(0.01, "SIGUSR1")) == [] and engine.asked == ["a/kill?signal=SIGUSR1"]
    for how in (None, Leaving(0.01)):
        engine = Engine()
        assert await left(engine, how) == [] and engine.asked == []


async def test_one_that_takes_no_notice_is_stopped_as_it_is_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "_MOST", 0.1)
    (said,) = await left(Engine(turns=False), Leaving(0.01, "SIGUSR1"))
    assert "SIGUSR1 makes no container unhealthy" in said


async def test_interrupted_in_between_it_is_started_again() -> None:
    engine = Engine(turns=False)
    task = asyncio.create_task(left(engine, Leaving(0.01, "SIGUSR1")))
    while not engine.asked:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.asked == ["a/kill?signal=SIGUSR1", "a/restart"]
