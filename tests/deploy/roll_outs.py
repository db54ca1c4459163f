"""What a roll-out is made of, without an engine."""

from __future__ import annotations

from typing import Any

from dockworthy.deploy.store.record import decoded, encoded
from dockworthy.model.release import Observation, Release
from dockworthy.model.rollout import RolloutStep


class Parts:
    """Target, store, lock, edge and watch of a roll-out that touches nothing. `fails`: what a step raises."""

    def __init__(self, fails: dict[str, BaseException], broken: tuple[str, ...] = ()) -> None:
        self._fails = fails
        self._broken = broken
        self.written: list[Release] = []
        self.meanwhile: list[tuple[str, str]] = []

    async def carry_out(self, step: RolloutStep) -> None:
        if self.written[-1].jobs:
            self.meanwhile += [(step.subject, run.outcome) for run in self.written[-1].jobs if run.job == step.subject]
        if (error := self._fails.get(step.subject)) is not None:
            raise error

    async def write(self, each: Release) -> None:
        self.written.append(decoded(encoded(each), "1.json"))

    async def observed(self) -> Observation:
        return Observation(seconds=1, broken=self._broken)

    async def tasks(self) -> dict[str, Any]:
        return {}

    async def _nothing(self, *_: object) -> None: ...

    check = announce = retire = _nothing

    async def settle(self, _: object) -> tuple[str, ...]:
        return ()

    async def take_back(self, *_: object) -> None: ...

    async def __aenter__(self) -> Parts:
        return self

    async def __aexit__(self, *_: object) -> None: ...
