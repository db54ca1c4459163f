"""Runs of single services of a scratch project: as they are, and with changes."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.fix import Change
from .baseline import Baseline
from .limits import Use
from .options import Options
from .probes import Probe
from .project import NotStarted, ScratchProject
from .watching import Expected, Seen, Watch

_TRIAL_SETTLE = 1.0
"""Seconds that a single trial must stay up; the result at the end is watched for longer."""


class Runs:
    """Of one project. `probes` are those of all its services."""

    def __init__(self, project: ScratchProject, probes: Sequence[Probe], options: Options) -> None:
        self.project = project
        self._probes = probes
        self._options = options

    async def as_it_is(self, name: str, use: Use) -> tuple[Seen, str]:
        """How the unchanged service does, and its container; `use` collects what it uses."""
        try:
            container = await self.project.start(name)
        except NotStarted as refused:
            return Seen(up=False, why=f"it can't be started: {refused.says}"), ""
        expected = Expected(
            within=self._options.start,
            settle=max(self._options.settle, 3.0),
            probes=self._of(name),
            ends=None,
            strict=False,
        )
        return await Watch(self.project, container, expected, local=True, use=use).until_decided(), container

    async def changed(
        self, name: str, changes: Sequence[Change], expected: Expected, *, recreate: bool = False
    ) -> Seen:
        """How it does with the changes. `recreate`: over what is left of it, as Compose does."""
        try:
            container = await self.project.start(name, changes, recreate=recreate)
        except NotStarted as refused:
            return Seen(up=False, why=f"it can't be started: {refused.says}")
        return await Watch(self.project, container, expected, local=True).until_decided()

    def expected(self, name: str, baseline: Baseline, settle: float = _TRIAL_SETTLE) -> Expected:
        """What a changed service is held to: what the unchanged one was seen to do."""
        return Expected(
            within=max(10.0, 3 * baseline.seen.seconds + 5),
            settle=min(settle, self._options.settle),
            probes=self._of(name),
            ports=baseline.seen.ports,
            restarts=baseline.seen.restarts + 1,
            ends=baseline.seen.ended,
            log=baseline.seen.log,
        )

    def _of(self, name: str) -> tuple[Probe, ...]:
        return tuple(probe for probe in self._probes if probe.service == name)
