"""The interface of a target, and the step that failed on it. Every target passes the same suite of tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ...errors import DockworthyError
from ...model.rollout import RolloutPlan, RolloutStep, Running, Task


class StepFailed(DockworthyError):
    """`service`: which one; `log`: the last lines that it wrote; `began`: did anything of it run?"""

    def __init__(
        self, service: str, why: str, *, log: tuple[str, ...] = (), hint: str = "", began: bool = True
    ) -> None:
        super().__init__(why, hint=hint, excerpt=tuple(f"  {line}" for line in log))
        self.service = service
        self.log = log
        self.began = began


class Target(Protocol):
    """Carries out the steps of one plan for one project, and can go back until it is told to retire the old tasks."""

    async def settled(self) -> None:
        """Waits until nothing of an earlier deploy that died is still at work."""

    async def planned(self, plan: RolloutPlan) -> RolloutPlan:
        """The plan with what must be done besides there. Raises UsageError, HostError where it can't be."""

    async def begin(self) -> None:
        """The release is recorded, and the first step comes: what all of them need is made."""

    async def running(self) -> Running:
        """What the project runs now. Raises EngineError and its kinds."""

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        """The same of its tasks alone, service -> tasks: it is asked for again and again."""

    async def carry_out(self, step: RolloutStep) -> None:
        """Raises StepFailed where new tasks do not become what they should; then the service runs as before."""

    async def take_back(self) -> None:
        """Takes back what steps so far replaced or removed. Raises StepFailed where old tasks do not run again."""

    async def retire(self) -> None:
        """The release is kept: what it replaced goes for good."""
