"""What a rebuild makes on a host, written down there before it is made: where it is killed, the next one knows what is
its own, and what is a person's."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from ..deploy.removing import Remover
from ..engine.docker_command import Docker
from ..engine.site import Site, write_file
from ..errors import DockworthyError, HostError
from ..fix.verify.removal import remove_all
from ..host_scripts import HostScript
from ..model.saying import Say

_REMOVE = HostScript(__package__, "remove_made.sh")
_REMOVING = 3600.0
"""Seconds."""


class RebuildMark(Struct, frozen=True, kw_only=True):
    """`volumes`: the engine's names; `folders`: paths of the host that hold data; `files`: of the project, and of the
    edge; `images`: ids. None of them was there before. `aside`: path -> where what was there lies meanwhile; `emptied`:
    folders that were there, with nothing in them; `parents`: folders above all these that were not there, the deepest
    first. `scratch`: the run whose containers load dumps. `starting`: all data is loaded, and containers begin to work
    with it: from then on it is no longer a copy."""

    project: str
    run: str
    began: str
    volumes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    aside: dict[str, str] = {}
    emptied: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    scratch: str = ""
    starting: bool = False


def _path(site: Site, project: str) -> str:
    return f"{site.state}/backup/rebuilding-{project}.json"


async def read_mark(site: Site, project: str) -> RebuildMark | None:
    """What an earlier one left that did not come to its end. Raises HostError."""
    text = await site.shell.file(_path(site, project))
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=RebuildMark)
    except msgspec.MsgspecError as error:
        raise HostError(
            f"{site.name}: {_path(site, project)} can't be read: {error}",
            hint="it tells what an earlier restore made; remove by hand what it left, and then that file",
        ) from None


async def write_mark(site: Site, mark: RebuildMark) -> None:
    """Raises HostError."""
    await write_file(site.shell, _path(site, mark.project), msgspec.json.encode(mark))


async def remove_mark(site: Site, project: str) -> None:
    """Raises HostError."""
    await _must(site, shlex.join(["rm", "-f", "--", _path(site, project)]), _path(site, project))


async def remove_made(site: Site, mark: RebuildMark, *, say: Say) -> None:
    """Takes away all that the mark tells of, as far as it is there, and brings back what was put aside; the mark goes
    last. Raises HostError, EngineError where something stays: the next one goes on with it."""
    remover = Remover(site, mark.project, volumes=False)
    await remover.remove(dry_run=False, take_over=True, agree=lambda _: True, say=lambda _: None)
    docker = Docker(site.docker_host)
    if mark.scratch:  # also where it ran on another machine, of whose processes nobody here knows
        await remove_all(docker, mark.scratch, images=False)
    for volume in mark.volumes:
        if volume not in mark.aside:
            await docker.run("volume", "rm", "--force", volume)
    if mark.folders:
        await _must(site, _REMOVE.with_arguments("all", *mark.folders), "restored data")
    if mark.emptied:
        await _must(site, _REMOVE.with_arguments("inside", *mark.emptied), "restored data")
    if mark.files:
        await _must(site, _REMOVE.with_arguments("all", *mark.files), "the project's files")
    if mark.parents:
        await _must(site, _REMOVE.with_arguments("empty", *mark.parents), "the project's folder")
    for path, aside in mark.aside.items():
        await _must(site, _REMOVE.with_arguments("back", path, aside), path)
    for image in mark.images:
        told = await docker.run("image", "inspect", "--format", "{{range .RepoTags}}{{println .}}{{end}}", image)
        if not told.status:
            await docker.run("image", "rm", *(told.out.decode().split() or [image]))
    await remove_mark(site, mark.project)
    say(f"what was made of {mark.project} on {site.name} is removed again")


async def forget_aside(site: Site, aside: Mapping[str, str], *, say: Say) -> None:
    """The restored project works: what it replaced goes. Raises nothing; says what stays."""
    for path in aside.values():
        try:
            await _must(site, shlex.join(["rm", "-rf", "--", path]), path)
        except DockworthyError as error:
            say(f"note: {error.says}")


async def _must(site: Site, script: str, what: str) -> None:
    done = await site.shell.run(script, seconds=_REMOVING)
    if done.status:
        raise HostError(
            f"{site.name}: {what} can't be removed: {done.words or 'no reason given'}",
            hint="is the file system read-only? Run the same again: it goes on with that",
        )
