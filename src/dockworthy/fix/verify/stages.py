"""The three stages of a proof: each service as it is, each in its tightest form, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ...engine.docker_command import Docker
from ...model.fix import Fix
from ...model.verified import FinalState, Kept, Refused
from ..compose_edit import edit_compose
from .baseline import Baseline, measure
from .fitting import fits_in, that_fit
from .images import Image, look_at
from .limits import Use
from .not_proven import not_up
from .options import Options
from .owner import Owner
from .probes import Probe
from .progress import Speech
from .project import ScratchProject
from .prove_service import ServiceProver
from .removal import remove_all
from .rendering import render
from .runs import Runs
from .scratch import services_that_lack
from .trying import Trying


class Stages:
    """Of one file's `text`. `images` has each service that is started, in the order of the start; `project` makes the
    cut-off project of a rendered one."""

    def __init__(
        self,
        docker: Docker,
        owner: Owner,
        file: str,
        text: str,
        images: Mapping[str, Image],
        probes: Sequence[Probe],
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
            use = Use()
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
    ) -> tuple[list[Kept], list[Refused]]:
        """Of each wanted service, while those that it depends on run as they were proven."""
        kept: list[Kept] = []
        refused: list[Refused] = []
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
        self, services: Sequence[str], baselines: Mapping[str, Baseline], kept: Sequence[Kept]
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
