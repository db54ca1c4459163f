"""Compose's own program, asked at a site's engine: it renders projects, tells their hashes and makes containers."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence

from ..engine.docker_command import INSTALL_COMPOSE, CommandDone, must_be_new_enough, run_program
from ..errors import EngineError, ImageUnavailable, UnreadableInput, UsageError
from ..model.compose_project import ComposeProject
from ..readers.compose.rendering import find_compose
from .registry_answers import next_command

_SECONDS = 120.0
_IN_ORDER = 900.0
"""Seconds in which a whole project starts, where one service waits until another one is healthy."""
_NETWORK_WENT = re.compile(r"network \S+ not found")
"""A swarm takes a network from a node that has nothing on it any more, also while the next one is about to join it."""
_TRIES = 3
_PAUSE = 0.3


class ComposeCommand:
    """`docker_host`: where it finds the engine. `folder`: the project's, which containers name as their origin.
    `environ` is the person's own: variables of their files come from it."""

    def __init__(self, docker_host: str, folder: str, environ: Mapping[str, str] = os.environ) -> None:
        found = find_compose(environ)
        if found is None:
            raise UsageError("a project is shipped with Docker Compose, which is not installed", hint=INSTALL_COMPOSE)
        self._program = found.path
        self._folder = folder
        self._environ = {
            **{name: value for name, value in environ.items() if name != "DOCKER_CONTEXT"},
            "DOCKER_HOST": docker_host,
            "COMPOSE_ANSI": "never",
            "COMPOSE_PROGRESS": "plain",
            "COMPOSE_MENU": "0",
            "COMPOSE_IGNORE_ORPHANS": "1",
        }

    async def needs_version(self) -> None:
        """Raises UsageError where it is too old."""
        must_be_new_enough(await self._run("version", "--short"), "deploys need")

    async def config(self, files: Sequence[str], project: str = "") -> ComposeProject:
        """A person's files as one project: all profiles, variables resolved. Raises UnreadableInput in its words."""
        options = [*_project(project), *_files(files), "--profile", "*"]
        done = await self._run(*options, "config", "--format", "json")
        if done.status:
            raise UnreadableInput(f"Compose can't read it: {done.said}", file=files[0] if files else self._folder)
        return ComposeProject.from_text(done.out)

    async def hashes(self, files: Sequence[str], project: str = "") -> dict[str, str]:
        """Service -> the hash that Compose writes on its containers."""
        options = [*_project(project), *_files(files), "--profile", "*"]
        done = await self._run(*options, "config", "--hash", "*")
        return _hashes(done)

    async def active(self, files: Sequence[str], project: str = "") -> tuple[str, ...]:
        """The services that `docker compose up` would start: those of no profile, and of the chosen ones."""
        done = await self._run(*_project(project), *_files(files), "config", "--services")
        if done.status:
            raise UnreadableInput(f"Compose can't read it: {done.said}", file=files[0] if files else self._folder)
        return tuple(sorted(done.out.decode().split()))

    async def hashes_of(self, spec: ComposeProject) -> dict[str, str]:
        """The same of a project that was rendered already."""
        return _hashes(await self._with(spec, "config", "--hash", "*"))

    async def create(self, spec: ComposeProject, service: str, count: int) -> None:
        """Creates containers beside those that there are, until there are `count`; starts none, changes none.

        Networks and volumes of the service are made where they are not there. Raises EngineError in its words.
        """
        done = await self._with(
            spec, "up", "--no-start", "--no-deps", "--no-recreate", "--no-build", "--pull", "never",
            "--scale", f"{service}={count}", service,
        )  # fmt: skip
        if done.status:
            raise EngineError(f"{service} can't be created: {done.said}")

    async def run_job(self, spec: ComposeProject, service: str, name: str) -> None:
        """Starts a container that runs once, called `name`, and does not wait for it. Raises EngineError."""
        done = await self._with(spec, "run", "--detach", "--no-deps", "--name", name, service)
        if done.status:
            raise EngineError(f"the job {service} can't be started: {done.said}")

    async def pull(self, spec: ComposeProject, services: Sequence[str]) -> None:
        """Raises ImageUnavailable in its words."""
        done = await self._with(spec, "pull", "--quiet", *services, seconds=1800.0)
        if done.status:
            images = sorted({spec.services[name].image for name in services})
            guilty = next((image for image in images if image in done.said), images[0])
            which = "the image" if len(images) == 1 else "at least one of the images"
            raise ImageUnavailable(
                f"{which} {', '.join(images)} can't be pulled: {done.said}", hint=next_command(guilty, done.said)
            )

    async def up(self, spec: ComposeProject, *, stop_within: int | None = None) -> None:
        """Makes a whole project as it is written, at once. `stop_within`: seconds for what is replaced, where its own
        grace is too long. Raises EngineError."""
        timeout = () if stop_within is None else ("--timeout", str(stop_within))
        for _ in range(_TRIES):
            done = await self._with(spec, "up", "--detach", "--no-build", *timeout)
            if not done.status or not _NETWORK_WENT.search(done.said):
                break
            await asyncio.sleep(_PAUSE)
        if done.status:
            raise EngineError(f"{spec.name} can't be started: {done.said}")

    async def up_in_order(self, spec: ComposeProject, services: Sequence[str]) -> None:
        """As `docker compose up --detach` makes these, each behind those that it depends on; builds and pulls nothing.
        Raises EngineError."""
        text = spec.to_text().encode()
        words = ("-f", "-", "--profile", "*", "up", "--detach", "--no-build", "--pull", "never", *services)
        done = await self._run(*words, input=text, seconds=_IN_ORDER)
        if done.status:
            raise EngineError(f"{spec.name} can't be started: {done.said}")

    async def down(self, spec: ComposeProject, *, stop_within: int | None = None) -> None:
        """Removes its containers and networks. `stop_within`: seconds, in place of their own grace. Raises
        EngineError."""
        timeout = () if stop_within is None else ("--timeout", str(stop_within))
        done = await self._with(spec, "down", *timeout)
        if done.status:
            raise EngineError(f"{spec.name} can't be removed: {done.said}")

    async def _with(self, spec: ComposeProject, *arguments: str, seconds: float = _SECONDS) -> CommandDone:
        text = _without_order(spec).to_text().encode()
        return await self._run("-f", "-", "--profile", "*", *arguments, input=text, seconds=seconds)

    async def _run(self, *arguments: str, input: bytes | None = None, seconds: float = _SECONDS) -> CommandDone:
        command = (self._program, "--project-directory", self._folder, *arguments)
        return await run_program(command, input=input, timeout=seconds, environment=self._environ)


def _without_order(spec: ComposeProject) -> ComposeProject:
    """The order is ours. Compose leaves `depends_on` out where it is told of one service alone, and then hashes another
    definition than its `config` does."""
    return spec.with_services({name: service.without(("depends_on",)) for name, service in spec.services.items()})


def _project(name: str) -> list[str]:
    return ["--project-name", name] if name else []


def _files(files: Sequence[str]) -> list[str]:
    return [word for file in files for word in ("-f", file)]


def _hashes(done: CommandDone) -> dict[str, str]:
    if done.status:
        raise EngineError(f"Compose tells no hashes: {done.said}")
    pairs = (line.split() for line in done.out.decode().splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
