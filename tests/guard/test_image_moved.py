"""What is made of another image than the one that was judged goes again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dockworthy.errors import EngineTimeout
from dockworthy.guard.plugin.moved_images import NotingWorld, PendingCreates
from dockworthy.guard.request import GuardRequest
from guard.worlds import EmptyWorld

CREATE = GuardRequest(method="POST", target="/v1.45/containers/create", body=b'{"Image":"shop:1"}')
MADE = json.dumps({"Id": "c" * 64, "Warnings": []}).encode()
NEW, OLD, ELSEWHERE = "new", "old", "elsewhere"


class Engine(EmptyWorld):
    """Its `shop:1` is `judged` when it is looked at and `used` when the container is made."""

    def __init__(self, judged: str = "sha256:a", used: str = "sha256:a", *, silent: bool = False) -> None:
        self.judged, self.used, self.silent = judged, used, silent
        self.removed: list[str] = []

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        return {"Id": self.judged} if self.judged else None

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        if self.silent:
            raise EngineTimeout("it does not answer")
        mounts = [{"Type": "volume", "Name": name} for name in (NEW, OLD, ELSEWHERE)]
        return {"Image": self.used, "Mounts": [*mounts, {"Type": "bind", "Source": "/srv"}]}

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        options = {"type": "nfs"} if name == ELSEWHERE else None
        return {"Name": name, "Driver": "local", "Mountpoint": "/nowhere", "Options": options}

    async def remove(self, path: str) -> None:
        self.removed.append(path)


async def judged(engine: Engine, *, status: int = 201, answer: bytes = MADE) -> str:
    """Why it is refused after all; empty where it is not."""
    pending, looked = PendingCreates(), NotingWorld(engine)
    await looked.image("shop:1")
    looked.missing.add(NEW)
    pending.expect(CREATE, looked)
    assert pending
    decision = await pending.judge(CREATE, status, answer, engine)
    assert not pending, "an answer is judged once"
    assert await pending.judge(CREATE, status, answer, engine) is None
    return "" if decision is None else decision.message()


async def test_what_is_made_of_the_image_that_was_judged_stays() -> None:
    engine = Engine()
    assert not await judged(engine) and not engine.removed
    assert not await judged(Engine(used="sha256:b"), status=404, answer=b'{"message":"No such image"}')


@pytest.mark.parametrize("before", ["sha256:b", ""])
async def test_what_is_made_of_another_goes_with_the_volume_that_it_made(before: str) -> None:
    engine = Engine(judged=before)
    says = await judged(engine)
    assert "guard/image-moved" in says and f"volume {ELSEWHERE} may hold files" in says
    assert engine.removed == [f"/containers/{'c' * 64}?force=1&v=1", f"/volumes/{NEW}"]


@pytest.mark.parametrize(("engine", "answer"), [(Engine(silent=True), MADE), (Engine(), b"no json"), (Engine(), b"[]")])
async def test_what_can_not_be_looked_at_is_refused(engine: Engine, answer: bytes) -> None:
    assert "can't be inspected or removed" in await judged(engine, answer=answer)
    assert not engine.removed
