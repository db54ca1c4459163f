"""The three stages of a proof: each service as it is, each in its tightest form, and all of them together."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...engine.docker_command import Docker
from ...errors import DockworthyError, UnreadableInput
from ...model.fix import Change, Fix
from ...model.verified import FinalState, ProvenChange, RefusedChange
from ...readers.compose.together import files_together
from ..compose_edit import edit_compose
from .baseline import Baseline, measure
from .fitting import fits_in, that_fit
from .images import LocalImage, look_at
from .limits import Options, SeenUse
from .owner import RunOwner
from .probes import ProofProbe
from .progress import Speech
from .project import NotStarted, ScratchProject
from .proposals import Trying
from .prove_service import ServiceProver
from .removal import remove_all
from .scratch import services_that_lack
from .watching import ContainerWatch, CountsAsUp, RunWatched


async def render(docker: Docker, text: str, file: str, services: Sequence[str] = ()) -> dict[str, Any]:
    """`docker compose config` of a text, with the variables, `.env` and relative paths of the file's folder, and with
    the files that Compose reads beside it.

    Services of any profile are among them where they are named. Raises UnreadableInput with Compose's own words.
    """
    folder = str(Path(file).resolve().parent)
    files = [word for name in files_together(file) for word in ("-f", _as_given(name, folder, file))]
    command = ("compose", "--project-directory", folder, *files, "config", "--format", "json", *services)
    done = await docker.run(*command, input=text.encode(), whole_environment=True)
    if done.status != 0:
        raise UnreadableInput(f"Compose can't read it: {done.said}", file=file)
    rendered: dict[str, Any] = json.loads(done.out)
    return rendered


def _as_given(name: str, folder: str, file: str) -> str:
    """The text stands for the file itself; a file beside it is read where it lies."""
    path = os.path.join(folder, name)
    return "-" if os.path.realpath(path) == os.path.realpath(file) else path


_LAST = 5


class NotProven(DockworthyError):
    """The file was not changed."""

    exit_status = 16


def not_up(name: str, seen: RunWatched, clean: Callable[[str], str]) -> NotProven:
    """With the last lines of its log, secrets hidden."""
    last = [line for line in seen.log if line.strip()][-_LAST:]
    why = clean(seen.why)
    return NotProven(
        f"{name} does not come up, cut off from the world, so nothing is proven: {why}; "
        + ("the last lines of its log:" if last else "it wrote no log"),
        hint="it needs something that it has not here: see what it runs without, or hand it in with --hand-in NAME",
        excerpt=tuple(clean(line) for line in last),
    )


_TRIAL_SETTLE = 1.0
"""Seconds that a single trial must stay up; the result at the end is watched for longer."""


class Runs:
    """Of one project. `probes` are those of all its services."""

    def __init__(self, project: ScratchProject, probes: Sequence[ProofProbe], options: Options) -> None:
        self.project = project
        self._probes = probes
        self._options = options

    async def as_it_is(self, name: str, use: SeenUse) -> tuple[RunWatched, str]:
        """How the unchanged service does, and its container; `use` collects what it uses."""
        try:
            container = await self.project.start(name)
        except NotStarted as refused:
            return RunWatched(up=False, why=f"it can't be started: {refused.says}"), ""
        expected = CountsAsUp(
            within=self._options.start,
            settle=max(self._options.settle, 3.0),
            probes=self._of(name),
            ends=None,
            strict=False,
        )
        return await ContainerWatch(self.project, container, expected, local=True, use=use).until_decided(), container

    async def changed(
        self, name: str, changes: Sequence[Change], expected: CountsAsUp, *, recreate: bool = False
    ) -> RunWatched:
        """How it does with the changes. `recreate`: over what is left of it, as Compose does."""
        try:
            container = await self.project.start(name, changes, recreate=recreate)
        except NotStarted as refused:
            return RunWatched(up=False, why=f"it can't be started: {refused.says}")
        return await ContainerWatch(self.project, container, expected, local=True).until_decided()

    def expected(self, name: str, baseline: Baseline, settle: float = _TRIAL_SETTLE) -> CountsAsUp:
        """What a changed service is held to: what the unchanged one was seen to do."""
        return CountsAsUp(
            within=max(10.0, 3 * baseline.seen.seconds + 5),
            settle=min(settle, self._options.settle),
            probes=self._of(name),
            ports=baseline.seen.ports,
            restarts=baseline.seen.restarts + 1,
            ends=baseline.seen.ended,
            log=baseline.seen.log,
        )

    def _of(self, name: str) -> tuple[ProofProbe, ...]:
        return tuple(probe for probe in self._probes if probe.service == name)


class ProofStages:
    """Of one file's `text`. `images` has each service that is started, in the order of the start; `project` makes the
    cut-off project of a rendered one."""

    def __init__(
        self,
        docker: Docker,
        owner: RunOwner,
        file: str,
        text: str,
        images: Mapping[str, LocalImage],
        probes: Sequence[ProofProbe],
        options: Options,
        project: Callable[[Mapping[str, Any]], ScratchProject],
        speech: Speech,
    ) -> None:
        self._docker = docker
        self._owner = owner
        self._file = file
        self._text = text
        self._images = images
        self._scope = tuple(images)
        self._probes = probes
        self._options = options
        self._project = project
        self._speech = speech

    def runs_of(self, rendered: Mapping[str, Any]) -> Runs:
        return Runs(self._project(rendered), self._probes, self._options)

    async def as_they_are(self, runs: Runs) -> dict[str, Baseline]:
        """Each service as it is: if that does not come up, nothing can be proven."""
        found: dict[str, Baseline] = {}
        for name in self._scope:
            self._speech.say(f"{name}: starting it as it is")
            use = SeenUse()
            seen, container = await runs.as_it_is(name, use)
            if not seen.up:
                raise not_up(name, seen, self._speech.shown)
            found[name] = await measure(runs.project, name, container, self._images[name], seen, use, self._owner)
            self._speech.say(f"{name}: up after {seen.seconds:.1f} s")
            if seen.how.startswith("it stayed") and not seen.ports:
                self._speech.note(
                    f"{name}: it has no health check, no port and no probe: all that is known is that it stayed up"
                )
        return found

    async def tightest(
        self, runs: Runs, wanted: Sequence[str], candidates: Sequence[Fix], baselines: Mapping[str, Baseline]
    ) -> tuple[list[ProvenChange], list[RefusedChange]]:
        """Of each wanted service, while those that it depends on run as they were proven."""
        kept: list[ProvenChange] = []
        refused: list[RefusedChange] = []
        fits = fits_in(self._text, self._file)
        lacking = services_that_lack(wanted, self._speech.notes)
        for name in self._scope:
            await runs.project.stop(name)
        for name in self._scope:
            expected = runs.expected(name, baselines[name])
            if name in lacking:
                self._speech.note(f"{name}: nothing was tried on it, for no run here shows what it needs the host for")
            elif name in wanted:
                look = partial(look_at, self._docker, self._images[name], self._owner, name)
                trying = Trying(runs.project, name, expected, local=True, say=self._speech.say)
                prover = ServiceProver(trying, baselines[name], candidates, look)
                fitting, by_hand = that_fit(await prover.tightest(), kept, fits)
                kept += fitting
                refused += [*prover.refused, *by_hand]
            changes = [change for each in kept if each.service == name for change in each.changes]
            seen = await runs.changed(name, changes, expected)
            if not seen.up:
                raise not_up(name, seen, self._speech.shown)
        return kept, refused

    async def all_together(
        self, services: Sequence[str], baselines: Mapping[str, Baseline], kept: Sequence[ProvenChange]
    ) -> tuple[tuple[FinalState, ...], int]:
        """The file as it will be written, read by Compose again: started as new, and once more over its own data."""
        changes = [change for each in kept for change in each.changes]
        text = edit_compose(self._text, changes, file=self._file) if changes else self._text
        rendered = await render(self._docker, text, self._file, services)
        await remove_all(self._docker, self._owner.run, images=False)
        runs = self.runs_of(rendered)
        states: list[FinalState] = []
        for again in (False, True):
            self._speech.say(
                "starting the result once more, over its own data" if again else "starting the result as new"
            )
            states = []
            for name in self._scope:
                expected = runs.expected(name, baselines[name], self._options.settle)
                seen = await runs.changed(name, (), expected, recreate=again)
                if not seen.up:
                    raise not_up(name, seen, self._speech.shown)
                states.append(FinalState(service=name, state="ended well" if seen.ended else "up", how=seen.how))
        return tuple(states), runs.project.starts
