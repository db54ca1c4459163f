"""The whole story of a proof: clean up after others, render, cut off, start, measure, try, run the result, remove."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...engine.connection import Connection
from ...engine.endpoint import find_endpoint, socket_path
from ...errors import UsageError
from ...facts.redaction import Redactor
from ...model.fix import Change, Fix
from ...model.verified import FinalState, Kept, Measured, Refused, Verified
from ..compose_edit import edit_compose
from .baseline import Baseline, measure
from .copies import Copies
from .docker_command import Docker
from .images import Image, build, local_images, look_at
from .leftovers import clean_leftovers, run_folder
from .limits import Use
from .not_proven import NotProven, not_up
from .options import Options
from .owner import Owner, this_process
from .probes import Probe, probes_from
from .project import NotStarted, ScratchProject, remove_all
from .prove_service import Say, ServiceProver
from .rendering import render
from .scope import scope_of
from .scratch import Scratch, cut_off
from .scratch_secrets import learn_secrets, put_in_secrets
from .stand_ins import StandIns
from .watching import Expected, Seen, Watch

_DAY = 86400.0
_TRIAL_SETTLE = 1.0
"""Seconds that a single trial must stay up; the result at the end is watched for longer."""


class Session:
    """One run. `say` is told what happens, a line at a time."""

    def __init__(
        self, file: str, text: str, wanted: Sequence[str], candidates: Sequence[Fix], options: Options, say: Say
    ) -> None:
        self._file = file
        self._text = text
        self._wanted = wanted
        self._candidates = candidates
        self._options = options
        self._redactor = Redactor(os.urandom(32))
        self._tell = say
        self._begun = time.monotonic()
        self._docker = Docker(options.endpoint)
        self._endpoint = find_endpoint(options.endpoint or None, os.environ)
        self._owner: Owner = this_process()
        self._stand_ins = StandIns(os.urandom(32), options.hand_in)
        self._notes: dict[str, None] = {}
        self._starts = 0

    async def run(self) -> Verified:
        """Raises NotProven, UsageError, EngineError. Whatever happens, nothing of the run is left afterwards."""
        await self._docker.needs_compose()
        if socket_path(self._endpoint) is None:
            raise UsageError(
                f"--verify starts services on an engine of this host, and {self._endpoint} is another",
                hint="copies of what a service binds can't be handed to it there; run dockworthy on that host",
            )
        async with Connection(self._endpoint, deadline=_DAY, per_call=60) as engine:
            if cleaned := await clean_leftovers(self._docker):
                self._say(f"removed what {cleaned} earlier {'run' if cleaned == 1 else 'runs'} left behind")
            folder = run_folder(self._owner)
            try:
                return await self._proof(engine, folder)
            finally:
                self._say("removing the scratch project")
                await asyncio.shield(self._remove(folder))

    async def _remove(self, folder: Path) -> None:
        await remove_all(self._docker, self._owner.run)
        shutil.rmtree(folder, ignore_errors=True)

    async def _proof(self, engine: Connection, folder: Path) -> Verified:
        rendered = await render(self._docker, self._text, self._file, self._wanted)
        wanted = tuple(self._wanted) or tuple(rendered["services"])
        scope = scope_of(rendered["services"], wanted)
        probes = probes_from(self._options.probes, rendered["services"], wanted)
        images = await self._images(rendered, scope)
        project = self._project(engine, folder, rendered, scope, images)
        baselines = await self._baselines(project, scope, images, probes)
        kept, refused = await self._tightest(project, scope, wanted, images, baselines, probes)
        states = await self._all_together(engine, folder, scope, images, baselines, probes, kept)
        return Verified(
            kept=tuple(kept),
            refused=tuple(self._clean(each) for each in refused),
            measured=tuple(_measured(name, baseline) for name, baseline in baselines.items()),
            states=states,
            trials=self._starts + project.starts,
            seconds=time.monotonic() - self._begun,
            notes=tuple(self._notes),
        )

    async def _images(self, rendered: Mapping[str, Any], scope: Sequence[str]) -> dict[str, Image]:
        images, to_build = await local_images(self._docker, rendered, scope, pull=self._options.pull)
        for name in to_build:
            self._say(f"{name}: building its image")
            folder = str(Path(self._file).resolve().parent)
            images[name] = await build(self._docker, rendered, name, self._owner, folder)
        return images

    def _project(
        self,
        engine: Connection,
        folder: Path,
        rendered: Mapping[str, Any],
        scope: Sequence[str],
        images: Mapping[str, Image],
    ) -> ScratchProject:
        """The cut-off project, with its copies and stand-ins."""
        learn_secrets(rendered, tuple(scope), self._stand_ins, os.environ)
        scratch: Scratch = cut_off(rendered, scope, images, self._owner, self._stand_ins)
        place = folder / f"project{self._starts}"
        place.mkdir()
        copies = Copies(place, self._options.copy_limit, self._stand_ins)
        copies.put_in(scratch.config, scratch.binds)
        notes: list[str] = []
        variables = put_in_secrets(scratch.config, rendered, self._stand_ins, copies, os.environ, notes)
        self._notes.update(dict.fromkeys((*scratch.notes, *copies.notes, *notes)))
        return ScratchProject(self._docker, engine, self._owner, place, scratch.config, variables)

    async def _baselines(
        self, project: ScratchProject, scope: Sequence[str], images: Mapping[str, Image], probes: Sequence[Probe]
    ) -> dict[str, Baseline]:
        """Each service as it is: if that does not come up, nothing can be proven."""
        found: dict[str, Baseline] = {}
        for name in scope:
            self._say(f"{name}: starting it as it is")
            use = Use()
            seen, container = await self._as_it_is(project, name, probes, use)
            if not seen.up:
                raise not_up(name, seen, self._redactor)
            found[name] = await measure(project, name, container, images[name], seen, use, self._owner)
            self._say(f"{name}: up after {seen.seconds:.1f} s")
            if seen.how.startswith("it stayed"):
                self._notes[
                    f"{name} has no health check, no port and no probe: all that is known is that it stayed up"
                ] = None
        return found

    async def _as_it_is(
        self, project: ScratchProject, name: str, probes: Sequence[Probe], use: Use
    ) -> tuple[Seen, str]:
        try:
            container = await project.start(name)
        except NotStarted as refused:
            return Seen(up=False, why=f"it can't be started: {refused.says}"), ""
        expected = Expected(
            within=self._options.start,
            settle=max(self._options.settle, 3.0),
            probes=tuple(probe for probe in probes if probe.service == name),
            ends=None,
            strict=False,
        )
        return await Watch(project, container, expected, local=True, use=use).until_decided(), container

    async def _tightest(
        self,
        project: ScratchProject,
        scope: Sequence[str],
        wanted: Sequence[str],
        images: Mapping[str, Image],
        baselines: Mapping[str, Baseline],
        probes: Sequence[Probe],
    ) -> tuple[list[Kept], list[Refused]]:
        """Of each wanted service, while those that it depends on run as they were proven."""
        kept: list[Kept] = []
        refused: list[Refused] = []
        for name in scope:
            await project.stop(name)
        for name in scope:
            expected = self._expected(name, baselines[name], probes)
            if name in wanted:
                prover = ServiceProver(
                    project, name, baselines[name], expected, self._candidates,
                    look=partial(look_at, self._docker, images[name], self._owner, name), local=True, say=self._say,
                )  # fmt: skip
                kept += await prover.tightest()
                refused += prover.refused
            changes = [change for each in kept if each.service == name for change in each.changes]
            seen = await self._run(project, name, changes, expected)
            if not seen.up:
                raise not_up(name, seen, self._redactor)
        return kept, refused

    async def _all_together(
        self,
        engine: Connection,
        folder: Path,
        scope: Sequence[str],
        images: Mapping[str, Image],
        baselines: Mapping[str, Baseline],
        probes: Sequence[Probe],
        kept: Sequence[Kept],
    ) -> tuple[FinalState, ...]:
        """The file as it will be written, read by Compose again: started as new, and once more over its own data."""
        changes = [change for each in kept for change in each.changes]
        text = edit_compose(self._text, changes, file=self._file) if changes else self._text
        rendered = await render(self._docker, text, self._file, self._wanted)
        await remove_all(self._docker, self._owner.run)
        self._starts += 1
        project = self._project(engine, folder, rendered, scope, images)
        states: list[FinalState] = []
        for again in (False, True):
            self._say("starting the result once more, over its own data" if again else "starting the result as new")
            states = []
            for name in scope:
                expected = self._expected(name, baselines[name], probes, settle=self._options.settle)
                seen = await self._run(project, name, (), expected, recreate=again)
                if not seen.up:
                    raise not_up(name, seen, self._redactor)
                states.append(FinalState(service=name, state="ended well" if seen.ended else "up", how=seen.how))
        self._starts += project.starts
        return tuple(states)

    async def _run(
        self,
        project: ScratchProject,
        name: str,
        changes: Sequence[Change],
        expected: Expected,
        *,
        recreate: bool = False,
    ) -> Seen:
        try:
            container = await project.start(name, changes, recreate=recreate)
        except NotStarted as refused:
            return Seen(up=False, why=f"it can't be started: {refused.says}")
        return await Watch(project, container, expected, local=True).until_decided()

    def _expected(
        self, name: str, baseline: Baseline, probes: Sequence[Probe], settle: float = _TRIAL_SETTLE
    ) -> Expected:
        return Expected(
            within=max(10.0, 3 * baseline.seen.seconds + 5),
            settle=min(settle, self._options.settle),
            probes=tuple(probe for probe in probes if probe.service == name),
            ports=baseline.seen.ports,
            restarts=baseline.seen.restarts + 1,
            ends=baseline.seen.ended,
            log=baseline.seen.log,
        )

    def _say(self, line: str) -> None:
        self._tell(str(self._redactor.clean(line)))

    def _clean(self, refused: Refused) -> Refused:
        return Refused(
            service=refused.service,
            says=refused.says,
            why=str(self._redactor.clean(refused.why)),
            log=str(self._redactor.clean(refused.log)),
            controls=refused.controls,
        )


def _measured(name: str, baseline: Baseline) -> Measured:
    return Measured(
        service=name,
        up_after=baseline.seen.seconds,
        memory=baseline.use.memory,
        cpus=baseline.use.cpus,
        pids=baseline.use.pids,
        wrote=tuple(each.path for each in baseline.wrote),
    )


__all__ = ["NotProven", "Session"]
