"""Trials of one service: each set of changes once, as new and over the data that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from ...model.fix import Change
from .project import NotStarted, ScratchProject
from .proposals import Proposal
from .watching import Expected, Seen, Watch

Say = Callable[[str], None]


class Trying:
    """Of the service `name`; `expected` is what its trials are held to."""

    def __init__(self, project: ScratchProject, name: str, expected: Expected, *, local: bool, say: Say) -> None:
        self.name = name
        self.service = project.service(name)
        self._project = project
        self._expected = expected
        self._local = local
        self._say = say
        self._tried: dict[str, Seen] = {}

    async def with_these(self, proposals: Sequence[Proposal]) -> Seen:
        """How the service does with these; the same is not tried twice."""
        changes = [change for proposal in proposals for change in proposal.changes]
        key = repr(changes)
        if key not in self._tried:
            self._say(f"{self.name}: trying {_in_short(proposals)}")
            self._tried[key] = await self._as_new_and_over_its_data(changes)
        return self._tried[key]

    async def _as_new_and_over_its_data(self, changes: Sequence[Change]) -> Seen:
        """With fresh volumes, and then with those that the unchanged one left."""
        if not self._project.own_volumes(self.name):
            return await self._start(changes, "")
        volumes = self._project.fresh_volumes()
        try:
            seen = await self._start(changes, volumes)
        finally:
            await self._project.remove(self.name)
            await self._project.remove_volumes(volumes)
        if not seen.up:
            return seen
        again = await self._start(changes, "")
        await self._project.stop(self.name)
        return again if again.up else structs.replace(again, why=f"over the data that it has: {again.why}")

    async def _start(self, changes: Sequence[Change], volumes: str) -> Seen:
        try:
            container = await self._project.start(self.name, changes, volumes=volumes)
        except NotStarted as refused:
            self._say(f"{self.name}: it can't be started: {refused.says}")
            return Seen(up=False, why=f"it can't be started: {refused.says}")
        seen = await Watch(self._project, container, self._expected, local=self._local).until_decided()
        if not seen.up:
            self._say(f"{self.name}: {seen.why}{f': {seen.line}' if seen.line else ''}")
        return seen


def _in_short(proposals: Sequence[Proposal]) -> str:
    return ", ".join(_word(each) for each in proposals) or "nothing changed"


def _word(proposal: Proposal) -> str:
    if proposal.topic == "capabilities":
        return proposal.says.removeprefix("it has ")
    if proposal.topic == "user":
        return proposal.says.removeprefix("it runs as ")
    return proposal.topic
