"""The whole story of a proof: clean up after others, render, cut off, start, measure, try, run the result, remove."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...engine.connection import Connection
from ...engine.docker_command import Docker
from ...engine.endpoint import find_endpoint, socket_path
from ...engine.filters import filters
from ...errors import EngineError, UsageError
from ...model.fix import Change, Fix
from ...model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from ...model.saying import Say
from ...model.verified import Measured, ProvenChange, Verified
from ..yaml_tree import read_document
from .baseline import Baseline
from .copies import Copies, cut_off_project
from .images import LocalImage, build, local_images
from .limits import Options, SeenUse
from .owner import RunOwner, this_process
from .probes import probes_from
from .progress import Speech
from .project import ScratchProject
from .removal import clean_leftovers, remove_all, run_folder
from .stages import ProofStages, render
from .stand_ins import StandIns
from .start_order import scope_of

_HINT = "copies of what a service binds can't be handed to it there; run dockworthy on that host"


def refuse_ssh(endpoint: str) -> None:
    """Raises UsageError for an engine that is on another host for sure."""
    if endpoint.startswith("ssh://"):
        raise UsageError(f"--verify starts services on an engine of this host, and {endpoint} is another", hint=_HINT)


async def needs_this_host(docker: Docker, owner: RunOwner, image: LocalImage, folder: Path, endpoint: str) -> None:
    """Raises UsageError where the engine does not see the run's folder, whose name is random.

    It is asked to make a container (never started) that has the folder: it refuses where there is none.
    """
    labels = [word for pair in owner.labels.items() for word in ("--label", "=".join(pair))]
    name = f"{owner.project}_here"
    mount = ("--mount", f"type=bind,source={folder},target=/dockworthy-verify")
    options = ("--name", name, "--network", "none", "--pull", "never", *mount, *labels)
    done = await docker.run("create", *options, image.id, "-")
    await docker.run("rm", "--force", "--volumes", name)
    if done.status != 0:
        raise UsageError(
            f"--verify starts services on an engine of this host, and {endpoint} does not see its files: {done.said}",
            hint=_HINT,
        )


_APART = 0.5
"""Seconds between two samples of one container."""


async def use_of_running(engine: Connection, project: str, service: str, use: SeenUse) -> bool:
    """Adds the most that any container of the service uses to `use`; False where none runs."""
    labels = [f"{COMPOSE_PROJECT}={project}", f"{COMPOSE_SERVICE}={service}"]
    wanted = filters(label=labels, status=["running"])
    clock = asyncio.get_running_loop().time
    found = False
    try:
        for each in await engine.get(f"/containers/json?{wanted}"):
            for _ in range(2):
                use.add(await engine.get(f"/containers/{each['Id']}/stats?stream=false&one-shot=true"), clock())
                await asyncio.sleep(_APART)
            use.begin_again()
            found = use.of_running = True
    except EngineError:  # it ended meanwhile
        return found
    return found


_DAY = 86400.0


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
        self._begun = time.monotonic()
        self._docker = Docker(options.endpoint)
        self._endpoint = find_endpoint(options.endpoint or None, os.environ)
        self._owner: RunOwner = this_process()
        self._stand_ins = StandIns(os.urandom(32), options.hand_in)
        self._speech = Speech(say, self._stand_ins)

    async def run(self) -> Verified:
        """Raises NotProven, UsageError, EngineError. Whatever happens, nothing of the run is left afterwards."""
        await self._docker.needs_compose()
        refuse_ssh(self._endpoint)
        async with Connection(self._endpoint, deadline=_DAY, per_call=60) as engine:
            if cleaned := await clean_leftovers(self._docker):
                self._speech.say(f"removed what {cleaned} earlier {'run' if cleaned == 1 else 'runs'} left behind")
            folder = run_folder(self._owner)
            try:
                return await self._proof(engine, folder)
            finally:
                self._speech.say("removing the scratch project")
                await asyncio.shield(self._remove(folder))

    async def _remove(self, folder: Path) -> None:
        await remove_all(self._docker, self._owner.run)
        shutil.rmtree(folder, ignore_errors=True)

    async def _proof(self, engine: Connection, folder: Path) -> Verified:
        rendered = await render(self._docker, self._text, self._file, self._wanted)
        wanted = tuple(self._wanted) or self._written_here(rendered["services"])
        scope = scope_of(rendered["services"], wanted)
        probes = probes_from(self._options.probes, rendered["services"], scope)
        images = await self._images(rendered, scope)
        if socket_path(self._endpoint) is None:
            await needs_this_host(self._docker, self._owner, images[scope[0]], folder, self._endpoint)
        stages = ProofStages(
            self._docker, self._owner, self._file, self._text, {name: images[name] for name in scope}, probes,
            self._options, partial(self._project, engine, folder, scope=scope, images=images), self._speech,
        )  # fmt: skip
        runs = stages.runs_of(rendered)
        baselines = await stages.as_they_are(runs)
        for name in wanted:
            if await use_of_running(engine, str(rendered.get("name")), name, baselines[name].use):
                self._speech.note(f"{name}: its limits leave room also over what the running project uses now")
            elif not baselines[name].tells_limits:
                self._speech.note(
                    f"{name}: no limit is proposed, for it stores data and the copy that was measured is empty: set "
                    "mem_limit, cpus and pids_limit from what it uses when it is filled and busy (docker stats), or "
                    "run --verify beside the running project"
                )
        kept, refused = await stages.tightest(runs, wanted, self._candidates, baselines)
        states, starts = await stages.all_together(self._wanted, baselines, kept)
        if unasked := [name for name in wanted if name not in {probe.service for probe in probes}]:
            self._speech.note(f"{', '.join(unasked)}: seen to start; a --probe that has the work done shows more")
        for service, folders in _in_memory(kept):
            self._speech.note(f"{service}: what it writes to {folders} goes when it stops, not when it is recreated")
        for service, folders in _in_volumes(kept):
            self._speech.note(
                f"{service}: its volumes at {folders} keep what the image has there now: after an update of the image "
                "remove them, so that they start from the new one"
            )
        for name in self._stand_ins.never_met:
            self._speech.note(f"--hand-in {name}: no variable, secret, config or file that was used is called so")
        if any(_is_limit(change) for each in kept for change in each.changes):
            self._speech.note("limits come from what was seen: a day's load may need more, so look at them under load")
        return Verified(
            kept=tuple(self._speech.cleaned_kept(each) for each in kept),
            refused=tuple(self._speech.cleaned(each) for each in refused),
            measured=tuple(_measured(name, baseline) for name, baseline in baselines.items()),
            states=states,
            trials=runs.project.starts + starts,
            seconds=time.monotonic() - self._begun,
            notes=self._speech.notes,
        )

    def _written_here(self, rendered: Mapping[str, Any]) -> tuple[str, ...]:
        """Services of this file; what it includes is another's to tighten. Raises UsageError where none is started."""
        written = read_document(self._text, self._file)[1]["services"]
        for name in written:
            if name not in rendered:
                self._speech.note(
                    f"{name} was not started: it belongs to a profile that is not active (COMPOSE_PROFILES)"
                )
        found = tuple(name for name in rendered if name in written)
        if not found:
            raise UsageError(f"{self._file}: no service of it would be started", hint="COMPOSE_PROFILES names profiles")
        return found

    async def _images(self, rendered: Mapping[str, Any], scope: Sequence[str]) -> dict[str, LocalImage]:
        images, to_build = await local_images(self._docker, rendered, scope, pull=self._options.pull)
        for name in to_build:
            self._speech.say(f"{name}: building its image")
            folder = str(Path(self._file).resolve().parent)
            images[name] = await build(self._docker, rendered, name, self._owner, folder)
        return images

    def _project(
        self,
        engine: Connection,
        folder: Path,
        rendered: Mapping[str, Any],
        scope: Sequence[str],
        images: Mapping[str, LocalImage],
    ) -> ScratchProject:
        """The cut-off project, in a folder of its own below the run's."""
        place = folder / f"project{len(os.listdir(folder))}"
        place.mkdir()
        copies = Copies(place, self._options.copy_limit, self._stand_ins)
        config, variables = cut_off_project(
            rendered, scope, images, self._owner, self._stand_ins, copies, self._speech.note
        )
        return ScratchProject(self._docker, engine, self._owner, place, config, variables)


def _in_memory(kept: Sequence[ProvenChange]) -> Iterator[tuple[str, str]]:
    """Service and folders that become a tmpfs."""
    for each in kept:
        entries = [entry for change in each.changes if change.path == ("tmpfs",) for entry in change.value]
        if entries:
            yield each.service, ", ".join(str(entry).split(":")[0] for entry in entries)


def _in_volumes(kept: Sequence[ProvenChange]) -> Iterator[tuple[str, str]]:
    """Service and folders that become a volume."""
    for each in kept:
        entries = [entry for change in each.changes if change.path == ("volumes",) for entry in change.value]
        if entries:
            yield each.service, ", ".join(str(entry).rpartition(":")[2] for entry in entries)


def _is_limit(change: Change) -> bool:
    return change.path[-1] in ("mem_limit", "memory", "cpus", "pids_limit", "pids")


def _measured(name: str, baseline: Baseline) -> Measured:
    return Measured(
        service=name,
        up_after=baseline.seen.seconds,
        memory=baseline.use.memory,
        cpus=baseline.use.cpus,
        pids=baseline.use.pids,
        wrote=tuple(each.path for each in baseline.wrote),
    )
